/**
 * What comes in a storm is spread over turns of the event loop, and stays in its order. The clock and the
 * loop are the test's.
 */
import { expect, test } from 'vitest';
import { createActor, sendTo, setup } from 'xstate';
import type { ConnectionFact, ConnectionInput } from '../../machines/domain/ports.ts';
import { createFairQueue, turnMs } from '../../src/base/fair-queue.ts';
import { openConnections } from '../../src/whatsapp/connections.ts';
import type { SocketOptions } from '../../src/whatsapp/socket.ts';
import type { Store } from '../../src/whatsapp/store/types.ts';

/**
 * A loop that turns when it is told to, and a clock that stands still but for the work that says how long it
 * takes.
 */
const openLoop = () => {
  let ms = 0;
  let due: (() => void)[] = [];
  const queue = createFairQueue({ later: (run) => void due.push(run), monotonicMs: () => ms });
  return {
    queue,
    spend: (workMs: number) => void (ms += workMs),
    /** One turn; what it leaves to promises is done too. */
    turn: async () => {
      const now = due;
      due = [];
      for (const run of now) run();
      for (let hop = 0; hop < 10; hop += 1) await Promise.resolve();
    },
    isIdle: () => due.length === 0,
  };
};

test('on an ordinary day nothing waits', async () => {
  const { queue, spend } = openLoop();
  const done: number[] = [];
  for (let n = 0; n < 5; n += 1)
    void queue.run(() => {
      done.push(n);
      spend(1);
    });
  expect(done).toEqual([0, 1, 2, 3, 4]);
  expect(await queue.run(() => 'an answer')).toBe('an answer');
});

test('once a turn has taken its time, one more is done in each that follows, in order', async () => {
  const { queue, spend, turn, isIdle } = openLoop();
  const done: number[] = [];
  const work = (n: number) => () => {
    done.push(n);
    spend(3);
  };
  for (let n = 0; n < 8; n += 1) void queue.run(work(n));
  expect(done, `four of 3 ms make ${turnMs}`).toEqual([0, 1, 2, 3]);
  await turn();
  expect(done).toEqual([0, 1, 2, 3, 4]);
  void queue.run(work(8)); // this turn has time left, but others came before
  expect(done).toEqual([0, 1, 2, 3, 4]);
  for (let n = 5; n <= 8; n += 1) {
    await turn();
    expect(done.at(-1)).toBe(n);
  }
  await turn();
  expect([done, isIdle()]).toEqual([[0, 1, 2, 3, 4, 5, 6, 7, 8], true]);
  void queue.run(work(9));
  expect(done.at(-1), 'the storm is over').toBe(9);
});

test('what makes more work comes last, and in its order too', async () => {
  const { queue, spend, turn } = openLoop();
  const done: string[] = [];
  const work = (name: string) => () => {
    done.push(name);
    spend(turnMs);
  };
  void queue.run(work('a'));
  void queue.runWhenQuiet(work('new 1'));
  void queue.runWhenQuiet(work('new 2'));
  void queue.run(work('b'));
  await turn();
  void queue.run(work('c'));
  for (let n = 0; n < 4; n += 1) await turn();
  expect(done).toEqual(['a', 'b', 'c', 'new 1', 'new 2']);
});

test('work that throws rejects its own promise and stops no other work', async () => {
  const { queue, spend, turn } = openLoop();
  const boom = () => {
    spend(turnMs);
    throw new Error('boom');
  };
  const [now, later] = [queue.run(boom), queue.run(boom)];
  const after = queue.run(() => 'well');
  await expect(now).rejects.toThrow('boom');
  const thrown = expect(later).rejects.toThrow('boom');
  await turn();
  await thrown;
  await turn();
  expect(await after).toBe('well');
});

const store = {
  kind: 'store',
  fence: () => undefined,
  drained: async () => 'durable',
  auth: {},
} as unknown as Store;

test('a thousand sessions that lose their sockets in one tick are told of a few at a time, each in its order', async () => {
  const { queue, spend, turn } = openLoop();
  const sockets = new Map<string, SocketOptions['emit']>();
  let dialling = '';
  const connections = openConnections({
    versions: { current: () => [2, 3000, 1], renew: async () => false },
    openStore: async ({ org }) => {
      dialling = org;
      return store;
    },
    pingDeadlineMs: 1,
    deafMs: 1,
    pairingMs: 1,
    now: () => 0,
    queue,
    log: () => () => undefined,
    onReplaced: () => undefined,
    openSocket: ({ emit }) => {
      sockets.set(dialling, emit);
      return { ping: async () => undefined, unlink: async () => undefined, dispose: async () => spend(1) };
    },
  });
  const received: string[] = [];
  const onMessage = (org: string, { type }: ConnectionFact) => {
    received.push(`${org} ${type}`);
    spend(0.5);
  };
  /** Holds a connection and hears what it says, as a session does. */
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
    on: { '*': { actions: ({ context, event }) => onMessage(context.input.org, event) } },
  });
  const actors = [];
  for (let n = 0; n < 1_000; n += 1) {
    const actor = createActor(holder, { input: { org: `o${n}`, mode: 'restore', fingerprint: `fp${n}` } });
    actors.push(actor.start());
    await turn();
  }
  expect(sockets.size).toBe(1_000);
  for (const emit of sockets.values()) {
    emit({ type: 'connection.pinged', ok: true });
    emit({ type: 'connection.closed', reason: 'network' });
  }
  const perTurn = turnMs / 0.5;
  expect(received.length, 'in the tick itself').toBeLessThanOrEqual(perTurn);
  for (let n = 0; n < 3_000 && received.length < 2_000; n += 1) {
    const before = received.length;
    await turn();
    expect(received.length - before).toBeLessThanOrEqual(perTurn);
  }
  expect(received).toEqual(actors.flatMap((_, n) => [`o${n} connection.pinged`, `o${n} connection.closed`]));

  for (const actor of actors) actor.stop();
  await turn();
  expect(connections.open(), 'and they are ended a few at a time').toBeGreaterThan(900);
  for (let n = 0; n < 3_000 && connections.open() > 0; n += 1) await turn();
  expect(connections.open()).toBe(0);
});
