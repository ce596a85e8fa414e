import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { DomainEvent } from '../../../src/control/port.ts';
import type { Client } from '../client.ts';
import { at, type Harness, startHarness, viewOf } from '../harness.ts';

let harness: Harness;
let client: Client;
beforeEach(async () => {
  harness = await startHarness();
  client = await harness.initialized();
});
afterEach(() => harness.stop());

const changed = (org: string, revision = 8): DomainEvent => ({
  type: 'session.updated',
  org,
  view: viewOf(org, { revision, state: 'retrying', liveness: null }),
  previousState: 'connected',
  cause: 'connection.closed',
  durable: true,
});
const qr = (text = 'a-secret-qr') =>
  ({ status: 'qr', pairingId: 'pair-1', qr: text, attempt: 1, expiresAt: at + 60_000 }) as const;
const types = (c = client) => c.events.map(({ type }) => type);

describe('subscribe', () => {
  it('answers first, with a snapshot, and then sends every event', async () => {
    const before = harness.feed.position();
    await client.send(
      JSON.stringify({
        jsonrpc: '2.0',
        id: 'sub',
        method: 'subscribe',
        params: { topics: ['sessions', 'pairing'] },
      }),
    );
    harness.stub.pairings.set('acme', qr());
    await client.frame((frame) => frame.method === 'event');
    expect(client.frames.findIndex((frame) => frame.id === 'sub')).toBeLessThan(
      client.frames.findIndex((frame) => frame.method),
    );
    const { result } = await client.frame((frame) => frame.id === 'sub');
    expect(result).toMatchObject({
      recovered: false,
      position: before,
      subscriptionId: expect.stringMatching(/^sub_/),
    });
    expect(result.snapshot.sessions.map((session: { orgId: string }) => session.orgId)).toEqual([
      'acme',
      'beta',
    ]);
    harness.feed.publish(changed('acme'));
    await client.caughtUp();
    expect(types()).toEqual(['pairing.updated', 'session.updated']);
  });
  it('sends each event as the registry declares it, numbered consecutively', async () => {
    await client.request('subscribe', { topics: ['sessions', 'pairing'] });
    const { seq, epoch } = harness.feed.position();
    const { org, view, previousState, cause, durable } = changed('acme') as Extract<
      DomainEvent,
      { type: 'session.updated' }
    >;
    const published: DomainEvent[] = [
      { type: 'session.created', org, view, previousState: null, cause, durable: false },
      { type: 'session.updated', org, view, previousState, cause, durable },
      { type: 'pairing.updated', org, update: qr() },
      {
        type: 'pairing.updated',
        org,
        update: { status: 'code', pairingId: 'p', code: 'ABCD1234', expiresAt: at },
      },
      {
        type: 'pairing.updated',
        org,
        update: {
          status: 'action_required',
          pairingId: 'p',
          action: 'passkey',
          detail: 'Look at the phone.',
        },
      },
      {
        type: 'pairing.updated',
        org,
        update: { status: 'expired', pairingId: 'p', reason: 'pairing_expired' },
      },
      { type: 'session.removed', org, revision: 9 },
      { type: 'server.draining', deadline: at + 10_000 },
    ];
    for (const event of published) harness.feed.publish(event);
    await client.caughtUp();
    expect(types()).toEqual(published.map(({ type }) => type));
    expect(client.events.map((event) => event.seq)).toEqual(published.map((_, n) => seq + 1 + n));
    expect(client.events.map((event) => event.orgId)).toEqual([
      'acme',
      'acme',
      'acme',
      'acme',
      'acme',
      'acme',
      'acme',
      null,
    ]);
    expect(new Set(client.events.map((event) => event.id)).size).toBe(published.length);
    expect(client.events[1].data).toMatchObject({
      session: { state: 'retrying' },
      previousState: 'connected',
      cause,
      durable: true,
    });
    expect(client.events[7].data).toEqual({ deadline: '2026-11-24T03:40:10.000Z' });
    expect(harness.feed.position()).toEqual({ epoch, seq: seq + published.length });
  });
  it('sends an event once, even if two subscriptions match', async () => {
    const first = await client.request('subscribe', { topics: ['sessions'] });
    const second = await client.request('subscribe', { topics: ['sessions', 'pairing'], orgs: ['acme'] });
    expect(second.subscriptionId).not.toBe(first.subscriptionId);
    harness.feed.publish(changed('acme'));
    await client.caughtUp();
    expect(types()).toEqual(['session.updated']);
  });
  it('sends only the events of the requested topics and organizations', async () => {
    const { snapshot } = await client.request('subscribe', {
      topics: ['sessions'],
      orgs: ['beta', 'not-yet-there'],
    });
    expect(snapshot.sessions.map((session: { orgId: string }) => session.orgId)).toEqual(['beta']);
    for (const org of ['acme', 'beta', 'not-yet-there']) harness.feed.publish(changed(org));
    harness.feed.publish({ type: 'pairing.updated', org: 'beta', update: qr() });
    await client.caughtUp();
    expect(client.events.map((event) => event.orgId)).toEqual(['beta', 'not-yet-there']);
  });
  it('sends nothing to a client that did not subscribe, not even server.draining', async () => {
    harness.feed.publish(changed('acme'));
    harness.feed.publish({ type: 'server.draining', deadline: at });
    await client.caughtUp();
    expect(types()).toEqual([]);
  });
  it('with topic pairing sends a QR that is still valid again, once', async () => {
    harness.stub.pairings.set('acme', qr());
    const { seq } = harness.feed.position();
    const { snapshot } = await client.request('subscribe', { topics: ['pairing'] });
    expect(snapshot.sessions).toEqual([]);
    await client.request('subscribe', { topics: ['pairing'], orgs: ['acme'] });
    await client.caughtUp();
    expect(client.events).toMatchObject([
      { type: 'pairing.updated', orgId: 'acme', seq, data: { qr: 'a-secret-qr' } },
    ]);
    expect(harness.feed.position().seq).toBe(seq);
  });
  it('is refused beyond sixteen, and unsubscribe makes room', async () => {
    const ids: string[] = [];
    for (let n = 0; n < 16; n += 1)
      ids.push((await client.request('subscribe', { topics: ['sessions'] })).subscriptionId);
    const error = await client.fails('subscribe', { topics: ['sessions'] });
    expect(error.data).toMatchObject({ reason: 'limit_exceeded', limit: 16 });
    await client.request('unsubscribe', { subscriptionId: ids[0] });
    await client.request('subscribe', { topics: ['sessions'] });
  });
});

describe('unsubscribe', () => {
  it('ends one subscription and is no error when there is none', async () => {
    const { subscriptionId } = await client.request('subscribe', { topics: ['sessions'] });
    await client.request('unsubscribe', { subscriptionId: 'sub_never' });
    harness.feed.publish(changed('acme', 8));
    await client.request('unsubscribe', { subscriptionId });
    await client.request('unsubscribe', { subscriptionId });
    harness.feed.publish(changed('acme', 9));
    await client.caughtUp();
    expect(client.events.map((event) => event.data.session.revision)).toEqual([8]);
  });
});
