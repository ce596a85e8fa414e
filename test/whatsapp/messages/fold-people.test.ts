/** Who wrote an arrived message, where and when. */
import { describe, expect, test } from 'vitest';
import type { UnnumberedItem } from '../../../src/whatsapp/messages/port.ts';
import { foldAll, foldOne, isoSentAt, itemOf, messageOf, sentAt } from './arrived.ts';

const text = { conversation: 'hello' };

describe('who and where', () => {
  test('a message of a person carries the phone, the LID, the name and the time of WhatsApp', () => {
    expect(messageOf(text)).toMatchObject({
      whatsappId: '3A0F1122',
      direction: 'incoming',
      chat: { id: '185012@lid', kind: 'person' },
      contact: { phone: '525512345678', lid: '185012@lid' },
      pushName: 'Ana',
      type: 'text',
      text: { body: 'hello' },
      replyTo: null,
      mentions: [],
      forwarded: false,
      isEphemeral: false,
      wasOffline: false,
      timestamp: isoSentAt,
    });
  });

  test('a stranger without a known LID is named by the phone, and one without a number by the LID', () => {
    const byPhone = messageOf(text, { attrs: { sender_lid: '' } });
    expect(byPhone.chat.id).toBe('525512345678');
    expect(byPhone.contact).toEqual({ phone: '525512345678', lid: null });
    const byLid = messageOf(text, { attrs: { from: '99:2@lid', sender_lid: '' } });
    expect(byLid.chat.id).toBe('99@lid');
    expect(byLid.contact).toEqual({ phone: null, lid: '99@lid' });
  });

  test.each([
    ['phones', { participant: '5255:7@s.whatsapp.net', participant_lid: '185@lid' }],
    ['LIDs', { participant: '185:7@lid', participant_pn: '5255@s.whatsapp.net' }],
  ])('a group that is addressed by %s names the participant both ways', (_, attrs) => {
    const folded = foldOne(text, { attrs: { from: '1203@g.us', sender_lid: '', ...attrs } });
    const item = folded.items[0] as Extract<UnnumberedItem, { type: 'message.received' }>;
    expect(item.message.chat).toEqual({ id: '1203@g.us', kind: 'group' });
    expect(item.message.contact).toEqual({ phone: '5255', lid: '185@lid' });
    expect(folded.key).toEqual({
      id: '3A0F1122',
      remoteJid: '1203@g.us',
      fromMe: false,
      participant: attrs.participant,
    });
  });

  test('the same message has the same id however its stanza was addressed, and any other has another', () => {
    const id = messageOf(text).id;
    expect(id).toMatch(/^msg_[\w-]{24}$/u);
    const byLid = {
      attrs: { from: '185012:3@lid', sender_lid: '', sender_pn: '525512345678@s.whatsapp.net' },
    };
    expect(messageOf(text, byLid).id).toBe(id);
    const others = [
      messageOf(text, { attrs: { id: '3A0F1123' } }).id,
      messageOf(text, { attrs: { sender_lid: '7@lid' } }).id,
      messageOf(text, { attrs: { from: '1@g.us', participant: '525512345678@s.whatsapp.net' } }).id,
    ];
    expect(new Set([id, ...others]).size).toBe(4);
  });

  test('a backlog is flagged, and nothing else differs', () => {
    expect(messageOf(text, { attrs: { offline: '0' } })).toEqual({ ...messageOf(text), wasOffline: true });
  });

  test.each(['soon', '', '-1', '9'.repeat(40)])('a time of %j is replaced by that of the arrival', (t) => {
    expect(messageOf(text, { attrs: { t } }).timestamp).toBe(new Date(sentAt * 1_000 + 900).toISOString());
  });

  test.each(['status@broadcast', '12036@newsletter'])('a post in %s is not a message', (from) => {
    expect(foldAll(text, { attrs: { from, participant: '5255@s.whatsapp.net' } })).toEqual([]);
  });
});

describe('what another device of ours sent', () => {
  const own = { from: '5490:0@s.whatsapp.net', sender_lid: '444@lid' };
  const sent = { deviceSentMessage: { destinationJid: '185012@lid', message: text } };

  test.each([
    ['the stanza', { recipient: '525512345678@s.whatsapp.net', peer_recipient_lid: '185012@lid' }],
    ['the message itself', {}],
  ])('is outgoing in the chat that %s names', (_, attrs) => {
    const { items, key: folded } = foldOne(sent, { fromMe: true, attrs: { ...own, ...attrs } });
    expect(items[0]).toMatchObject({
      type: 'message.sent_elsewhere',
      message: { direction: 'outgoing', chat: { id: '185012@lid', kind: 'person' }, text: { body: 'hello' } },
    });
    expect(folded.fromMe).toBe(true);
  });

  test('is outgoing in a group too', () => {
    const attrs = { from: '1203@g.us', participant: '5490:2@s.whatsapp.net' };
    expect(itemOf(text, { fromMe: true, attrs })).toMatchObject({
      type: 'message.sent_elsewhere',
      message: { chat: { id: '1203@g.us', kind: 'group' }, contact: { phone: '5490' } },
    });
  });
});
