/** The limits on requests, connections and wrong keys, over real sockets. */
import { connect } from 'node:net';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Client } from '../client.ts';
import { adminKey, type Harness, limitedKeys, startHarness } from '../harness.ts';

let harness: Harness;
afterEach(() => harness.stop());
const hello = (apiKey?: string) => ({
  protocolVersion: '1.0',
  client: { name: 't', version: '1' },
  ...(apiKey !== undefined && { apiKey }),
});
const bearer = (key: string) => ({ headers: { authorization: `Bearer ${key}` } });
const rpc = (key: string) =>
  fetch(`${harness.server.url}/v1/rpc`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'ping' }),
  });
const patience = { interval: 5, timeout: 30_000 };
/** Pings as fast as they can be sent; the answers in order. */
const storm = async (client: Client, times: number) => {
  const before = client.frames.length;
  for (let n = 0; n < times; n += 1)
    client.socket.send(JSON.stringify({ jsonrpc: '2.0', id: `s${n}`, method: 'ping' }));
  await vi.waitFor(() => expect(client.frames.length).toBeGreaterThanOrEqual(before + times), patience);
  return client.frames.slice(before);
};

describe('requests', () => {
  it('above the limit of a key are rate_limited over all its connections and HTTP; those of another key are not', async () => {
    const keys = limitedKeys({
      one: { scopes: ['admin'], orgs: '*' },
      two: { scopes: ['admin'], orgs: '*' },
    });
    // Refills more slowly than any machine is slow.
    harness = await startHarness({ keys, limits: { maxRequestsPer10Seconds: 1, requestBurst: 20 } });
    const [first, second, other] = [
      await harness.initialized('one'),
      await harness.initialized('one'),
      await harness.initialized('two'),
    ];
    expect((await storm(first, 20)).filter((frame) => frame.result)).toHaveLength(20);
    const error = await second.fails('session.list');
    expect(error).toMatchObject({ code: -32007, data: { reason: 'rate_limited', retryable: true } });
    expect(error.data.retryAfterMs).toBeGreaterThan(0);
    expect(error.data.retryAfterMs).toBeLessThanOrEqual(10_000);
    const answer = await rpc('one');
    expect(answer.status).toBe(200);
    expect(await answer.json()).toMatchObject({ id: 1, error: { code: -32007 } });
    await other.caughtUp();
    expect(harness.stub.commands).toEqual([]);
    // waiting as long as one was told is enough
    await vi.waitFor(
      async () => expect(((await (await rpc('one')).json()) as { result?: object }).result).toBeDefined(),
      {
        interval: 500,
        timeout: 30_000,
      },
    );
  });
  it('that are invalid count too', async () => {
    harness = await startHarness({ limits: { maxRequestsPer10Seconds: 1, requestBurst: 3 } });
    const client = await harness.initialized();
    for (let n = 0; n < 3; n += 1) await client.fails('no.such');
    expect((await client.fails('no.such')).data.reason).toBe('rate_limited');
  });
  it('far above the limit close the connection with 4429', async () => {
    harness = await startHarness({ limits: { maxRequestsPer10Seconds: 10, requestBurst: 10 } });
    const client = await harness.initialized();
    for (let n = 0; n < 300; n += 1)
      client.socket.send(JSON.stringify({ jsonrpc: '2.0', id: `f${n}`, method: 'ping' }));
    expect(await client.closed).toBe(4429);
    expect(client.frames.filter((frame) => frame.error).length).toBeLessThan(150);
  });
  it('before initialize are bounded too', async () => {
    harness = await startHarness();
    const client = await harness.connect().open();
    for (let n = 0; n < 300; n += 1)
      client.socket.send(JSON.stringify({ jsonrpc: '2.0', id: n, method: 'initialize', params: {} }));
    expect(await client.closed).toBe(4429);
  });
});

describe('connections', () => {
  it('with one key are bounded: 429 at the upgrade, or an error and 4429; one that closes makes room', async () => {
    harness = await startHarness({ limits: { maxConnectionsPerKey: 3 } });
    const open = [
      await harness.initialized(),
      await harness.initialized(),
      await harness.connect(bearer(adminKey)).open(),
    ];
    expect((await harness.connect(bearer(adminKey)).refused).status).toBe(429);
    const late = harness.connect();
    expect(await late.fails('initialize', hello(adminKey))).toMatchObject({
      data: { reason: 'limit_exceeded', limit: 3 },
    });
    expect(await late.closed).toBe(4429);
    open[2]?.socket.terminate();
    await vi.waitFor(() => expect(harness.connections()).toBe(2), patience);
    await (await harness.initialized()).caughtUp();
  });
  it('are bounded by address, and in all', async () => {
    harness = await startHarness({ limits: { maxConnectionsPerAddress: 2 } });
    const open = [await harness.connect().open(), await harness.connect().open()];
    const { status, body } = await harness.connect(bearer(adminKey)).refused;
    expect(status).toBe(429);
    expect(JSON.parse(body).error.code).toBe('too_many_connections');
    open[0]?.socket.close();
    await vi.waitFor(() => expect(harness.connections()).toBe(1), patience);
    await harness.connect().open();
    await harness.stop();
    harness = await startHarness({ maxConnections: 1 });
    await harness.connect().open();
    expect((await harness.connect(bearer(adminKey)).refused).status).toBe(503);
  });
  it('behind a proxy are counted by its X-Forwarded-For only if the proxy is trusted', async () => {
    const { parseRange } = await import('../../../src/base/addresses.ts');
    const proxy = parseRange('127.0.0.1');
    harness = await startHarness({
      limits: { maxConnectionsPerAddress: 1 },
      trustedProxies: proxy ? [proxy] : [],
    });
    const of = (client: string) => harness.connect({ headers: { 'x-forwarded-for': `6.6.6.6, ${client}` } });
    await of('192.0.2.1').open();
    await of('192.0.2.2').open();
    expect((await of('192.0.2.1').refused).status).toBe(429);
    await harness.stop();
    harness = await startHarness({ limits: { maxConnectionsPerAddress: 1 } });
    await of('192.0.2.1').open();
    expect((await of('192.0.2.2').refused).status).toBe(429);
  });
  it('without a key are bounded, and do not keep out clients with one', async () => {
    harness = await startHarness({ limits: { maxConnectionsPerAddress: 1_000 } });
    const unauthenticated = Array.from({ length: 50 }, () => harness.connect());
    for (const client of unauthenticated) await client.open();
    expect((await harness.connect().refused).status).toBe(503);
    const known = await harness.connect(bearer(adminKey)).open();
    await known.request('initialize', hello());
    await unauthenticated[0]?.request('initialize', hello(adminKey)); // who says who it is makes room
    await harness.connect().open();
  });
  it('that fail the upgrade or hang up early release their slot', async () => {
    harness = await startHarness({ limits: { maxConnectionsPerAddress: 1 } });
    const { port } = new URL(harness.server.url);
    for (let n = 0; n < 3; n += 1) {
      const peer = connect(Number(port), '127.0.0.1');
      peer.write(
        'GET /v1 HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: ' +
          'websocket\r\nSec-WebSocket-Version: 1\r\n\r\n',
      );
      const [answer] = await new Promise<[Buffer]>((resolve) =>
        peer.once('data', (data: Buffer) => resolve([data])),
      );
      expect(String(answer)).toMatch(/^HTTP\/1.1 4\d\d /);
      await new Promise((resolve) => peer.once('close', resolve).resume());
    }
    await vi.waitFor(async () => void (await harness.initialized()), { interval: 20, timeout: 10_000 });
  });
});

describe('wrong keys', () => {
  it('ten from one address cause 429 for further ones, at the upgrade and over HTTP, and not for a right one', async () => {
    harness = await startHarness();
    for (let n = 0; n < 9; n += 1)
      expect((await harness.connect(bearer(`wrong-${n}`)).refused).status).toBe(401);
    expect((await rpc('wrong-9')).status).toBe(401);
    const { status, body } = await harness.connect(bearer('wrong-10')).refused;
    expect(status).toBe(429);
    expect(JSON.parse(body).error.code).toBe('too_many_failures');
    const answer = await rpc('wrong-11');
    expect(answer.status).toBe(429);
    const retryAfter = Number(answer.headers.get('retry-after'));
    expect(retryAfter).toBeGreaterThan(500);
    expect(retryAfter).toBeLessThanOrEqual(600);
    // which has not been used before
    expect((await rpc(adminKey)).status).toBe(200);
    await harness.connect(bearer(adminKey)).open();
    await (await harness.initialized()).caughtUp();
  });
  it('do not make room for guessing: an address that waits has a few keys compared', async () => {
    harness = await startHarness();
    for (let n = 0; n < 10; n += 1) await rpc(`wrong-${n}`);
    const answers = await Promise.all(Array.from({ length: 300 }, (_, n) => rpc(`more-${n}`)));
    expect(answers.map(({ status }) => status)).toEqual(Array(300).fill(429));
    expect((await rpc(adminKey)).status).toBe(429); // its turn comes again within a second
    await vi.waitFor(async () => expect((await rpc(adminKey)).status).toBe(200), {
      interval: 2_000,
      timeout: 60_000,
    });
  });
  it('count in initialize too: the answer has the wait, then 4429; a right key is accepted', async () => {
    harness = await startHarness();
    const early = await harness.connect().open();
    for (let n = 0; n < 10; n += 1) {
      const client = harness.connect();
      expect((await client.fails('initialize', hello(`wrong-${n}`))).data.reason).toBe('unauthenticated');
      await client.closed;
    }
    const error = await early.fails('initialize', hello('wrong-10'));
    expect(error).toMatchObject({ code: -32007, data: { reason: 'rate_limited' } });
    expect(error.data.retryAfterMs).toBeGreaterThan(500_000);
    expect(await early.closed).toBe(4429);
    await (await harness.initialized()).caughtUp();
  });
  it('behind a trusted proxy count for the client that it names, with a port or not', async () => {
    const { parseRanges } = await import('../../../src/base/addresses.ts');
    harness = await startHarness({ trustedProxies: parseRanges(['127.0.0.1']) });
    const from = (client: string, key: string) =>
      fetch(`${harness.server.url}/v1/rpc`, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${key}`,
          'content-type': 'application/json',
          'x-forwarded-for': client,
        },
        body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'ping' }),
      });
    for (let n = 0; n < 11; n += 1) await from(`203.0.113.7:${50_000 + n}`, `wrong-${n}`);
    expect((await from('203.0.113.7:1', 'wrong')).status).toBe(429);
    expect((await from('198.51.100.9:40001', 'wrong')).status).toBe(401);
    expect((await from('198.51.100.9:40001', adminKey)).status).toBe(200);
  });
  it('one that is repeated is rejected, and other clients at that address are not', async () => {
    harness = await startHarness();
    for (let n = 0; n < 10; n += 1) await harness.connect(bearer('a-stale-key')).refused;
    expect((await harness.connect(bearer('a-stale-key')).refused).status).toBe(429);
    await (await harness.initialized()).caughtUp();
  });
});
