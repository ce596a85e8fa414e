/** What acknowledgements and receipts mean. */
import type { BinaryNode } from '@whiskeysockets/baileys';
import { describe, expect, it } from 'vitest';
import { ofAcknowledgement, ofReceipt } from '../../../src/whatsapp/messages/receipts.ts';

const now = 1_800_000_000_000;
const me = { id: '99900000041:1@s.whatsapp.net', lid: '8899900000041:1@lid' };
const peer = '99900000042@s.whatsapp.net';
const receipt = (attrs: Record<string, string>, content?: BinaryNode[]): BinaryNode => ({
  tag: 'receipt',
  attrs: { id: 'A', from: peer, ...attrs },
  ...(content && { content }),
});
const statesOf = (attrs: Record<string, string>) =>
  ofReceipt(receipt(attrs), me, now).map(({ state }) => state);

describe('an acknowledgement', () => {
  it('without an error means sent, at the time that WhatsApp gives', () => {
    expect(ofAcknowledgement({ id: 'A', t: '1700000000' }, now)).toEqual({
      whatsappId: 'A',
      state: 'sent',
      at: 1_700_000_000_000,
    });
  });
  it('with an error means failed, with its code', () => {
    const failed = { whatsappId: 'A', state: 'failed', statusCode: 463, at: now };
    expect(ofAcknowledgement({ id: 'A', error: '463' }, now)).toEqual(failed);
  });
  it('without an id means nothing', () => {
    expect(ofAcknowledgement({ t: '1700000000' }, now)).toBeUndefined();
  });
  it.each(['', '0', 'soon', '-5'])('with the time %o happened now', (t) => {
    expect(ofAcknowledgement({ id: 'A', t }, now)?.at).toBe(now);
  });
});

describe('a receipt', () => {
  it.each([
    [{}, 'delivered'],
    [{ type: 'inactive' }, 'delivered'],
    [{ type: 'read' }, 'read'],
    [{ type: 'played' }, 'played'],
  ])('with %o means %s', (attrs, state) => {
    expect(statesOf(attrs)).toEqual([state]);
  });
  it.each(['retry', 'sender', 'read-self', 'played-self', 'server-error', 'hist_sync', 'toString'])(
    'of the type %s means nothing for a message that we sent',
    (type) => {
      expect(statesOf({ type })).toEqual([]);
    },
  );
  it('from another device of our own means nothing, by phone, by LID and in a group', () => {
    expect(statesOf({ from: '99900000041@s.whatsapp.net' })).toEqual([]);
    expect(statesOf({ from: '8899900000041:7@lid' })).toEqual([]);
    expect(statesOf({ from: '120363000@g.us', participant: '99900000041:3@s.whatsapp.net' })).toEqual([]);
  });
  it('of a group member counts for the message', () => {
    expect(statesOf({ from: '120363000@g.us', participant: peer, type: 'read' })).toEqual(['read']);
  });
  it('with a list names several messages', () => {
    const items = ['B', 'C'].map((id) => ({ tag: 'item', attrs: { id } }));
    const list = [{ tag: 'list', attrs: {}, content: items }];
    const updates = ofReceipt(receipt({ type: 'read', t: '1700000000' }, list), me, now);
    expect(updates.map(({ whatsappId, at }) => [whatsappId, at])).toEqual(
      ['A', 'B', 'C'].map((id) => [id, 1_700_000_000_000]),
    );
  });
});
