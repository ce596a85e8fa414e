/** How the client connects, waits, notices a dead server, and stops. The test advances the clock. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type ClientOptions, type ConnectionState, connect, VigiaError } from '../../src/client/client.ts';
import { closes } from '../../src/protocol/errors.ts';
import { fakeSockets, heartbeatMs } from './fake-socket.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => {
  expect(vi.getTimerCount()).toBe(0); // after `close`, no timer is left in any case
  vi.useRealTimers();
});
const tick = () => vi.advanceTimersByTimeAsync(0);
const open = async (options: Partial<ClientOptions> = {}) => {
  const fake = fakeSockets();
  const client = connect({
    url: 'http://127.0.0.1:3000',
    apiKey: 'a-key',
    WebSocket: fake.WebSocket,
    random: () => 1,
    ...options,
  });
  const states: ConnectionState[] = [];
  client.onState((state) => states.push(state));
  await tick();
  return { ...fake, client, states };
};
const waits = (states: readonly ConnectionState[]) =>
  states.flatMap((s) => (s.status === 'waiting' ? [s.inMs] : []));

describe('a connection', () => {
  it('sends the key in the first message, never in the address', async () => {
    const { client, now } = await open({ client: { name: 'a page', version: '2' } });
    now().opens();
    expect(now().url).toBe('ws://127.0.0.1:3000/v1');
    expect(now().sent).toEqual([
      expect.objectContaining({
        method: 'initialize',
        params: { protocolVersion: '1.0', apiKey: 'a-key', client: { name: 'a page', version: '2' } },
      }),
    ]);
    client.close();
    expect(now().closedWith).toBe(1000);
  });
  it('gets the key from the function for every connection', async () => {
    let n = 0;
    const { client, now } = await open({ apiKey: async () => `key-${++n}` });
    now().ends(1006);
    await vi.advanceTimersByTimeAsync(1_000);
    now().opens();
    expect(now().last('initialize').params).toMatchObject({ apiKey: 'key-2' });
    client.close();
  });
  it.each([
    ['http://h:1', 'ws://h:1/v1'],
    ['https://h/', 'wss://h/v1'],
    ['wss://h/vigia/', 'wss://h/vigia/v1'],
    ['ws://h/v1', 'ws://h/v1'],
  ])('derives the address from %s', async (url, address) => {
    const { client, now } = await open({ url });
    expect(now().url).toBe(address);
    client.close();
  });
  it.each(['h:3000', 'ftp://h', 'http://h/?apiKey=secret-0123', 'http://user:secret-0123@h'])(
    'refuses %s with a message that does not repeat it',
    (url) => {
      expect(() => connect({ url, apiKey: 'k' })).toThrow(VigiaError);
      expect(() => connect({ url, apiKey: 'k' })).not.toThrow(/secret-0123/);
    },
  );
});

describe('after a loss', () => {
  it('the client waits a random part of a time that doubles up to 30 s', async () => {
    const { client, now, states, sockets } = await open();
    const expected = [500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000];
    for (const ms of expected) {
      now().ends(1006);
      await vi.advanceTimersByTimeAsync(ms - 1);
      const before = sockets.length;
      await vi.advanceTimersByTimeAsync(1);
      expect(sockets.length).toBe(before + 1);
    }
    expect(waits(states)).toEqual(expected);
    client.close();
    const lucky = await open({ random: () => 0.25 });
    lucky.now().ends(1006);
    expect(waits(lucky.states)).toEqual([125]);
    lucky.client.close();
  });
  it('the client waits briefly again only after a connection that lasted', async () => {
    const { client, now, states } = await open();
    for (const goodMs of [0, 0, 10_000]) {
      now().accepts();
      await vi.advanceTimersByTimeAsync(goodMs);
      now().ends(1012);
      await vi.advanceTimersByTimeAsync(1_000);
    }
    expect(waits(states)).toEqual([500, 1_000, 500]);
    client.close();
  });
  it('the client waits 30 s longer after close code 4429', async () => {
    const { client, now, states } = await open();
    now().ends(4429);
    expect(waits(states)).toEqual([30_500]);
    client.close();
  });
  it('a connection that never opens or is never accepted ends after 10 s', async () => {
    const { client, now, sockets, states } = await open();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(waits(states)).toHaveLength(1);
    expect(sockets[0]?.closedWith).toBe(1000);
    await vi.advanceTimersByTimeAsync(1_000);
    now().opens();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(waits(states)).toHaveLength(2);
    client.close();
  });
  it('a connection without heartbeats ends, and every frame counts as a heartbeat', async () => {
    const { client, now, states, sockets } = await open();
    now().accepts();
    for (let n = 0; n < 5; n += 1) {
      await vi.advanceTimersByTimeAsync(heartbeatMs);
      now().heartbeat('e', n);
    }
    await vi.advanceTimersByTimeAsync(2 * heartbeatMs);
    expect(states.at(-1)).toMatchObject({ status: 'online' });
    await vi.advanceTimersByTimeAsync(2_000);
    expect(waits(states)).toHaveLength(1);
    sockets[0]?.heartbeat('e', 9); // too late, and ignored
    await vi.advanceTimersByTimeAsync(1_000);
    expect(sockets).toHaveLength(2);
    client.close();
  });
  it('reconnect: never stops after the first failure, and once_online goes on after a success', async () => {
    const never = await open({ reconnect: 'never' });
    const online = never.client.online();
    never.now().onerror?.({ message: 'connect ECONNREFUSED 127.0.0.1:3000' } as never);
    never.now().ends(1006);
    await expect(online).rejects.toMatchObject({
      reason: 'unreachable',
      message: 'connect ECONNREFUSED 127.0.0.1:3000.',
    });
    const patient = await open({ reconnect: 'once_online' });
    patient.now().accepts();
    patient.now().ends(1006);
    expect(patient.states.at(-1)).toMatchObject({ status: 'waiting', because: { reason: 'disconnected' } });
    await vi.advanceTimersByTimeAsync(1_000);
    patient.now().ends(1006);
    expect(patient.states.at(-1)).toMatchObject({ status: 'waiting' });
    patient.client.close();
  });
});

describe('the end', () => {
  it.each(Object.values(closes).map(({ code, reconnect }) => [code, reconnect] as const))(
    'code %i: reconnect %s',
    async (code, reconnect) => {
      const { client, now, states, sockets } = await open();
      now().accepts();
      now().ends(code);
      expect(states.at(-1)?.status).toBe(reconnect === 'no' ? 'stopped' : 'waiting');
      await vi.advanceTimersByTimeAsync(100_000);
      expect(sockets.length > 1).toBe(reconnect !== 'no');
      if (reconnect === 'no')
        await expect(client.call('ping')).rejects.toMatchObject({ reason: 'refused', closeCode: code });
      client.close();
    },
  );
  it('of the close codes of a newer server, only 44xx are final', async () => {
    for (const [code, status] of [
      [4499, 'stopped'],
      [4500, 'waiting'],
      [3000, 'waiting'],
    ] as const) {
      const { client, now, states } = await open();
      now().ends(code);
      expect(states.at(-1)).toMatchObject({ status, because: { closeCode: code } });
      client.close();
    }
  });
  it('a refused key stops the client with the reason and the message of the server', async () => {
    const { client, now, sockets, states } = await open();
    const online = client.online();
    now().opens();
    now().refuses('initialize', 'unauthenticated');
    now().ends(4401);
    await expect(online).rejects.toMatchObject({
      reason: 'unauthenticated',
      message: 'A message.',
      requestId: 'r_1',
    });
    await vi.advanceTimersByTimeAsync(100_000);
    expect(sockets).toHaveLength(1);
    expect(states.map(({ status }) => status)).toEqual(['stopped']);
  });
  it('after a refusal for too many connections, the close code decides, and the client waits', async () => {
    const { client, now, states } = await open();
    now().opens();
    now().refuses('initialize', 'limit_exceeded');
    now().ends(4429);
    expect(states.at(-1)).toMatchObject({
      status: 'waiting',
      inMs: 30_500,
      because: { reason: 'limit_exceeded', closeCode: 4429 },
    });
    client.close();
  });
  it('a refusal without a close code takes effect after the time to be accepted', async () => {
    const { client, now, states } = await open();
    now().opens();
    now().refuses('initialize', 'invalid_params');
    await vi.advanceTimersByTimeAsync(10_000);
    expect(states.at(-1)).toMatchObject({ status: 'stopped', because: { reason: 'invalid_params' } });
    client.close();
  });
  it('the client tries again after a retryable refusal', async () => {
    const { client, now, states } = await open();
    now().opens();
    now().refuses('initialize', 'unavailable', true);
    now().ends(1001);
    expect(states.at(-1)).toMatchObject({ status: 'waiting', because: { reason: 'unavailable' } });
    client.close();
  });
  it('close while the client dials, waits or is online stops it permanently', async () => {
    for (const prepare of [
      () => undefined,
      (b: Awaited<ReturnType<typeof open>>) => b.now().ends(1006),
      (b: Awaited<ReturnType<typeof open>>) => b.now().accepts(),
    ]) {
      const opened = await open();
      prepare(opened);
      opened.client.close();
      opened.client.close();
      await vi.advanceTimersByTimeAsync(100_000);
      expect(opened.sockets).toHaveLength(1);
      expect(opened.states.filter((s) => s.status === 'stopped')).toMatchObject([
        { because: { reason: 'client_closed' } },
      ]);
      await expect(opened.client.call('ping')).rejects.toMatchObject({ reason: 'client_closed' });
      await expect(opened.client.online()).rejects.toMatchObject({ reason: 'client_closed' });
    }
  });
});
