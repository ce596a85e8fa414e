/** The client over the real control API, on the socket that this Node offers: with `ws`, and with its own WebSocket where it has one. */
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type Client, type ClientOptions, connect, type Update } from '../../src/client/client.ts';
import { createFeed } from '../../src/control/feed/feed.ts';
import type { DomainEvent } from '../../src/control/port.ts';
import { adminKey, at, limitedKeys, type Stage, startStage, viewOf } from '../control/harness.ts';
import { until } from '../support/until.ts';
import { layCable } from './network.ts';

let stage: Stage;
const clients: Client[] = [];
beforeEach(async () => {
  stage = await startStage();
});
afterEach(async () => {
  for (const client of clients.splice(0)) client.close();
  await stage.stop();
});
const enter = (options: Partial<ClientOptions> = {}) => {
  const client = connect({ url: stage.server.url, apiKey: adminKey, random: () => 0, ...options });
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

it('asks, and is answered as the registry has it', async () => {
  const client = enter();
  const { principal, heartbeatMs } = await client.online();
  expect(principal.scopes).toEqual(['admin']);
  expect(heartbeatMs).toBeGreaterThan(1_000);
  expect((await client.call('ping')).time).toBe('2026-11-24T03:40:00.000Z');
  expect((await client.call('session.list', { states: ['connected'] })).items.map(({ orgId }) => orgId)).toEqual(['acme', 'beta']);
  expect(await client.call('session.restore', { orgId: 'acme' })).toMatchObject({ changed: true, session: { orgId: 'acme' } });
  await expect(client.call('session.stop', { orgId: 'nobody' })).rejects.toMatchObject({ reason: 'not_found', retryable: false });
  await expect(client.call('session.stop', { orgId: '../x' })).rejects.toMatchObject({
    reason: 'invalid_params',
    data: { issues: [{ path: 'orgId' }] },
  });
});
it('three hundred calls at once stay within the limits of the connection', async () => {
  const client = enter();
  const answers = await Promise.all(Array.from({ length: 300 }, () => client.call('session.get', { orgId: 'acme' })));
  expect(answers).toHaveLength(300);
});
it('a wrong key stops it, with the sentence of the server', async () => {
  const client = enter({ apiKey: 'a-wrong-key-of-nobody' });
  await expect(client.online()).rejects.toMatchObject({ reason: 'unauthenticated', message: expect.stringContaining('key') as string });
  await expect(client.call('ping')).rejects.toMatchObject({ reason: 'unauthenticated' });
});
it('a subscription beyond the key ends, and the client goes on', async () => {
  await stage.stop();
  stage = await startStage({ keys: limitedKeys({ reader: { scopes: ['sessions:read'], orgs: ['beta'] } }) });
  const client = enter({ apiKey: 'reader' });
  expect(await client.subscribe({ topics: ['pairing'] }).ended).toMatchObject({ reason: 'forbidden', data: { scope: 'sessions:pair' } });
  const live = client.live();
  await live.ready;
  expect([...live.sessions.keys()]).toEqual(['beta']);
});
it('hears snapshot and events in order, also those that come in one breath with the snapshot', async () => {
  const client = enter();
  await client.online();
  const told: Update[] = [];
  client.subscribe({ topics: ['sessions', 'pairing'] }, (update) => void told.push(update));
  stage.world.pairings.set('acme', { status: 'qr', pairingId: 'p', qr: 'a-secret-qr', attempt: 1, expiresAt: at + 1 });
  await until('the snapshot and the QR', () => told.length === 2);
  for (let revision = 8; revision < 1_008; revision += 1) stage.feed.publish(changed('acme', revision));
  await until('all of them', () => told.length === 1_002);
  expect(told[0]).toMatchObject({ kind: 'snapshot', first: true });
  expect(told[1]).toMatchObject({ kind: 'event', event: { type: 'pairing.updated', data: { status: 'qr' } } });
  const revisions = told.slice(2).map((u) => u.kind === 'event' && u.event.type === 'session.updated' && u.event.data.session.revision);
  expect(revisions).toEqual(Array.from({ length: 1_000 }, (_, n) => n + 8));
});
it.each([
  ['that remembers', createFeed(), 'resumed'],
  ['that remembers nothing', createFeed({ replay: { maxEvents: 0, maxBytes: 0, maxAgeMs: 0 } }), 're-sync'],
])('cut off again and again from a server %s, it ends with the truth, and every gap was told', async (_, feed, expected) => {
  await stage.stop();
  stage = await startStage({ feed });
  const cable = await layCable(stage.server.url);
  try {
    const client = enter({ url: cable.url });
    const live = client.live();
    const told: string[] = [];
    client.subscribe({ topics: ['sessions'] }, (u) => {
      if (u.kind !== 'event') told.push(u.kind === 'resumed' ? 'resumed' : u.first ? 'snapshot' : 're-sync');
      else if (u.event.type === 'session.updated') told.push(String(u.event.data.session.revision));
    });
    await live.ready;
    await client.call('ping');
    for (const revision of [8, 9, 10, 11]) {
      cable.cut();
      const view = viewOf('acme', { revision, state: 'retrying', liveness: null });
      stage.sessions.set('acme', view);
      stage.feed.publish(changed('acme', revision));
      await client.waitFor('acme', (session) => session?.revision === revision, { timeoutMs: 20_000 });
    }
    const missed = (revision: number) => (expected === 'resumed' ? [expected, String(revision)] : [expected]);
    expect(told).toEqual(['snapshot', ...[8, 9, 10, 11].flatMap(missed)]);
    expect(live.sessions.get('acme')).toEqual((await client.call('session.get', { orgId: 'acme' })).session);
  } finally {
    await cable.remove();
  }
});
it('a wire that is dead without a word is noticed by missing heartbeats', async () => {
  await stage.stop();
  stage = await startStage({ timings: { heartbeatMs: 100 } });
  const cable = await layCable(stage.server.url);
  try {
    const client = enter({ url: cable.url });
    await client.online();
    const states: string[] = [];
    client.onState(({ status }) => states.push(status));
    cable.silence(true);
    await until('it to be noticed', () => states.includes('waiting'));
    cable.silence(false);
    await client.online();
    expect((await client.call('ping')).time).toBeTruthy();
  } finally {
    await cable.remove();
  }
});
it('a server that goes away loses no call that was not sent', async () => {
  const client = enter();
  await client.online();
  await stage.server.close();
  await until('the loss', () => client.state().status !== 'online');
  const call = client.call('ping', {}, { timeoutMs: 300 });
  await expect(call).rejects.toMatchObject({ reason: 'no_answer', sent: false });
});
