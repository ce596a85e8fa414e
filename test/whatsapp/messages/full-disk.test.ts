/** A full disk holds messages: WhatsApp keeps them, and the connection goes on. Real Baileys on both ends. */
import { setTimeout as wait } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createActor, sendTo, setup } from 'xstate';
import type { ConnectionFact, ConnectionOrder } from '../../../machines/domain/ports.ts';
import { openJournal } from '../../../src/offline/journal.ts';
import { readCredentials } from '../../../src/sessions/credentials.ts';
import { openConnections } from '../../../src/whatsapp/connections.ts';
import type { MessageDoor } from '../../../src/whatsapp/messages/port.ts';
import { openStore } from '../../../src/whatsapp/store/open-store.ts';
import { until } from '../../support/until.ts';
import { trustTestRoot } from '../../support/whatsapp/certificate.ts';
import { FakeWhatsApp } from '../../support/whatsapp/server.ts';
import { attr } from '../../support/whatsapp/stanza.ts';
import { organizations, Peer } from '../../support/whatsapp/two-organizations.ts';
import { layout, Receiver } from './receiver.ts';

const { acme: a, bistro: b } = organizations;
const deafMs = 1_000;
let distrust: () => void;
let server: FakeWhatsApp;
let peer: Peer;
let end: () => Promise<void>;

beforeEach(async () => {
  distrust = trustTestRoot();
  server = new FakeWhatsApp({ relay: true, offlineDelayMs: 1 });
  await server.listen();
  peer = await Peer.connect(server.url, b);
});
afterEach(async () => {
  await peer.end();
  await end();
  await server.close();
  distrust();
});

/** The connection as the program opens it, on the disk of an organization of the tests. */
const connected = async () => {
  const { disk } = new Receiver(() => server.url, a.phone);
  const facts: string[] = [];
  const rows: string[] = [];
  const journal = await openJournal({
    disk,
    layout,
    lock: { wasTakenBy: 'other' },
    now: Date.now,
    log: () => undefined,
  });
  const door: MessageDoor = {
    isWanted: () => true,
    find: async () => undefined,
    take: async (_, arrived) => void rows.push(...arrived.map(({ id }) => id)),
    unreadable: (_, { id }) => void facts.push(`unreadable ${id}`),
    sentContent: async () => undefined,
    updated: async () => undefined,
    restricted: () => undefined,
  };
  journal.handTo(door.take);
  const connections = openConnections({
    versions: { current: () => [2, 3000, 1], renew: async () => false },
    openStore: (_, on) =>
      openStore({
        disk,
        directory: layout.organization('acme'),
        mode: 'restore',
        identify: readCredentials,
        journal,
        on,
      }),
    url: server.url,
    pingDeadlineMs: 20_000,
    deafMs,
    pairingMs: 60_000,
    now: Date.now,
    log: () => () => undefined,
    onReplaced: () => undefined,
    messages: door,
  });
  const holder = setup({
    types: { events: {} as ConnectionFact | ConnectionOrder },
    actors: { connection: connections.logic },
  }).createMachine({
    invoke: {
      id: 'connection',
      src: 'connection',
      input: { org: 'acme', mode: 'restore', fingerprint: 'f' },
    },
    entry: sendTo('connection', { type: 'connection.open' }),
    on: {
      'connection.ping': { actions: sendTo('connection', { type: 'connection.ping' }) },
      '*': { actions: ({ event }) => void facts.push(event.type) },
    },
  });
  const actor = createActor(holder).start();
  end = async () => {
    actor.stop();
    await connections.allClosed();
    await journal.close();
  };
  await until('the end of the backlog', () => facts.includes('connection.caughtUp'));
  return { disk, facts, rows, actor };
};
const said = (tag: string) =>
  server.relay.ledger.stanzas(tag, a.phone).map((stanza) => attr(stanza, 'type') ?? attr(stanza, 'error'));

test('while it is full only pings are answered; afterwards each message arrives once', async () => {
  const { disk, facts, rows, actor } = await connected();
  const first = await peer.send(a.phone, 'first');
  await until('the first', () => rows.includes(first));
  await until('its receipt', () => said('receipt').length > 0);
  const [receipts, acks] = [said('receipt').length, said('ack').length];

  const ends = (['overwrite', 'write'] as const).map((operation) =>
    disk.inject({ operation, path: /.*/u, code: 'ENOSPC' }),
  );
  const sent = [first];
  for (let n = 0; n < 3; n += 1) sent.push(await peer.send(a.phone, `held ${n}`));
  await until('the fault', () => facts.includes('storage.failed'));
  for (let n = 0; n < 4; n += 1) {
    await wait(deafMs / 2);
    sent.push(await peer.send(a.phone, `later ${n}`));
  }
  actor.send({ type: 'connection.ping' });
  await until('the answer to the ping', () => facts.includes('connection.pinged'));
  expect(said('receipt')).toHaveLength(receipts);
  expect(said('ack')).toHaveLength(acks);
  expect(rows).toEqual([first]);
  expect(facts).not.toContain('connection.deaf');

  for (const endFault of ends) endFault();
  await until('all rows', () => sent.every((id) => rows.includes(id)));
  await until('an empty queue', () => server.relay.waiting({ phone: a.phone, device: 1 }) === 0);
  expect(rows).toEqual(sent);
  expect(server.relay.ledger.retries()).toBe(0);
  expect(said('ack').filter((error) => Number(error) > 0)).toEqual([]);
  expect(facts).toContain('storage.recovered');
  expect(facts.filter((fact) => /closed|deaf|unreadable/u.test(fact))).toEqual([]);
}, 240_000);
