/**
 * Resuming from a position, over a real socket: a client gets every event that it missed, or a snapshot that
 * is marked as one.
 */
import { afterEach, describe, expect, it } from 'vitest';
import { replayBounds } from '../../../src/control/bounds.ts';
import { createFeed } from '../../../src/control/feed/feed.ts';
import type { DomainEvent } from '../../../src/control/port.ts';
import { at, type Harness, limitedKeys, startHarness, viewOf } from '../harness.ts';

let harness: Harness;
afterEach(() => harness.stop());
const changed = (org: string, revision: number): DomainEvent => ({
  type: 'session.updated',
  org,
  view: viewOf(org, { revision }),
  previousState: 'connected',
  cause: 'connection.closed',
  durable: true,
});
const publish = (...orgs: string[]) => {
  for (const [n, org] of orgs.entries()) harness.feed.publish(changed(org, n));
};
const topics = ['sessions', 'pairing'];

describe('a subscriber', () => {
  it('without a position starts with a snapshot', async () => {
    harness = await startHarness();
    publish('acme');
    const result = await (await harness.initialized()).request('subscribe', { topics });
    expect(result).toMatchObject({
      recovered: false,
      position: harness.feed.position(),
      snapshot: { sessions: [{}, {}] },
    });
  });
  it('with a position in the buffer gets all missed events and no snapshot, then a heartbeat, then new events', async () => {
    harness = await startHarness();
    publish('acme', 'beta');
    const since = harness.feed.position();
    publish('beta', 'acme', 'beta');
    const client = await harness.initialized();
    const result = await client.request('subscribe', { topics, since });
    expect(result).toMatchObject({ recovered: true, snapshot: null, position: harness.feed.position() });
    publish('acme');
    await client.caughtUp();
    expect(client.events.map(({ orgId, seq }) => [orgId, seq])).toEqual([
      ['beta', 3],
      ['acme', 4],
      ['beta', 5],
      ['acme', 6],
    ]);
    const order = client.frames.map(
      (frame) => frame.method ?? (frame.result?.recovered === undefined ? 'other' : 'answer'),
    );
    expect(order.filter((kind) => kind !== 'other')).toEqual([
      'answer',
      'event',
      'event',
      'event',
      'heartbeat',
      'event',
    ]);
    expect((await client.heartbeat()).params.position).toEqual(result.position);
  });
  it('that missed nothing is recovered without an event', async () => {
    harness = await startHarness();
    publish('acme');
    const client = await harness.initialized();
    const result = await client.request('subscribe', { topics, since: harness.feed.position() });
    expect(result).toMatchObject({ recovered: true, snapshot: null });
    await client.caughtUp();
    expect(client.events).toEqual([]);
  });
  it('from position 0 misses nothing either', async () => {
    harness = await startHarness();
    const since = harness.feed.position();
    publish('acme');
    const client = await harness.initialized();
    expect(since.seq).toBe(0);
    expect((await client.request('subscribe', { topics, since })).recovered).toBe(true);
    await client.caughtUp();
    expect(client.events.length).toBe(1);
  });
  it.each([
    ['of another process', () => ({ ...harness.feed.position(), epoch: 'another' })],
    ['of the future', () => ({ ...harness.feed.position(), seq: harness.feed.position().seq + 1 })],
    ['too old, by one event', () => ({ ...harness.feed.position(), seq: 1 })],
  ])('with a position %s gets a snapshot that is marked as one, and no replay', async (_, since) => {
    harness = await startHarness({
      feed: createFeed({ now: () => at, replay: { ...replayBounds, maxEvents: 3 } }),
    });
    publish('acme', 'acme', 'acme', 'acme', 'acme');
    const client = await harness.initialized();
    const result = await client.request('subscribe', { topics, since: since() });
    expect(result).toMatchObject({
      recovered: false,
      position: harness.feed.position(),
      snapshot: { sessions: [{}, {}] },
    });
    await client.caughtUp();
    expect(client.events).toEqual([]);
  });
  it('never gets an earlier QR or code, only the one that is valid now', async () => {
    harness = await startHarness();
    const since = harness.feed.position();
    const qr = (text: string) =>
      ({ status: 'qr', pairingId: 'p', qr: text, attempt: 1, expiresAt: at + 60_000 }) as const;
    harness.feed.publish({ type: 'pairing.updated', org: 'acme', update: qr('stale') });
    harness.feed.publish({
      type: 'pairing.updated',
      org: 'beta',
      update: { status: 'code', pairingId: 'q', code: 'STALE123', expiresAt: at },
    });
    harness.feed.publish({
      type: 'pairing.updated',
      org: 'beta',
      update: { status: 'completed', pairingId: 'q', reason: null },
    });
    harness.stub.pairings.set('acme', qr('fresh'));
    const client = await harness.initialized();
    expect((await client.request('subscribe', { topics, since })).recovered).toBe(true);
    await client.caughtUp();
    expect(client.events.map(({ data }) => data.qr ?? data.status)).toEqual(['completed', 'fresh']);
    expect(JSON.stringify(client.frames)).not.toMatch(/stale/i);
  });
  it('gets the missed events that it asks for and that its key may see now', async () => {
    const keys = limitedKeys({
      everything: { scopes: ['admin'], orgs: '*' },
      one: { scopes: ['sessions:read', 'sessions:pair'], orgs: ['acme'] },
      reader: { scopes: ['sessions:read'], orgs: '*' },
    });
    harness = await startHarness({ keys });
    const since = harness.feed.position();
    publish('acme', 'beta');
    harness.feed.publish({
      type: 'pairing.updated',
      org: 'acme',
      update: { status: 'completed', pairingId: 'p', reason: null },
    });
    const seen = async (key: string, params: object) => {
      const client = await harness.initialized(key);
      expect((await client.request('subscribe', { since, ...params })).recovered).toBe(true);
      await client.caughtUp();
      return client.events.map(({ orgId, type }) => `${orgId} ${type}`);
    };
    expect(await seen('everything', { topics })).toEqual([
      'acme session.updated',
      'beta session.updated',
      'acme pairing.updated',
    ]);
    expect(await seen('everything', { topics: ['sessions'], orgs: ['beta'] })).toEqual([
      'beta session.updated',
    ]);
    expect(await seen('one', { topics })).toEqual(['acme session.updated', 'acme pairing.updated']);
    expect(await seen('reader', { topics: ['sessions'] })).toEqual([
      'acme session.updated',
      'beta session.updated',
    ]);
  });
  it('with two subscriptions gets a missed event once', async () => {
    harness = await startHarness();
    const since = harness.feed.position();
    publish('acme');
    const client = await harness.initialized();
    await client.request('subscribe', { topics: ['sessions'], orgs: ['acme'] });
    publish('acme', 'beta');
    await client.request('subscribe', { topics: ['sessions'], since });
    await client.caughtUp();
    // the first of acme came before its subscription, the second it had already
    expect(client.events.map(({ orgId, seq }) => `${orgId} ${seq}`)).toEqual(['acme 2', 'acme 1', 'beta 3']);
  });
  it('gets a replay above the bound on waiting bytes', async () => {
    harness = await startHarness({ limits: { maxOutboundBytes: 10_000 } });
    const since = harness.feed.position();
    publish(...Array.from({ length: 2_000 }, () => 'acme'));
    const client = await harness.initialized();
    client.socket.pause();
    await client.send(
      JSON.stringify({ jsonrpc: '2.0', id: 's', method: 'subscribe', params: { topics, since } }),
    );
    await (await harness.initialized()).caughtUp();
    client.socket.resume();
    await client.caughtUp();
    expect(client.events.map(({ seq }) => seq)).toEqual(Array.from({ length: 2_000 }, (_, n) => n + 1));
  });
});
