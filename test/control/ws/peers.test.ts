import { afterEach, describe, expect, it, vi } from 'vitest';
import { type Stage, startStage, viewOf } from '../harness.ts';

let stage: Stage;
afterEach(() => stage.stop());
const pollMs = 5;
const patienceMs = 20_000;
const until = (check: () => void) => vi.waitFor(check, { interval: pollMs, timeout: patienceMs });
/** An event of about 100 KB, so that the buffers of the operating system fill soon. */
const large = { ...viewOf('acme'), account: { id: 'x', name: 'n'.repeat(100_000) } };

describe('a peer', () => {
  it('that is silent is cut off when the next ping is due', async () => {
    stage = await startStage({ timings: { pingMs: 50 } });
    const client = await stage.enter();
    client.socket.pause(); // neither reads nor answers pings
    await until(() => expect(stage.connections()).toBe(0));
  });
  it('that answers pings stays', async () => {
    stage = await startStage({ timings: { pingMs: 20 } });
    const client = await stage.enter();
    let pings = 0;
    client.socket.on('ping', () => {
      pings += 1;
    });
    await until(() => expect(pings).toBeGreaterThan(5));
    await client.caughtUp();
    expect(stage.connections()).toBe(1);
  });
  it('hears a heartbeat with the time and where the feed stands, but only once it is known', async () => {
    stage = await startStage({ timings: { heartbeatMs: 20 } });
    const stranger = await stage.knock().open();
    const client = await stage.enter();
    const { params } = await client.heartbeat();
    expect(params).toEqual({ time: '2026-11-24T03:40:00.000Z', position: stage.feed.position() });
    expect(stranger.frames).toEqual([]);
  });
  it('that does not read what it subscribed to is cut off with 4508, and the others are not', async () => {
    stage = await startStage({ limits: { maxOutboundBytes: 256 * 1024 }, timings: { closeMs: 50 } });
    const [slow, quick] = [await stage.enter(), await stage.enter()];
    await slow.request('subscribe', { topics: ['sessions'] });
    await quick.request('subscribe', { topics: ['sessions'] });
    slow.socket.pause();
    const isCut = () => stage.logged.some(({ fields }) => fields.closeCode === 4508);
    let published = 0;
    for (; published < 1_000 && !isCut(); published += 1) {
      const cause = 'connection.opened';
      stage.feed.publish({ type: 'session.updated', org: 'acme', view: large, previousState: null, cause, durable: true });
      await until(() => expect(quick.frames.filter((frame) => frame.method).length).toBe(published + 1)); // so the loop turns
    }
    expect(isCut()).toBe(true);
    await until(() => expect(stage.connections()).toBe(1));
    await quick.caughtUp();
  });
  it('that leaves even a little unread for too long is cut off with 4508', async () => {
    stage = await startStage({ limits: { maxUndrainedMs: 500, maxOutboundBytes: 1e9 }, timings: { closeMs: 50 } });
    const [slow, quick] = [await stage.enter(), await stage.enter()];
    for (const client of [slow, quick]) await client.request('subscribe', { topics: ['sessions'] });
    slow.socket.pause();
    const isCut = () => stage.logged.filter(({ fields }) => fields.closeCode === 4508).length;
    for (let n = 1; n <= 100; n += 1) {
      stage.feed.publish({ type: 'session.updated', org: 'acme', view: large, previousState: null, cause: 'x', durable: true });
      await until(() => expect(quick.frames.length).toBeGreaterThan(n));
    }
    await until(() => expect(stage.connections()).toBe(1));
    expect(isCut()).toBe(1);
    await quick.caughtUp();
    expect(quick.events.length).toBe(100);
  });
  it('that keeps reading is not cut off, however long something waits for it', async () => {
    stage = await startStage({ limits: { maxUndrainedMs: 40 } });
    const client = await stage.enter();
    await client.request('subscribe', { topics: ['sessions'] });
    for (let n = 0; n < 60; n += 1) {
      for (let m = 0; m < 5; m += 1)
        stage.feed.publish({ type: 'session.updated', org: 'acme', view: large, previousState: null, cause: 'x', durable: true });
      await until(() => expect(client.frames.length).toBeGreaterThan(5 * n)); // never more than 1 MB waits
    }
    await client.caughtUp();
    expect(client.events.length).toBe(300);
  });
  it('that has been connected for as long as one may is closed with 1012', async () => {
    stage = await startStage({ limits: { maxConnectionMs: 1_000 } });
    const client = await stage.enter();
    expect(await client.closed).toBe(1012);
    expect((await (await stage.enter()).request('ping')).time).toBeTypeOf('string');
  });
  it('gets a snapshot that is much larger than what may wait, also when it reads late', async () => {
    const account = { id: 'x', name: 'n'.repeat(10_000) };
    stage = await startStage(
      {},
      Array.from({ length: 3_000 }, (_, n) => viewOf(`org-${n}`, { account })), // 30 MB: no system buffers that much
    );
    const client = await stage.enter();
    client.socket.pause();
    await client.say(JSON.stringify({ jsonrpc: '2.0', id: 's', method: 'subscribe', params: { topics: ['sessions'] } }));
    await (await stage.enter()).caughtUp(); // by now the snapshot is on its way
    stage.feed.publish({ type: 'session.removed', org: 'org-1', revision: 9 });
    client.socket.resume();
    const { result } = await client.frame((frame) => frame.id === 's');
    expect(result.snapshot.sessions.length).toBe(3_000);
    await client.caughtUp();
    expect(client.events).toMatchObject([{ type: 'session.removed' }]);
  });
  it('that asks for snapshots and never reads them is cut off all the same', async () => {
    stage = await startStage(
      { timings: { closeMs: 50 } },
      Array.from({ length: 8_000 }, (_, n) => viewOf(`org-${n}`)),
    );
    const client = await stage.enter();
    client.socket.pause();
    for (let n = 0; n < 16; n += 1) {
      await client.say(JSON.stringify({ jsonrpc: '2.0', id: n, method: 'subscribe', params: { topics: ['sessions'] } }));
    }
    await until(() => expect(stage.connections()).toBe(0));
    expect(stage.logged.map(({ fields }) => fields.closeCode)).toContain(4508);
  });
});

describe('closing the server', () => {
  it('says so to subscribers once, then closes everyone with 1001', async () => {
    stage = await startStage();
    const [subscriber, other, stranger] = [await stage.enter(), await stage.enter(), await stage.knock().open()];
    await subscriber.request('subscribe', { topics: ['sessions'] });
    stage.feed.publish({ type: 'server.draining', deadline: 1_795_491_610_000 });
    await Promise.all([stage.server.close(), stage.server.close()]);
    expect(await Promise.all([subscriber.closed, other.closed, stranger.closed])).toEqual([1001, 1001, 1001]);
    expect(subscriber.events.map(({ type }) => type)).toEqual(['server.draining']);
    expect(other.events).toEqual([]);
  });
  it('announces it by itself when nobody did', async () => {
    stage = await startStage();
    const client = await stage.enter();
    await client.request('subscribe', { topics: ['pairing'] });
    await stage.server.close();
    await client.closed;
    expect(client.events).toMatchObject([{ type: 'server.draining', data: { deadline: '2026-11-24T03:40:05.000Z' } }]);
  });
  it('lets what is in flight be answered, refuses new commands meanwhile, and takes nobody in', async () => {
    stage = await startStage();
    let release = () => {};
    stage.world.answer = (org) =>
      new Promise((resolve) => {
        release = () => resolve({ ok: true, session: viewOf(org), changed: true, durable: true });
      });
    const client = await stage.enter();
    await client.request('subscribe', { topics: ['sessions'] });
    const pending = client.request('session.stop', { orgId: 'acme' });
    await until(() => expect(stage.world.asked.length).toBe(1));
    stage.world.draining = true; // as the program does before it closes
    const closed = stage.server.close();
    expect(await client.fails('session.stop', { orgId: 'beta' })).toMatchObject({ code: -32009, data: { retryable: true } });
    expect(client.events).toMatchObject([{ type: 'server.draining' }]);
    expect(client.socket.readyState).toBe(client.socket.OPEN);
    expect(await stage.knock().refused).toMatchObject({ status: 503 });
    expect((await fetch(`${stage.server.url}/readyz`)).status).toBe(200); // it is the program that says it is not ready
    release();
    expect((await pending).changed).toBe(true);
    await closed;
    expect(await client.closed).toBe(1001);
    await expect(fetch(`${stage.server.url}/livez`)).rejects.toThrow();
  });
  it('does not wait longer than it said for what is never answered', async () => {
    stage = await startStage({ timings: { drainMs: 50 } });
    stage.world.answer = () => new Promise(() => {});
    const client = await stage.enter();
    await client.say(JSON.stringify({ jsonrpc: '2.0', id: 's', method: 'session.stop', params: { orgId: 'acme' } }));
    await until(() => expect(stage.world.asked.length).toBe(1));
    await stage.server.close();
    expect(await client.closed).toBe(1001);
  });
  it('does not wait for those who do not hang up', async () => {
    stage = await startStage({ timings: { closeMs: 50 } });
    const client = await stage.enter();
    client.socket.pause();
    await stage.server.close();
    expect(stage.connections()).toBe(0);
  });
  it('waits with every call, also the second', async () => {
    stage = await startStage({ timings: { closeMs: 100 } });
    const client = await stage.enter();
    client.socket.pause();
    void stage.server.close();
    await stage.server.close();
    expect(stage.connections()).toBe(0);
  });
  it('takes nobody in any more', async () => {
    stage = await startStage();
    const { url } = stage.server;
    await stage.server.close();
    await expect(fetch(`${url}/livez`)).rejects.toThrow();
  });
});
