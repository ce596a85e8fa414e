/** What WhatsApp refuses, and calls that the end of a connection or a deadline ends. */
import { describe, expect, it } from 'vitest';
import { SendFault } from '../../../src/whatsapp/messages/port.ts';
import { until } from '../../support/until.ts';
import { Peer } from '../../support/whatsapp/two-organizations.ts';
import { a, b, faultOf, newId, Organization, useSending } from './organization.ts';

const t = useSending();

describe('what WhatsApp refuses', () => {
  it('463 is a failure, asks for the restriction once, and is never repeated', async () => {
    t.server.relay.faults.set({ tag: 'message' }, { kind: 'refuse', code: 463 });
    const ids = [await t.acme.text(t.bistro.jid, 'one'), await t.acme.text(t.bistro.jid, 'two')];
    for (const id of ids) expect(await t.acme.update(id, 'failed')).toMatchObject({ statusCode: 463 });
    expect(t.acme.questions).toBe(2);
    expect(ids.map((id) => t.server.relay.ledger.messages({ id })[0]?.stanzas)).toEqual([1, 1]);
  });
  it('a restriction is known when WhatsApp reports it, when it is asked for, and when it ends', async () => {
    const { accounts } = t.server.relay;
    accounts.restrict(a.phone, 2_000_000_000);
    const restricted = { until: 2_000_000_000_000 };
    await until('the report', () => t.acme.restrictions.length === 1);
    expect(t.acme.restrictions).toEqual([restricted]);
    const id = await t.acme.text(t.bistro.jid, 'to a stranger');
    expect(await t.acme.update(id, 'failed')).toMatchObject({ statusCode: 463 });
    await until('the answer', () => t.acme.restrictions.length === 2);
    accounts.lift(a.phone);
    await until('the end', () => t.acme.restrictions.length === 3);
    expect(t.acme.restrictions).toEqual([restricted, restricted, null]);
  });
  it('479 is a failure, and the devices of the contact are asked for again', async () => {
    t.server.relay.faults.set({ tag: 'message' }, { kind: 'refuse', code: 479 }, { times: 1 });
    const id = await t.acme.text(t.bistro.jid, 'one');
    expect(await t.acme.update(id, 'failed')).toMatchObject({ statusCode: 479 });
    t.server.relay.faults.setRequest('usync', { kind: 'error', code: 429 });
    await until('the devices to be forgotten', async () => {
      const fault = await faultOf(t.acme.sender.devicesOf(t.bistro.jid));
      return fault instanceof SendFault && fault.reason === 'rejected';
    });
  });
  it('an acknowledgement with other devices is a success, and the devices are asked for again', async () => {
    t.server.relay.faults.set({ tag: 'message' }, { kind: 'phash' });
    const id = await t.acme.text(t.bistro.jid, 'one');
    await t.acme.update(id, 'sent');
    expect(t.acme.logged.filter((line) => line === 'sending.devices_differ')).toHaveLength(1);
    await t.acme.update(await t.acme.text(t.bistro.jid, 'two'), 'sent');
    expect(t.acme.logged.filter((line) => line === 'sending.devices_differ')).toHaveLength(1);
  });
  it('silence is no state, and a receipt that comes late is one', async () => {
    t.server.relay.faults.set({ tag: 'message' }, { kind: 'silent' });
    const id = await t.acme.text(t.bistro.jid, 'one');
    await t.acme.update(id, 'delivered');
    expect(t.acme.updates.map(({ state }) => state)).not.toContain('sent');
  });
});

describe('the end of a connection', () => {
  it('rejects calls that are under way and all later ones, and nothing leaves', async () => {
    t.server.relay.faults.setRequest('usync', { kind: 'mute' });
    const pending = faultOf(t.acme.sender.devicesOf('99900000077@s.whatsapp.net'));
    const { sender } = t.acme;
    const encoded = await sender.encode({ type: 'text', text: { body: 'too late' } });
    await t.acme.socket.dispose();
    expect(await pending).toMatchObject({ reason: 'not_connected' });
    const late = sender.transmit({ whatsappId: newId(), jid: t.bistro.jid, encoded, type: 'text' });
    expect(await faultOf(late)).toMatchObject({ name: 'SendFault', reason: 'not_connected' });
    expect(t.server.relay.ledger.stanzas('message', a.phone)).toEqual([]);
  });
  it('a send whose lookups never end is dropped at its deadline, and does not leave later', async () => {
    await t.acme.socket.dispose();
    t.acme = await Organization.open(t.server.url, { phone: a.phone, deadlines: { transmitMs: 500 } });
    await t.acme.text(t.bistro.jid, 'warm');
    await t.bistro.message('warm');
    const { get } = t.acme.keys;
    let release: () => void = () => undefined;
    const slow = new Promise<void>((resolve) => {
      release = resolve;
    });
    Object.assign(t.acme.keys, {
      get: async (...args: Parameters<typeof get>) => slow.then(() => get(...args)),
    });
    const encoded = await t.acme.sender.encode({ type: 'text', text: { body: 'too late' } });
    const whatsappId = newId();
    const sent = t.acme.sender.transmit({ whatsappId, jid: t.bistro.jid, encoded, type: 'text' });
    expect(await faultOf(sent)).toMatchObject({ name: 'SendFault', reason: 'timeout' });
    release();
    Object.assign(t.acme.keys, { get });
    await t.acme.text(t.bistro.jid, 'the next');
    await t.bistro.message('the next');
    expect(t.server.relay.ledger.messages({ id: whatsappId })).toEqual([]);
  });
  it('a send to a group whose members WhatsApp does not show never leaves, and delays no other', async () => {
    await t.acme.socket.dispose();
    const deadlines = { lookUpMs: 1_500, transmitMs: 60_000 };
    t.acme = await Organization.open(t.server.url, { phone: a.phone, deadlines });
    const phone = await Peer.connect(t.server.url, { phone: a.phone, device: 2 });
    await t.acme.text(t.bistro.jid, 'warm');
    const group = t.server.relay.groups.create({ members: [a.phone, b.phone] });
    t.server.relay.faults.setRequest('w:g2', { kind: 'mute' });
    const encoded = await t.acme.sender.encode({ type: 'text', text: { body: 'to the group' } });
    const whatsappId = newId();
    const sent = faultOf(t.acme.sender.transmit({ whatsappId, jid: group, encoded, type: 'text' }));
    await t.acme.update(await t.acme.text(t.bistro.jid, 'not late'), 'sent');
    expect(await sent).toMatchObject({ name: 'SendFault', reason: 'timeout' });
    expect(t.server.relay.ledger.messages({ id: whatsappId })).toEqual([]);
    await phone.end();
  });
  it('content that cannot be read never leaves', async () => {
    const message = { whatsappId: newId(), jid: t.bistro.jid, type: 'text' } as const;
    const sent = t.acme.sender.transmit({ ...message, encoded: Buffer.from('not a message') });
    expect(await faultOf(sent)).toMatchObject({ name: 'SendFault', reason: 'internal' });
  });
  it('a send whose keys cannot be stored is not known to have failed', async () => {
    await t.acme.socket.dispose();
    t.acme = await Organization.open(t.server.url, { phone: a.phone, deadlines: { transmitMs: 2_000 } });
    await t.acme.text(t.bistro.jid, 'warm');
    const { set } = t.acme.keys;
    Object.assign(t.acme.keys, { set: () => Promise.reject(new Error('disk')) });
    const encoded = await t.acme.sender.encode({ type: 'text', text: { body: 'no disk' } });
    const sent = faultOf(
      t.acme.sender.transmit({ whatsappId: newId(), jid: t.bistro.jid, encoded, type: 'text' }),
    );
    await t.bistro.message('no disk');
    expect(await sent).toBeInstanceOf(Error);
    expect(await sent).not.toBeInstanceOf(SendFault);
    Object.assign(t.acme.keys, { set });
  });
});
