/** What the rooms promise together: a start is complete or refused, and each event reaches every listener. */
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readExposition, sampleOf } from '../support/exposition.ts';
import { until } from '../support/until.ts';
import { fictionalPhone, seedCredentials } from '../support/whatsapp/credentials.ts';
import { connected, get, hooked, World, webhook } from './harness.ts';

let world: World;
beforeEach(async () => {
  world = await World.open('acme', 'beta');
});
afterEach(async () => {
  await world.close();
});
describe('an event of a session', () => {
  it('reaches the log, the clients, the history, the metrics, the alerts and the webhooks', async () => {
    const vigia = await world.start(await webhook(world));
    await vigia.looked;
    await connected(vigia);
    const client = await world.client(vigia);
    expect(vigia.counts()).toEqual({ connected: 2, sessions: 2 });
    world.emit('acme', { type: 'connection.closed', reason: 'revoked', statusCode: 401 });
    await client.event('the failure', (e) => e.orgId === 'acme' && e.data.session?.state === 'failed');
    expect(world.logged('session.failed')).toMatchObject([{ org: 'acme', reason: 'revoked' }]);
    expect((await client.get('acme'))?.lastError?.reason).toBe('revoked');
    const alert = await until('the alert', async () => {
      const { items } = (await client.call('alert.list')) as { items: { name: string; orgId: string }[] };
      return items.find(({ orgId }) => orgId === 'acme');
    });
    expect(alert.name).toBe('SessionLoggedOut');
    expect(await world.untilLogged('alert.critical')).toMatchObject({
      part: 'alerts',
      org: 'acme',
      alert: 'SessionLoggedOut',
      action: expect.any(String),
    });
    const { items } = (await client.call('session.history', { orgId: 'acme' })) as { items: object[] };
    expect(JSON.stringify(items)).toContain('revoked');
    const families = readExposition((await get(vigia, '/metrics')).text);
    expect(sampleOf(families, 'vigia_sessions', { state: 'failed' })).toBe(1);
    expect(
      sampleOf(families, 'vigia_alerts_firing', { name: 'SessionLoggedOut', severity: 'critical' }),
    ).toBe(1);
    expect(sampleOf(families, 'vigia_ws_connections')).toBe(1);
    await until('the webhooks', () =>
      ['session.updated', 'alert.firing'].every((type) =>
        hooked(world).some((message) => message.type === type),
      ),
    );
    const counted = readExposition((await get(vigia, '/metrics')).text);
    expect(
      sampleOf(counted, 'vigia_webhook_deliveries_total', { endpoint: 'webhook', result: 'delivered' }),
    ).toBeGreaterThan(0);
    expect(world.logged('delivery.done')[0]).toMatchObject({ part: 'delivery' });
  });
  it('reaches the others when one listener fails', async () => {
    world.onLine = ({ event }) => {
      if (event === 'session.connected') throw new Error('this listener fails');
    };
    const vigia = await world.start(await webhook(world));
    await connected(vigia);
    await (await world.client(vigia)).reaches('acme', 'connected');
    expect(await world.untilLogged('listener.failed')).toMatchObject({ handled: 'session.reported' });
    await until('the webhook', () => hooked(world).length > 0);
  });
  it('that shows a QR or a pairing code reaches clients, and never a webhook or the log', async () => {
    const vigia = await world.start(await webhook(world));
    await connected(vigia);
    const client = await world.client(vigia);
    await client.call('session.pair', { orgId: 'newcomer' });
    await until('the pairing to connect', () => world.sockets.has('new'));
    const expiresAt = Date.now() + 60_000;
    world.emit('new', { type: 'connection.qr', qr: 'SECRET-QR', attempt: 1, expiresAt });
    await client.event('the QR', (e) => e.data.qr === 'SECRET-QR');
    await vigia.stop();
    expect(JSON.stringify(world.received)).not.toContain('SECRET-QR');
    expect(JSON.stringify(world.lines)).not.toContain('SECRET-QR');
    expect(hooked(world).some(({ type }) => type === 'session.created' || type === 'session.updated')).toBe(
      true,
    );
  });
});

describe('a start', () => {
  it('makes a first key when there is none, and names its file again at the next start', async () => {
    const over = { API_KEY: undefined };
    const first = await world.start({}, {}, over);
    const file = join(world.root, '.vigia/first-key');
    expect(world.logged('first_key.created')).toMatchObject([{ file }]);
    const key = (await readFile(file, 'utf8')).trim();
    expect((await get(first, '/metrics', key)).status).toBe(200);
    expect((await get(first, '/metrics', 'wrong')).status).toBe(401);
    await first.stop();
    await world.start({}, {}, over);
    expect(world.logged('first_key.waiting')).toMatchObject([{ file }]);
    expect(world.logged('first_key.created')).toHaveLength(1);
  });
  it('logs where it listens and where the sessions are', async () => {
    const { url } = await world.start();
    expect(world.logged('server.started')).toMatchObject([{ url }]);
    expect(world.logged('root.opened')).toMatchObject([{ directory: world.root }]);
  });
  it('gives a token of the metrics nothing but the metrics', async () => {
    const token = 'a-token-for-the-metrics-alone-0123';
    const vigia = await world.start({}, {}, { METRICS_TOKEN: token });
    expect((await get(vigia, '/metrics', token)).status).toBe(200);
    const call = { jsonrpc: '2.0', id: 1, method: 'session.list' };
    const answer = await fetch(`${vigia.url}/v1/rpc`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify(call),
    });
    expect(await answer.text()).not.toContain('"items"');
  });
  it('warns about a proxy whose address is not trusted', async () => {
    await world.start({}, {}, { BEHIND_TLS_PROXY: 'true' });
    expect(world.logged('proxy.untrusted')).toHaveLength(1);
  });
  it('on an address in use is refused with a sentence', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => void other.listen(0, '127.0.0.1', resolve));
    const { port } = other.address() as { port: number };
    await expect(world.start({ PORT: port })).rejects.toThrow(String(port));
    await new Promise((resolve) => void other.close(resolve));
  });
  it('beside another supervisor is refused, and that one goes on', async () => {
    const vigia = await world.start();
    await connected(vigia);
    await expect(world.start()).rejects.toThrow('another supervisor runs here');
    expect((await get(vigia, '/livez')).status).toBe(200);
  });
  it('finds a session that appears while it runs', async () => {
    const vigia = await world.start({ SCAN_INTERVAL_MS: 600_000 });
    await connected(vigia);
    await seedCredentials(join(world.root, 'gamma'), { phone: fictionalPhone(9), device: 1, name: 'gamma' });
    await connected(vigia, 3);
  });
});
