/** Who a message goes to: numbers, devices, groups and ids. */
import { describe, expect, it } from 'vitest';
import { until } from '../../support/until.ts';
import { attr } from '../../support/whatsapp/stanza.ts';
import { Peer } from '../../support/whatsapp/two-organizations.ts';
import { a, b, faultOf, planted, useSending } from './organization.ts';

const t = useSending();

describe('a recipient', () => {
  it('without WhatsApp has no devices, and no stanza leaves', async () => {
    expect(await t.acme.sender.devicesOf('99900000077@s.whatsapp.net')).toBe(0);
    expect(t.server.relay.ledger.stanzas('message', a.phone)).toEqual([]);
  });
  it('in a group that WhatsApp does not show is out of reach', async () => {
    const group = t.server.relay.groups.create({ members: [b.phone] });
    expect(await faultOf(t.acme.sender.devicesOf(group))).toMatchObject({ reason: 'recipient_unreachable' });
    expect(await t.acme.sender.group(group)).toBeUndefined();
  });
  it('whose devices WhatsApp does not tell costs 10 s, and nothing leaves', async () => {
    // as the phone itself would: an account without another device is asked for again each time
    const phone = await Peer.connect(t.server.url, { phone: a.phone, device: 2 });
    await t.acme.text(t.bistro.jid, 'known');
    t.server.relay.faults.setRequest('usync', { kind: 'mute' });
    const began = performance.now();
    const stranger = faultOf(t.acme.sender.devicesOf('99900000077@s.whatsapp.net'));
    const id = await t.acme.text(t.bistro.jid, 'not late');
    await t.acme.update(id, 'sent');
    expect(await stranger).toMatchObject({ name: 'SendFault', reason: 'timeout' });
    expect(performance.now() - began).toBeGreaterThan(9_500);
    expect(t.server.relay.ledger.messages().map((row) => row.to)).toEqual([t.bistro.jid, t.bistro.jid]);
    await phone.end();
  });
  it('who lost its session asks again, and gets the content of the durable row', async () => {
    await t.acme.text(t.bistro.jid, 'warm');
    await t.bistro.message('warm');
    await t.acme.socket.dispose();
    await t.acme.connect(); // the library has forgotten what it sent
    const id = await t.acme.text(t.bistro.jid, 'before');
    await t.acme.socket.dispose();
    await t.acme.connect();
    t.bistro.loseSessions();
    const lost = await t.acme.text(t.bistro.jid, planted);
    expect((await t.bistro.message(planted)).id).toBe(lost);
    expect(t.server.relay.ledger.messages({ id: lost })[0]?.resends).toBeGreaterThan(0);
    expect(id).not.toBe(lost);
  });
});

describe('the other calls', () => {
  it('typing reaches the contact, and the organization never becomes available', async () => {
    await t.acme.sender.typing(t.bistro.jid, 'composing');
    await until('the typing', () => t.server.relay.ledger.stanzas('chatstate', a.phone)[0]);
    const presences = t.server.relay.ledger.stanzas('presence', a.phone);
    expect(presences.map((one) => attr(one, 'type'))).not.toContain('available');
  });
  it('read marks leave as receipts', async () => {
    const id = await t.bistro.send(t.acme.phone, 'unread');
    await t.acme.sender.markRead([{ id, remoteJid: t.bistro.jid, fromMe: false }]);
    await until('the read mark', () =>
      t.server.relay.ledger.stanzas('receipt', a.phone).find((one) => attr(one, 'type')?.startsWith('read')),
    );
  });
  it('the two ids of a contact are known after a message', async () => {
    await t.acme.text(t.bistro.jid, 'hello');
    const both = { phone: b.phone, lid: t.bistro.lid };
    expect(await t.acme.sender.contactOf(t.bistro.jid)).toEqual(both);
    expect(await t.acme.sender.contactOf(t.bistro.lid)).toEqual(both);
    expect(await t.acme.sender.contactOf('99900000077@s.whatsapp.net')).toEqual({
      phone: '99900000077',
      lid: null,
    });
  });
  it('the list of groups is asked for once, and again after a change', async () => {
    const group = t.server.relay.groups.create({ subject: 'Menu', members: [a.phone, b.phone] });
    expect((await t.acme.sender.groups()).map(({ id }) => id)).toEqual([group]);
    t.server.relay.faults.setRequest('w:g2', { kind: 'error', code: 429 });
    expect((await t.acme.sender.groups())[0]?.participants).toHaveLength(2);
    t.server.relay.groups.change(group, 'remove', b.phone);
    await until('the change', async () => faultOf(t.acme.sender.groups()));
    t.server.relay.faults.clear();
    expect((await t.acme.sender.groups())[0]?.participants).toHaveLength(1);
  });
  it('a mute socket is a fact for the session', () => {
    t.acme.sender.mute();
    expect(t.acme.facts.at(-1)).toEqual({ type: 'connection.mute' });
  });
});

describe('a number', () => {
  it.each([
    ['5511960000000', '551160000000'],
    ['551170000000', '5511970000000'],
    ['525511000000', '5215511000000'],
    ['5215512000000', '525512000000'],
    ['541111000000', '5491111000000'],
    ['5491112000000', '541112000000'],
  ])('%s that WhatsApp knows as %s is found under the jid that WhatsApp answers', async (asked, known) => {
    const other = await Peer.connect(t.server.url, { phone: known });
    expect(await t.acme.sender.lookUp([asked, b.phone, '99900000077'])).toEqual([
      { phone: asked, exists: true, jid: other.jid, lid: other.lid },
      { phone: b.phone, exists: true, jid: t.bistro.jid, lid: t.bistro.lid },
      { phone: '99900000077', exists: false, jid: null, lid: null },
    ]);
    await other.end();
  });
  it('that WhatsApp itself writes otherwise is one question', async () => {
    const other = await Peer.connect(t.server.url, { phone: '551190000000' });
    expect(await t.acme.sender.lookUp(['5511990000000'])).toMatchObject([{ exists: true, jid: other.jid }]);
    await other.end();
  });
});
