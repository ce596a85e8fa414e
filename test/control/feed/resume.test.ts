/** Coming back with a bookmark, over a real socket: everything that was missed, or a snapshot and the news that it is one. */
import { afterEach, describe, expect, it } from 'vitest';
import { replayBounds } from '../../../src/control/bounds.ts';
import { createFeed } from '../../../src/control/feed/feed.ts';
import type { DomainEvent } from '../../../src/control/port.ts';
import { at, limitedKeys, type Stage, startStage, viewOf } from '../harness.ts';

let stage: Stage;
afterEach(() => stage.stop());
const changed = (org: string, revision: number): DomainEvent => ({
  type: 'session.updated',
  org,
  view: viewOf(org, { revision }),
  previousState: 'connected',
  cause: 'connection.closed',
  durable: true,
});
const publish = (...orgs: string[]) => {
  for (const [n, org] of orgs.entries()) stage.feed.publish(changed(org, n));
};
const topics = ['sessions', 'pairing'];

describe('a subscriber', () => {
  it('without a position starts fresh: a snapshot', async () => {
    stage = await startStage();
    publish('acme');
    const result = await (await stage.enter()).request('subscribe', { topics });
    expect(result).toMatchObject({ recovered: false, position: stage.feed.position(), snapshot: { sessions: [{}, {}] } });
  });
  it('with a position that is held gets all it missed and no snapshot, then a heartbeat, then what is new', async () => {
    stage = await startStage();
    publish('acme', 'beta');
    const since = stage.feed.position();
    publish('beta', 'acme', 'beta');
    const client = await stage.enter();
    const result = await client.request('subscribe', { topics, since });
    expect(result).toMatchObject({ recovered: true, snapshot: null, position: stage.feed.position() });
    publish('acme');
    await client.caughtUp();
    expect(client.events.map(({ orgId, seq }) => [orgId, seq])).toEqual([
      ['beta', 3],
      ['acme', 4],
      ['beta', 5],
      ['acme', 6],
    ]);
    const order = client.frames.map((frame) => frame.method ?? (frame.result?.recovered === undefined ? 'other' : 'answer'));
    expect(order.filter((kind) => kind !== 'other')).toEqual(['answer', 'event', 'event', 'event', 'heartbeat', 'event']);
    expect((await client.heartbeat()).params.position).toEqual(result.position);
  });
  it('that missed nothing is told so', async () => {
    stage = await startStage();
    publish('acme');
    const client = await stage.enter();
    const result = await client.request('subscribe', { topics, since: stage.feed.position() });
    expect(result).toMatchObject({ recovered: true, snapshot: null });
    await client.caughtUp();
    expect(client.events).toEqual([]);
  });
  it('of the very beginning misses nothing either', async () => {
    stage = await startStage();
    const since = stage.feed.position();
    publish('acme');
    const client = await stage.enter();
    expect(since.seq).toBe(0);
    expect((await client.request('subscribe', { topics, since })).recovered).toBe(true);
    await client.caughtUp();
    expect(client.events.length).toBe(1);
  });
  it.each([
    ['of another process', () => ({ ...stage.feed.position(), epoch: 'another' })],
    ['of the future', () => ({ ...stage.feed.position(), seq: stage.feed.position().seq + 1 })],
    ['too old, by one event', () => ({ ...stage.feed.position(), seq: 1 })],
  ])('with a position %s gets a snapshot, is told so, and nothing is replayed', async (_, since) => {
    stage = await startStage({ feed: createFeed({ now: () => at, replay: { ...replayBounds, maxEvents: 3 } }) });
    publish('acme', 'acme', 'acme', 'acme', 'acme');
    const client = await stage.enter();
    const result = await client.request('subscribe', { topics, since: since() });
    expect(result).toMatchObject({ recovered: false, position: stage.feed.position(), snapshot: { sessions: [{}, {}] } });
    await client.caughtUp();
    expect(client.events).toEqual([]);
  });
  it('never gets a QR or a code from before, but the one that is valid now', async () => {
    stage = await startStage();
    const since = stage.feed.position();
    const qr = (text: string) => ({ status: 'qr', pairingId: 'p', qr: text, attempt: 1, expiresAt: at + 60_000 }) as const;
    stage.feed.publish({ type: 'pairing.updated', org: 'acme', update: qr('stale') });
    stage.feed.publish({
      type: 'pairing.updated',
      org: 'beta',
      update: { status: 'code', pairingId: 'q', code: 'STALE123', expiresAt: at },
    });
    stage.feed.publish({ type: 'pairing.updated', org: 'beta', update: { status: 'completed', pairingId: 'q', reason: null } });
    stage.world.pairings.set('acme', qr('fresh'));
    const client = await stage.enter();
    expect((await client.request('subscribe', { topics, since })).recovered).toBe(true);
    await client.caughtUp();
    expect(client.events.map(({ data }) => data.qr ?? data.status)).toEqual(['completed', 'fresh']);
    expect(JSON.stringify(client.frames)).not.toMatch(/stale/i);
  });
  it('gets of the gap only what it asks for and its key may see now', async () => {
    const keys = limitedKeys({
      everything: { scopes: ['admin'], orgs: '*' },
      one: { scopes: ['sessions:read', 'sessions:pair'], orgs: ['acme'] },
      reader: { scopes: ['sessions:read'], orgs: '*' },
    });
    stage = await startStage({ keys });
    const since = stage.feed.position();
    publish('acme', 'beta');
    stage.feed.publish({ type: 'pairing.updated', org: 'acme', update: { status: 'completed', pairingId: 'p', reason: null } });
    const seen = async (key: string, params: object) => {
      const client = await stage.enter(key);
      expect((await client.request('subscribe', { since, ...params })).recovered).toBe(true);
      await client.caughtUp();
      return client.events.map(({ orgId, type }) => `${orgId} ${type}`);
    };
    expect(await seen('everything', { topics })).toEqual(['acme session.updated', 'beta session.updated', 'acme pairing.updated']);
    expect(await seen('everything', { topics: ['sessions'], orgs: ['beta'] })).toEqual(['beta session.updated']);
    expect(await seen('one', { topics })).toEqual(['acme session.updated', 'acme pairing.updated']);
    expect(await seen('reader', { topics: ['sessions'] })).toEqual(['acme session.updated', 'beta session.updated']);
  });
  it('with two subscriptions gets an event of the gap once', async () => {
    stage = await startStage();
    const since = stage.feed.position();
    publish('acme');
    const client = await stage.enter();
    await client.request('subscribe', { topics: ['sessions'], orgs: ['acme'] });
    publish('acme', 'beta');
    await client.request('subscribe', { topics: ['sessions'], since });
    await client.caughtUp();
    // the first of acme came before its subscription, the second it had already
    expect(client.events.map(({ orgId, seq }) => `${orgId} ${seq}`)).toEqual(['acme 2', 'acme 1', 'beta 3']);
  });
  it('that missed more than may wait unsent gets it all the same', async () => {
    stage = await startStage({ limits: { maxOutboundBytes: 10_000 } });
    const since = stage.feed.position();
    publish(...Array.from({ length: 2_000 }, () => 'acme'));
    const client = await stage.enter();
    client.socket.pause();
    await client.say(JSON.stringify({ jsonrpc: '2.0', id: 's', method: 'subscribe', params: { topics, since } }));
    await (await stage.enter()).caughtUp();
    client.socket.resume();
    await client.caughtUp();
    expect(client.events.map(({ seq }) => seq)).toEqual(Array.from({ length: 2_000 }, (_, n) => n + 1));
  });
});
