/**
 * The client with the real control API, over the WebSocket of this Node: its own where it has one, otherwise
 * `ws`.
 */
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type Client, type ClientOptions, connect, type Update } from '../../src/client/client.ts';
import { createFeed } from '../../src/control/feed/feed.ts';
import type { DomainEvent } from '../../src/control/port.ts';
import { adminKey, at, type Harness, limitedKeys, startHarness, viewOf } from '../control/harness.ts';
import { until } from '../support/until.ts';
import { openNetwork } from './network.ts';

let harness: Harness;
const clients: Client[] = [];
beforeEach(async () => {
  harness = await startHarness();
});
afterEach(async () => {
  for (const client of clients.splice(0)) client.close();
  await harness.stop();
});
const connectTo = (options: Partial<ClientOptions> = {}) => {
  const client = connect({ url: harness.server.url, apiKey: adminKey, random: () => 0, ...options });
  clients.push(client);
  return client;
};
const changed = (org: string, revision: number): DomainEvent => ({
  type: 'session.updated',
  org,
  view: viewOf(org, { revision, state: 'retrying', liveness: null }),
  previousState: 'connected',
  cause: 'connection.closed',
  durable: true,
});

it('calls are answered as the registry says', async () => {
  const client = connectTo();
  const { principal, heartbeatMs } = await client.online();
  expect(principal.scopes).toEqual(['admin']);
  expect(heartbeatMs).toBeGreaterThan(1_000);
  expect((await client.call('ping')).time).toBe('2026-11-24T03:40:00.000Z');
  expect(
    (await client.call('session.list', { states: ['connected'] })).items.map(({ orgId }) => orgId),
  ).toEqual(['acme', 'beta']);
  expect(await client.call('session.restore', { orgId: 'acme' })).toMatchObject({
    changed: true,
    session: { orgId: 'acme' },
  });
  await expect(client.call('session.stop', { orgId: 'unknown' })).rejects.toMatchObject({
    reason: 'not_found',
    retryable: false,
  });
  await expect(client.call('session.stop', { orgId: '../x' })).rejects.toMatchObject({
    reason: 'invalid_params',
    data: { issues: [{ path: 'orgId' }] },
  });
});
it('three hundred calls at once stay within the limits of the connection', async () => {
  const client = connectTo();
  const answers = await Promise.all(
    Array.from({ length: 300 }, () => client.call('session.get', { orgId: 'acme' })),
  );
  expect(answers).toHaveLength(300);
});
it('a wrong key stops the client with the message of the server', async () => {
  const client = connectTo({ apiKey: 'a-key-that-does-not-exist' });
  await expect(client.online()).rejects.toMatchObject({
    reason: 'unauthenticated',
    message: expect.stringContaining('key') as string,
  });
  await expect(client.call('ping')).rejects.toMatchObject({ reason: 'unauthenticated' });
});
it('a subscription that the key does not permit ends, and the client goes on', async () => {
  await harness.stop();
  harness = await startHarness({
    keys: limitedKeys({ reader: { scopes: ['sessions:read'], orgs: ['beta'] } }),
  });
  const client = connectTo({ apiKey: 'reader' });
  expect(await client.subscribe({ topics: ['pairing'] }).ended).toMatchObject({
    reason: 'forbidden',
    data: { scope: 'sessions:pair' },
  });
  const live = client.live();
  await live.ready;
  expect([...live.sessions.keys()]).toEqual(['beta']);
});
it('a subscription gets the snapshot and events in order, also an event that arrives together with the snapshot', async () => {
  const client = connectTo();
  await client.online();
  const updates: Update[] = [];
  client.subscribe({ topics: ['sessions', 'pairing'] }, (update) => void updates.push(update));
  harness.stub.pairings.set('acme', {
    status: 'qr',
    pairingId: 'p',
    qr: 'a-secret-qr',
    attempt: 1,
    expiresAt: at + 1,
  });
  await until('the snapshot and the QR', () => updates.length === 2);
  for (let revision = 8; revision < 1_008; revision += 1) harness.feed.publish(changed('acme', revision));
  await until('all the events', () => updates.length === 1_002);
  expect(updates[0]).toMatchObject({ kind: 'snapshot', first: true });
  expect(updates[1]).toMatchObject({
    kind: 'event',
    event: { type: 'pairing.updated', data: { status: 'qr' } },
  });
  const revisions = updates
    .slice(2)
    .map((u) => u.kind === 'event' && u.event.type === 'session.updated' && u.event.data.session.revision);
  expect(revisions).toEqual(Array.from({ length: 1_000 }, (_, n) => n + 8));
});
it.each([
  ['that keeps events', createFeed(), 'resumed'],
  ['that keeps no events', createFeed({ replay: { maxEvents: 0, maxBytes: 0, maxAgeMs: 0 } }), 're-sync'],
])(
  'a client that repeatedly loses a server %s ends with the true state, and every gap was reported',
  async (_, feed, expected) => {
    await harness.stop();
    harness = await startHarness({ feed });
    const network = await openNetwork(harness.server.url);
    try {
      const client = connectTo({ url: network.url });
      const live = client.live();
      const seen: string[] = [];
      client.subscribe({ topics: ['sessions'] }, (u) => {
        if (u.kind === 'resumed') seen.push('resumed');
        if (u.kind === 'snapshot') seen.push(u.first ? 'snapshot' : 're-sync');
        if (u.kind === 'event' && u.event.type === 'session.updated')
          seen.push(String(u.event.data.session.revision));
      });
      await live.ready;
      await client.call('ping');
      for (const revision of [8, 9, 10, 11]) {
        network.cut();
        const view = viewOf('acme', { revision, state: 'retrying', liveness: null });
        harness.sessions.set('acme', view);
        harness.feed.publish(changed('acme', revision));
        await client.waitFor('acme', (session) => session?.revision === revision, { timeoutMs: 20_000 });
      }
      const missed = (revision: number) =>
        expected === 'resumed' ? [expected, String(revision)] : [expected];
      expect(seen).toEqual(['snapshot', ...[8, 9, 10, 11].flatMap(missed)]);
      expect(live.sessions.get('acme')).toEqual(
        (await client.call('session.get', { orgId: 'acme' })).session,
      );
    } finally {
      await network.remove();
    }
  },
);
it('missing heartbeats reveal a network that drops everything silently', async () => {
  await harness.stop();
  harness = await startHarness({ timings: { heartbeatMs: 100 } });
  const network = await openNetwork(harness.server.url);
  try {
    const client = connectTo({ url: network.url });
    await client.online();
    const states: string[] = [];
    client.onState(({ status }) => states.push(status));
    network.silence(true);
    await until('the client to notice', () => states.includes('waiting'));
    network.silence(false);
    await client.online();
    expect((await client.call('ping')).time).toBeTruthy();
  } finally {
    await network.remove();
  }
});
it('a call without a server times out, and says that it was not sent', async () => {
  const client = connectTo();
  await client.online();
  await harness.server.close();
  await until('the loss', () => client.state().status !== 'online');
  const call = client.call('ping', {}, { timeoutMs: 300 });
  await expect(call).rejects.toMatchObject({ reason: 'no_answer', sent: false });
});
