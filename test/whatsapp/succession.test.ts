/**
 * One connection after the other: what is over says no more, opens nothing, and does not pass for what came
 * after it.
 */
import { expect, test } from 'vitest';
import { createActor, sendTo, setup } from 'xstate';
import type { ConnectionFact, ConnectionInput } from '../../machines/domain/ports.ts';
import { openConnections } from '../../src/whatsapp/connections.ts';
import type { SocketOptions } from '../../src/whatsapp/socket.ts';
import type { Store } from '../../src/whatsapp/store/types.ts';

const settle = async () => {
  for (let hop = 0; hop < 30; hop += 1) await Promise.resolve();
};
/** Stores and sockets that open and close when the test says so. */
const bench = () => {
  const stores: { fenced: boolean; opened: () => void }[] = [];
  const sockets: { emit: SocketOptions['emit']; closed: () => void }[] = [];
  const received: string[] = [];
  const connections = openConnections({
    versions: { current: () => [2, 3000, 1], renew: async () => false },
    openStore: () =>
      new Promise((resolve) => {
        const opened = () => {
          const store = {
            kind: 'store',
            fence: () => void (seen.fenced = true),
            drained: async () => 'durable',
            auth: {},
          };
          resolve(store as unknown as Store);
        };
        const seen = { fenced: false, opened };
        stores.push(seen);
      }),
    pingDeadlineMs: 1,
    deafMs: 1,
    pairingMs: 1,
    now: () => 0,
    queue: { run: async (work) => work(), runWhenQuiet: async (work) => work() },
    log: () => (event) => void received.push(event),
    onReplaced: () => undefined,
    openSocket: ({ emit }) => {
      let closed = () => {};
      const closing = new Promise<void>((resolve) => {
        closed = resolve;
      });
      sockets.push({ emit, closed });
      return { ping: async () => undefined, unlink: async () => undefined, dispose: () => closing };
    },
  });
  const holder = setup({
    types: {
      events: {} as ConnectionFact,
      input: {} as ConnectionInput,
      context: {} as { input: ConnectionInput },
    },
    actors: { connection: connections.logic },
  }).createMachine({
    context: ({ input }) => ({ input }),
    invoke: { id: 'connection', src: 'connection', input: ({ context }) => context.input },
    entry: sendTo('connection', { type: 'connection.open' }),
    on: { '*': { actions: ({ event }) => void received.push(event.type) } },
  });
  const hold = async () => {
    const actor = createActor(holder, { input: { org: 'acme', mode: 'restore', fingerprint: 'fp' } }).start();
    await settle();
    return actor;
  };
  return { connections, stores, sockets, received, hold };
};

test('the next one waits for the end of the last one, not of any before it', async () => {
  const { connections, stores, sockets, received, hold } = bench();
  const first = await hold();
  stores[0]?.opened();
  await settle();
  first.stop();
  const second = await hold();
  expect(stores, 'the first still has its socket').toHaveLength(1);
  second.stop(); // it has opened nothing, and ends after the first
  const third = await hold();
  sockets[0]?.closed();
  await settle();
  expect(stores).toHaveLength(2);
  expect(received).toEqual([]);
  stores[1]?.opened();
  await settle();
  third.stop();
  await hold();
  expect(stores, 'the third still has its socket').toHaveLength(2);
  expect(sockets, 'the third still has its socket').toHaveLength(2);
  expect(connections.open(), 'the third still has its socket').toBe(1);
  sockets[1]?.closed();
  await settle();
  expect(stores).toHaveLength(3);
  expect(received).toEqual([]);
});

test('one that ended while an older one was ending is waited for although the older one is over', async () => {
  const { stores, sockets, received, hold } = bench();
  const first = await hold();
  stores[0]?.opened();
  await settle();
  first.stop();
  const second = await hold();
  sockets[0]?.closed();
  for (let hop = 0; hop < 200 && stores.length < 2; hop += 1) await Promise.resolve();
  second.stop(); // its store is being opened
  await settle();
  await hold();
  expect(stores).toHaveLength(2);
  stores[1]?.opened();
  await settle();
  expect(stores).toHaveLength(3);
  expect(sockets).toHaveLength(1);
  expect(received).toEqual([]);
});

test('one that is over before its credentials were read opens no socket, and writes nothing', async () => {
  const { connections, stores, sockets, hold } = bench();
  const only = await hold();
  only.stop();
  stores[0]?.opened();
  await connections.allClosed();
  expect(sockets).toHaveLength(0);
  expect(stores[0]?.fenced).toBe(true);
  expect(connections.open()).toBe(0);
});

test('one that is over says no more', async () => {
  const { stores, sockets, received, hold } = bench();
  const only = await hold();
  stores[0]?.opened();
  await settle();
  sockets[0]?.emit({ type: 'connection.caughtUp' });
  await settle();
  only.stop();
  sockets[0]?.emit({ type: 'connection.closed', reason: 'network' });
  await settle();
  expect(received).toEqual(['connection.caughtUp']);
});
