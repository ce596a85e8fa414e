import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { until } from '../../until.ts';
import { trustTestRoot } from '../certificate.ts';
import { FakeWhatsApp } from '../server.ts';
import { attr } from '../stanza.ts';
import { organizations, Peer, twoPeers } from '../two-organizations.ts';
import type { Relay } from './relay.ts';

let distrust: () => void;
let server: FakeWhatsApp;
let relay: Relay;
let acme: Peer;
let bistro: Peer;
const others: Peer[] = [];
const { acme: a, bistro: b } = organizations;

beforeEach(async () => {
  distrust = trustTestRoot();
  server = new FakeWhatsApp({ relay: true, offlineDelayMs: 1 });
  ({ relay } = server);
  ({ acme, bistro } = await twoPeers(await server.listen()));
});
afterEach(async () => {
  await server.close();
  await Promise.all([acme, bistro, ...others.splice(0)].map((peer) => peer.end()));
  distrust();
});
const third = async (): Promise<Peer> => {
  const peer = await Peer.connect(server.url, { phone: '99900000043', name: 'Cantina' });
  others.push(peer);
  return peer;
};
const ackOf = (id: string): Promise<number | 'yes'> =>
  until(`the ack of ${id}`, () => {
    const acked = relay.ledger.messages({ id })[0]?.acked;
    return acked === 'no' ? undefined : acked;
  });
const settled = (): Promise<boolean> =>
  until(
    'empty queues',
    () => relay.waiting({ phone: a.phone, device: 1 }) + relay.waiting({ phone: b.phone, device: 1 }) === 0,
  );

describe('a text between two phones', () => {
  it('arrives both ways by phone and by LID, and the ledger has its ack and its receipt', async () => {
    const there = await acme.send(b.phone, 'by phone');
    expect(await bistro.message('by phone')).toMatchObject({ id: there, from: acme.jid });
    const back = await bistro.send(acme.lid, 'by LID');
    expect(await acme.message('by LID')).toMatchObject({ id: back, from: bistro.lid });
    await settled();
    expect(relay.ledger.messages()).toMatchObject([
      {
        id: there,
        from: `${a.phone}:1`,
        to: bistro.jid,
        stanzas: 1,
        acked: 'yes',
        deliveries: [{ state: 'received' }],
      },
      {
        id: back,
        from: `${b.phone}:1`,
        to: acme.lid,
        stanzas: 1,
        acked: 'yes',
        deliveries: [{ state: 'received' }],
      },
    ]);
    expect(relay.ledger.messages()[0]?.receipts).toMatchObject([{ by: `${b.phone}:1`, type: 'delivered' }]);
    expect(relay.ledger.retries()).toBe(0);
  });

  it('uses one-time keys up, and makes the device upload more', async () => {
    const before = relay.bundles.oneTimeKeys({ phone: b.phone, device: 1 });
    await acme.send(b.phone, 'first contact');
    await bistro.message('first contact');
    await until('an upload', () => relay.bundles.oneTimeKeys({ phone: b.phone, device: 1 }) > before);
    expect(server.stats().preKeyUploads).toBe(3);
  });

  it('waits for a device that is away, also while the server restarts', async () => {
    bistro.disconnect();
    await until('bistro to be away', () => !server.devices(b.phone)[0]?.online);
    const ids = [await acme.send(b.phone, 'one'), await acme.send(b.phone, 'two')];
    await Promise.all(ids.map(ackOf));
    const { port } = server;
    await server.close();
    await server.listen(port);
    await bistro.reconnect();
    await bistro.message('two');
    expect(bistro.received.map(({ text }) => text)).toEqual(['one', 'two']);
    await acme.reconnect();
  });

  it('is asked for again by a recipient that lost its session', async () => {
    await acme.send(b.phone, 'before');
    await bistro.message('before');
    bistro.loseSessions();
    const id = await acme.send(b.phone, 'after');
    await bistro.message('after');
    await settled();
    expect(relay.ledger.messages({ id })).toMatchObject([
      { stanzas: 1, resends: 1, deliveries: [{ state: 'refused' }, { state: 'received' }] },
    ]);
    expect(relay.ledger.retries(b.phone)).toBe(1);
  });
});

describe('a group', () => {
  it.each(['pn', 'lid'] as const)('relays to all members when it addresses by %s', async (addressing) => {
    const cantina = await third();
    const group = relay.groups.create({ members: [a.phone, b.phone, cantina.phone], addressing });
    await acme.send(group, 'to all');
    const sender = addressing === 'lid' ? acme.lid : acme.jid;
    for (const peer of [bistro, cantina])
      expect(await peer.message('to all')).toMatchObject({ chat: group, from: sender });
    await bistro.send(group, 'answer');
    await Promise.all([acme.message('answer'), cantina.message('answer')]);
    expect(await acme.client.socket.groupFetchAllParticipating()).toHaveProperty([group, 'subject'], 'Group');
  });

  it('announces a change of its members', async () => {
    const cantina = await third();
    const group = relay.groups.create({ members: [a.phone, b.phone] });
    const changes: unknown[] = [];
    acme.client.socket.ev.on('group-participants.update', (change) => changes.push(change));
    relay.groups.change(group, 'add', cantina.phone);
    await until('the change', () => changes.length > 0);
    expect(changes).toMatchObject([{ id: group, action: 'add' }]);
  });
});

describe('faults of single stanzas', () => {
  it('refuses with a code, and relays nothing', async () => {
    relay.faults.set({ from: a.phone }, { kind: 'refuse', code: 463 }, { times: 1 });
    expect(await ackOf(await acme.send(b.phone, 'refused'))).toBe(463);
    await acme.send(b.phone, 'next');
    await bistro.message('next');
    expect(bistro.received.map(({ text }) => text)).toEqual(['next']);
  });

  it('loses one, relays one twice, and acknowledges one late or never', async () => {
    const kinds = [
      { kind: 'lose' },
      { kind: 'twice' },
      { kind: 'late-ack', ms: 50 },
      { kind: 'silent' },
    ] as const;
    await acme.send(b.phone, 'hello');
    await bistro.message('hello');
    const ids = kinds.map((_, at) => `3EB0${String(at).padStart(18, '0')}`);
    for (const [at, fault] of kinds.entries()) {
      relay.faults.set({ id: ids[at] ?? '' }, fault);
      await acme.send(b.phone, fault.kind, ids[at]);
    }
    await bistro.message('silent');
    await ackOf(ids[2] ?? '');
    await settled();
    expect(ids.map((id) => relay.ledger.messages({ id })[0])).toMatchObject([
      { acked: 'yes', deliveries: [] },
      { acked: 'yes', deliveries: [{}, {}] },
      { acked: 'yes', deliveries: [{}] },
      { acked: 'no', deliveries: [{}] },
    ]);
    expect(bistro.received.map(({ text }) => text)).not.toContain('lose');
  });

  it('mutes requests of one kind', async () => {
    relay.faults.setRequest('w:g2', { kind: 'error', code: 429 }, { times: 1 });
    const group = relay.groups.create({ members: [a.phone, b.phone] });
    await expect(acme.client.socket.groupMetadata(group)).rejects.toThrow('rate-overlimit');
    expect(await acme.client.socket.groupMetadata(group)).toMatchObject({ id: group });
  });
});

describe('a number', () => {
  it('is answered as WhatsApp writes it, or as not there', async () => {
    relay.directory.numbers.set('5511990000000', b.phone);
    expect(await acme.client.socket.onWhatsApp('5511990000000', '999123')).toEqual([
      { jid: bistro.jid, exists: true },
    ]);
  });

  it('shows its LID later', async () => {
    relay.directory.hideLid(a.phone);
    await acme.send(b.phone, 'without');
    await bistro.message('without');
    relay.directory.showLid(a.phone);
    await acme.send(b.phone, 'with');
    await bistro.message('with');
    const keys = bistro.received.map(({ raw }) => raw.key.remoteJidAlt);
    expect(keys.map((alt) => alt?.replace(/:\d+@/, '@'))).toEqual([undefined, acme.lid]);
    await settled();
    expect(relay.mailboxes.waiting({ phone: b.phone, device: 1 }).map((one) => attr(one, 'id'))).toEqual([]);
  });
});
