/** What is sent arrives at bare Baileys, and the door receives what became of it. */
import { describe, expect, it } from 'vitest';
import { until } from '../../support/until.ts';
import { attr } from '../../support/whatsapp/stanza.ts';
import { a, b, Organization, planted, useSending } from './organization.ts';

const t = useSending();

describe('a text', () => {
  it('is sent when WhatsApp acknowledges it, and delivered and read when the recipient says so', async () => {
    const id = await t.acme.text(t.bistro.jid, planted);
    const { raw } = await t.bistro.message(planted);
    expect(raw.key.id).toBe(id);
    expect(await t.acme.update(id, 'sent')).toMatchObject({ at: expect.any(Number) });
    await t.acme.update(id, 'delivered');
    await t.bistro.client.socket.readMessages([raw.key]);
    await t.acme.update(id, 'read');
    expect(t.server.relay.ledger.messages({ id })).toMatchObject([{ stanzas: 1, resends: 0, acked: 'yes' }]);
  });
  it('reaches a LID, and its receipts come back under the LID', async () => {
    await t.acme.text(t.bistro.jid, 'by phone first');
    const id = await t.acme.text(t.bistro.lid, planted);
    expect((await t.bistro.message(planted)).chat).toBe(`88${t.acme.phone}@lid`);
    await t.acme.update(id, 'delivered');
  });
  it.each(['pn', 'lid'] as const)('reaches a group that knows its members by %s', async (addressing) => {
    const group = t.server.relay.groups.create({ subject: 'Menu', members: [a.phone, b.phone], addressing });
    expect(await t.acme.sender.devicesOf(group)).toBe(1);
    const id = await t.acme.text(group, planted);
    expect((await t.bistro.message(planted)).chat).toBe(group);
    await t.acme.update(id, 'delivered');
    expect(await t.acme.sender.group(group)).toEqual({
      id: group,
      subject: 'Menu',
      participants: [
        { phone: a.phone, lid: `88${a.phone}@lid`, isAdmin: true },
        { phone: b.phone, lid: t.bistro.lid, isAdmin: false },
      ],
    });
  });
});

describe('other kinds of content', () => {
  it('arrive as what they are, with the attribute that their stanza needs', async () => {
    const id = await t.acme.text(t.bistro.jid, 'the first words');
    const key = { id, remoteJid: t.bistro.jid, fromMe: true };
    const { raw } = await t.bistro.message('the first words');
    const location = { latitude: 19.43, longitude: -99.13, name: 'Zócalo', address: 'Centro' };
    const vcard = 'BEGIN:VCARD\nVERSION:3.0\nFN:Ana\nEND:VCARD';
    const events: unknown[] = [];
    t.bistro.client.socket.ev.on('messages.update', (updates) => events.push(...updates));
    t.bistro.client.socket.ev.on('messages.reaction', (reactions) => events.push(...reactions));

    await t.acme.send(t.bistro.jid, { type: 'location', location });
    await t.acme.send(t.bistro.jid, { type: 'contacts', contacts: [{ name: 'Ana', vcard }] });
    await t.acme.send(t.bistro.jid, { type: 'reaction', reaction: { key, emoji: '👍' } });
    const edit = await t.acme.send(t.bistro.jid, { type: 'edit', edit: { key, body: 'other words' } });
    const removal = await t.acme.send(t.bistro.jid, { type: 'delete', delete: { key } });
    await t.acme.send(t.bistro.jid, {
      type: 'text',
      text: { body: 'an answer' },
      reply: { key: { ...key, fromMe: true }, encoded: t.acme.contents.get(id)! },
      mentions: [t.bistro.jid],
    });

    const answer = await t.bistro.message('an answer');
    expect(answer.raw.message?.extendedTextMessage?.contextInfo).toMatchObject({
      stanzaId: raw.key.id,
      participant: t.acme.jid,
      mentionedJid: [t.bistro.jid],
      quotedMessage: { extendedTextMessage: { text: 'the first words' } },
    });
    const received = t.bistro.received.map((one) => one.raw.message);
    expect(received.find((one) => one?.locationMessage)?.locationMessage).toMatchObject({
      degreesLatitude: 19.43,
      degreesLongitude: -99.13,
      name: 'Zócalo',
    });
    expect(received.find((one) => one?.contactMessage)?.contactMessage).toMatchObject({
      displayName: 'Ana',
      vcard,
    });
    expect(attr(await t.stanzaOf(edit), 'edit')).toBe('1');
    expect(attr(await t.stanzaOf(removal), 'edit')).toBe('7');
    await until('the reaction, the edit and the deletion', () => {
      const said = JSON.stringify(events);
      return said.includes('👍') && said.includes('other words') && said.includes('"messageStubType":1');
    });
  });
  it.each(['pn', 'lid'] as const)(
    'a reply in a group by %s names us as the group does',
    async (addressing) => {
      const group = t.server.relay.groups.create({ members: [a.phone, b.phone], addressing });
      const reply = { key: { id: 'OURS', remoteJid: group, fromMe: true } };
      await t.acme.send(group, { type: 'text', text: { body: 'as I said' }, reply });
      const { raw } = await t.bistro.message('as I said');
      expect(raw.message?.extendedTextMessage?.contextInfo?.participant).toBe(
        addressing === 'pn' ? t.acme.jid : `88${a.phone}@lid`,
      );
    },
  );
  it('a reply to a message that is not known here still names it', async () => {
    const reply = { key: { id: 'UNKNOWN', remoteJid: t.bistro.jid, fromMe: false } };
    await t.acme.send(t.bistro.jid, { type: 'text', text: { body: 'late' }, reply });
    expect((await t.bistro.message('late')).raw.message?.extendedTextMessage?.contextInfo).toMatchObject({
      stanzaId: 'UNKNOWN',
      participant: t.bistro.jid,
    });
  });
  it('the deletion of another member is an admin deletion', async () => {
    const group = t.server.relay.groups.create({ members: [a.phone, b.phone] });
    const id = await t.bistro.send(group, 'to be removed');
    const key = { id, remoteJid: group, fromMe: false, participant: t.bistro.jid };
    const removal = await t.acme.send(group, { type: 'delete', delete: { key } });
    expect(attr(await t.stanzaOf(removal), 'edit')).toBe('8');
  });
  it('a text with an address in it fetches nothing', async () => {
    await t.acme.text(t.bistro.jid, 'see https://example.invalid/page');
    const { raw } = await t.bistro.message('see https://example.invalid/page');
    expect(raw.message?.extendedTextMessage?.matchedText ?? '').toBe('');
  });
});

describe('a receipt', () => {
  it('is acknowledged only after it is durable', async () => {
    await t.acme.socket.dispose();
    let release: () => void = () => undefined;
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const states: string[] = [];
    t.acme = new Organization(t.server.url, {
      phone: a.phone,
      durable: async ({ state }) => {
        if (state === 'delivered') await held;
        states.push(state);
      },
    });
    await t.acme.connect();
    const id = await t.acme.text(t.bistro.jid, 'held');
    await until('the receipt to be taken', () => t.server.relay.ledger.messages({ id })[0]?.receipts.length);
    await t.acme.update(id, 'sent');
    const acks = () =>
      t.server.relay.ledger.stanzas('ack', a.phone).filter((one) => attr(one, 'class') === 'receipt');
    expect(acks()).toEqual([]);
    release();
    await until('the acknowledgement', () => acks().length > 0);
    expect(states).toEqual(['sent', 'delivered']);
  });
});
