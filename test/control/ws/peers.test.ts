import { afterEach, describe, expect, it, vi } from 'vitest';
import { type Harness, startHarness, viewOf } from '../harness.ts';

let harness: Harness;
afterEach(() => harness.stop());
const pollMs = 5;
const patienceMs = 20_000;
const until = (check: () => void) => vi.waitFor(check, { interval: pollMs, timeout: patienceMs });
/** An event of about 100 KB, so that the buffers of the operating system fill soon. */
const large = { ...viewOf('acme'), account: { id: 'x', name: 'n'.repeat(100_000) } };

describe('a peer', () => {
  it('that answers no ping is terminated when the next ping is due', async () => {
    harness = await startHarness({ timings: { pingMs: 50 } });
    const client = await harness.initialized();
    client.socket.pause(); // neither reads nor answers pings
    await until(() => expect(harness.connections()).toBe(0));
  });
  it('that answers pings stays connected', async () => {
    harness = await startHarness({ timings: { pingMs: 20 } });
    const client = await harness.initialized();
    let pings = 0;
    client.socket.on('ping', () => {
      pings += 1;
    });
    await until(() => expect(pings).toBeGreaterThan(5));
    await client.caughtUp();
    expect(harness.connections()).toBe(1);
  });
  it('receives heartbeats with the time and the position of the feed, once it has initialized', async () => {
    harness = await startHarness({ timings: { heartbeatMs: 20 } });
    const uninitialized = await harness.connect().open();
    const client = await harness.initialized();
    const { params } = await client.heartbeat();
    expect(params).toEqual({ time: '2026-11-24T03:40:00.000Z', position: harness.feed.position() });
    expect(uninitialized.frames).toEqual([]);
  });
  it('that does not read its events is closed with 4508, and other peers are not', async () => {
    harness = await startHarness({ limits: { maxOutboundBytes: 256 * 1024 }, timings: { closeMs: 50 } });
    const [slow, quick] = [await harness.initialized(), await harness.initialized()];
    await slow.request('subscribe', { topics: ['sessions'] });
    await quick.request('subscribe', { topics: ['sessions'] });
    slow.socket.pause();
    const isCut = () => harness.logged.some(({ fields }) => fields.closeCode === 4508);
    let published = 0;
    for (; published < 1_000 && !isCut(); published += 1) {
      const cause = 'connection.opened';
      harness.feed.publish({
        type: 'session.updated',
        org: 'acme',
        view: large,
        previousState: null,
        cause,
        durable: true,
      });
      // So the loop turns.
      await until(() => expect(quick.frames.filter((frame) => frame.method).length).toBe(published + 1));
    }
    expect(isCut()).toBe(true);
    await until(() => expect(harness.connections()).toBe(1));
    await quick.caughtUp();
  });
  it('that leaves even a few bytes unread for too long is closed with 4508', async () => {
    harness = await startHarness({
      limits: { maxUndrainedMs: 500, maxOutboundBytes: 1e9 },
      timings: { closeMs: 50 },
    });
    const [slow, quick] = [await harness.initialized(), await harness.initialized()];
    for (const client of [slow, quick]) await client.request('subscribe', { topics: ['sessions'] });
    slow.socket.pause();
    const isCut = () => harness.logged.filter(({ fields }) => fields.closeCode === 4508).length;
    for (let n = 1; n <= 100; n += 1) {
      harness.feed.publish({
        type: 'session.updated',
        org: 'acme',
        view: large,
        previousState: null,
        cause: 'x',
        durable: true,
      });
      await until(() => expect(quick.frames.length).toBeGreaterThan(n));
    }
    await until(() => expect(harness.connections()).toBe(1));
    expect(isCut()).toBe(1);
    await quick.caughtUp();
    expect(quick.events.length).toBe(100);
  });
  it('that keeps reading stays connected, however long bytes wait for it', async () => {
    harness = await startHarness({ limits: { maxUndrainedMs: 40 } });
    const client = await harness.initialized();
    await client.request('subscribe', { topics: ['sessions'] });
    for (let n = 0; n < 60; n += 1) {
      for (let m = 0; m < 5; m += 1)
        harness.feed.publish({
          type: 'session.updated',
          org: 'acme',
          view: large,
          previousState: null,
          cause: 'x',
          durable: true,
        });
      await until(() => expect(client.frames.length).toBeGreaterThan(5 * n)); // never more than 1 MB waits
    }
    await client.caughtUp();
    expect(client.events.length).toBe(300);
  });
  it('that has been connected for maxConnectionMs is closed with 1012', async () => {
    harness = await startHarness({ limits: { maxConnectionMs: 1_000 } });
    const client = await harness.initialized();
    expect(await client.closed).toBe(1012);
    expect((await (await harness.initialized()).request('ping')).time).toBeTypeOf('string');
  });
  it('receives a snapshot far above the bound on waiting bytes, also when it reads late', async () => {
    const account = { id: 'x', name: 'n'.repeat(10_000) };
    harness = await startHarness(
      {},
      // 30 MB: no system buffers that much.
      Array.from({ length: 3_000 }, (_, n) => viewOf(`org-${n}`, { account })),
    );
    const client = await harness.initialized();
    client.socket.pause();
    await client.send(
      JSON.stringify({ jsonrpc: '2.0', id: 's', method: 'subscribe', params: { topics: ['sessions'] } }),
    );
    await (await harness.initialized()).caughtUp(); // by now the snapshot is on its way
    harness.feed.publish({ type: 'session.removed', org: 'org-1', revision: 9 });
    client.socket.resume();
    const { result } = await client.frame((frame) => frame.id === 's');
    expect(result.snapshot.sessions.length).toBe(3_000);
    await client.caughtUp();
    expect(client.events).toMatchObject([{ type: 'session.removed' }]);
  });
  it('that requests snapshots and never reads them is closed', async () => {
    harness = await startHarness(
      { timings: { closeMs: 50 } },
      Array.from({ length: 8_000 }, (_, n) => viewOf(`org-${n}`)),
    );
    const client = await harness.initialized();
    client.socket.pause();
    for (let n = 0; n < 16; n += 1) {
      await client.send(
        JSON.stringify({ jsonrpc: '2.0', id: n, method: 'subscribe', params: { topics: ['sessions'] } }),
      );
    }
    await until(() => expect(harness.connections()).toBe(0));
    expect(harness.logged.map(({ fields }) => fields.closeCode)).toContain(4508);
  });
});

describe('closing the server', () => {
  it('publishes server.draining once, then closes every client with 1001', async () => {
    harness = await startHarness();
    const [subscriber, other, client] = [
      await harness.initialized(),
      await harness.initialized(),
      await harness.connect().open(),
    ];
    await subscriber.request('subscribe', { topics: ['sessions'] });
    harness.feed.publish({ type: 'server.draining', deadline: 1_795_491_610_000 });
    await Promise.all([harness.server.close(), harness.server.close()]);
    expect(await Promise.all([subscriber.closed, other.closed, client.closed])).toEqual([1001, 1001, 1001]);
    expect(subscriber.events.map(({ type }) => type)).toEqual(['server.draining']);
    expect(other.events).toEqual([]);
  });
  it('publishes server.draining itself when drain was not called', async () => {
    harness = await startHarness();
    const client = await harness.initialized();
    await client.request('subscribe', { topics: ['pairing'] });
    await harness.server.close();
    await client.closed;
    expect(client.events).toMatchObject([
      { type: 'server.draining', data: { deadline: '2026-11-24T03:40:05.000Z' } },
    ]);
  });
  it('answers requests in flight, and refuses new commands and clients meanwhile', async () => {
    harness = await startHarness();
    let release = () => {};
    harness.stub.answer = (org) =>
      new Promise((resolve) => {
        release = () => resolve({ ok: true, session: viewOf(org), changed: true, durable: true });
      });
    const client = await harness.initialized();
    await client.request('subscribe', { topics: ['sessions'] });
    const pending = client.request('session.stop', { orgId: 'acme' });
    await until(() => expect(harness.stub.commands.length).toBe(1));
    harness.stub.draining = true; // as the program does before it closes
    const closed = harness.server.close();
    expect(await client.fails('session.stop', { orgId: 'beta' })).toMatchObject({
      code: -32009,
      data: { retryable: true },
    });
    expect(client.events).toMatchObject([{ type: 'server.draining' }]);
    expect(client.socket.readyState).toBe(client.socket.OPEN);
    expect(await harness.connect().refused).toMatchObject({ status: 503 });
    // It is the program that says it is not ready.
    expect((await fetch(`${harness.server.url}/readyz`)).status).toBe(200);
    release();
    expect((await pending).changed).toBe(true);
    await closed;
    expect(await client.closed).toBe(1001);
    await expect(fetch(`${harness.server.url}/livez`)).rejects.toThrow();
  });
  it('waits at most drainMs for a request that is never answered', async () => {
    harness = await startHarness({ timings: { drainMs: 50 } });
    harness.stub.answer = () => new Promise(() => {});
    const client = await harness.initialized();
    await client.send(
      JSON.stringify({ jsonrpc: '2.0', id: 's', method: 'session.stop', params: { orgId: 'acme' } }),
    );
    await until(() => expect(harness.stub.commands.length).toBe(1));
    await harness.server.close();
    expect(await client.closed).toBe(1001);
  });
  it('cuts clients that do not hang up', async () => {
    harness = await startHarness({ timings: { closeMs: 50 } });
    const client = await harness.initialized();
    client.socket.pause();
    await harness.server.close();
    expect(harness.connections()).toBe(0);
  });
  it('resolves at the same end when it is called again', async () => {
    harness = await startHarness({ timings: { closeMs: 100 } });
    const client = await harness.initialized();
    client.socket.pause();
    void harness.server.close();
    await harness.server.close();
    expect(harness.connections()).toBe(0);
  });
  it('accepts no client any more', async () => {
    harness = await startHarness();
    const { url } = harness.server;
    await harness.server.close();
    await expect(fetch(`${url}/livez`)).rejects.toThrow();
  });
});
