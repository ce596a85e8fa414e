/**
 * Many connections that are ordered at once are opened a few at a time, and none of them waits for another's
 * network.
 */
import { expect, it, vi } from 'vitest';
import { createActor } from 'xstate';
import { openConnections, openedAtOnce } from '../../src/whatsapp/connections.ts';
import type { MessageDoor, Sender } from '../../src/whatsapp/messages/port.ts';
import type { Store } from '../../src/whatsapp/store/types.ts';
import { until } from '../support/until.ts';

const door = {} as MessageDoor;

it('opens so many stores at a time, and waits for no login', async () => {
  let [reading, most, made] = [0, 0, 0];
  const waiting: (() => void)[] = [];
  const store = {
    kind: 'store',
    fence: vi.fn(),
    drained: async () => 'durable',
    backUp: vi.fn(),
    auth: {},
  } as unknown as Store;
  const connections = openConnections({
    versions: { current: () => [2, 3000, 1], renew: async () => false },
    openStore: async () => {
      reading += 1;
      most = Math.max(most, reading);
      await new Promise<void>((resolve) => waiting.push(resolve));
      reading -= 1;
      return store;
    },
    openSocket: () => {
      made += 1;
      // it never says that it is open
      return { ping: vi.fn(), unlink: vi.fn(), dispose: async () => undefined };
    },
    pingDeadlineMs: 1,
    deafMs: 1,
    pairingMs: 1,
    now: Date.now,
    log: () => vi.fn(),
    onReplaced: vi.fn(),
  });
  const total = openedAtOnce * 3;
  const actors = Array.from({ length: total }, (_, n) =>
    createActor(connections.logic, {
      input: { mode: 'restore', org: String(n), fingerprint: `f${n}` } as never,
    }).start(),
  );
  for (const actor of actors) actor.send({ type: 'connection.open' });
  for (let opened = 0; opened < total; opened += openedAtOnce) {
    await until('so many to be reading', () => reading === openedAtOnce);
    for (const resolve of waiting.splice(0)) resolve();
    await until('their sockets', () => made === opened + openedAtOnce);
  }
  expect(most).toBe(openedAtOnce);
  expect(connections.open()).toBe(total);
  for (const actor of actors) actor.stop();
  await connections.allClosed();
  expect(connections.open()).toBe(0);
});

it('gives a sender only while the session is connected through its newest connection', async () => {
  const senders = [{}, {}];
  let made = 0;
  const connections = openConnections({
    versions: { current: () => [2, 3000, 1], renew: async () => false },
    openStore: async () =>
      ({
        kind: 'store',
        fence: vi.fn(),
        drained: async () => 'durable',
        backUp: vi.fn(),
        auth: {},
      }) as unknown as Store,
    openSocket: ({ sending }) => {
      expect(sending).toMatchObject({ org: 'acme', door, isOtherServer: false });
      const sender = senders[made] as Sender;
      made += 1;
      return { sender: () => sender, ping: vi.fn(), unlink: vi.fn(), dispose: async () => undefined };
    },
    messages: door,
    pingDeadlineMs: 1,
    deafMs: 1,
    pairingMs: 1,
    now: Date.now,
    log: () => vi.fn(),
    onReplaced: vi.fn(),
  });
  const connect = async () => {
    const before = made;
    const actor = createActor(connections.logic, {
      input: { mode: 'restore', org: 'acme', fingerprint: 'f' } as never,
    }).start();
    actor.send({ type: 'connection.open' });
    await until('its socket', () => made > before);
    return actor;
  };
  expect(connections.sender('acme')).toBeUndefined();
  const first = await connect();
  expect(connections.sender('acme')).toBeUndefined(); // the login is not proven
  first.send({ type: 'connection.proven' });
  expect(connections.sender('acme')).toBe(senders[0]);
  expect(connections.sender('bistro')).toBeUndefined();
  first.stop();
  expect(connections.sender('acme')).toBeUndefined();
  const second = await connect();
  second.send({ type: 'connection.proven' });
  expect(connections.sender('acme')).toBe(senders[1]);
  second.stop();
  await connections.allClosed();
});
