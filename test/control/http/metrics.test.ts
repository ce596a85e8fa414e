/** Who may read the metrics, and what the control API counts of itself. */
import { afterEach, describe, expect, it } from 'vitest';
import { withMetricsToken } from '../../../src/control/access/metrics-token.ts';
import { type Meter, noMeter } from '../../../src/control/meter.ts';
import { until } from '../../support/until.ts';
import { adminKey, at, type Harness, limitedKeys, startHarness, viewOf } from '../harness.ts';

let harness: Harness;
afterEach(() => harness.stop());

const token = 'a-token-for-prometheus-alone';
const metrics = async () => ({
  contentType: 'text/plain; version=0.0.4; charset=utf-8',
  body: 'vigia_sessions 1\n',
});
const keys = withMetricsToken(
  limitedKeys({
    [adminKey]: { scopes: ['admin'], orgs: '*' },
    scraper: { scopes: ['metrics:read'], orgs: '*' },
    tenant: { scopes: ['metrics:read', 'sessions:read'], orgs: ['acme'] },
    backend: { scopes: ['sessions:read', 'sessions:control'], orgs: '*' },
  }),
  token,
);
const get = (key?: string, path = '/metrics') =>
  fetch(`${harness.server.url}${path}`, {
    headers: key === undefined ? {} : { authorization: `Bearer ${key}` },
  });
const counting = () => {
  const counted: string[] = [];
  const meter: Meter = {
    answered: (method, code, seconds) =>
      void (seconds >= 0 && seconds < 60 && counted.push(`${method} ${code}`)),
    rejected: (reason) => void counted.push(`rejected: ${reason}`),
    subscribed: (more) => void counted.push(`subscriptions ${more > 0 ? '+' : ''}${more}`),
    resumed: (recovered) => void counted.push(`resumed: ${recovered}`),
    closed: (code) => void counted.push(`closed: ${code}`),
  };
  return { counted, meter };
};

describe('GET /metrics', () => {
  it('answers the token, an admin, and a key with the scope', async () => {
    harness = await startHarness({ keys, metrics });
    for (const key of [token, adminKey, 'scraper']) {
      const response = await get(key);
      expect(response.status, key).toBe(200);
      expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
      expect(response.headers.get('cache-control')).toBe('no-store');
      expect(await response.text()).toBe('vigia_sessions 1\n');
    }
  });
  it('refuses every other key', async () => {
    const { counted, meter } = counting();
    harness = await startHarness({ keys, metrics, meter });
    const refusals = [
      [undefined, 401, 'unauthenticated'],
      ['a-wrong-key-of-a-client', 401, 'unauthenticated'],
      ['backend', 403, 'forbidden'],
      ['tenant', 403, 'forbidden'],
    ] as const;
    for (const [key, status, code] of refusals) {
      const response = await get(key);
      expect(response.status, key).toBe(status);
      expect(await response.json()).toMatchObject({ error: { code } });
    }
    expect((await get(undefined, '/metrics?token=abc')).status).toBe(400); // it would end up in logs
    expect(counted.filter((line) => line.startsWith('rejected'))).toEqual([
      ...refusals.map(([, , code]) => `rejected: ${code}`),
      'rejected: key_in_address',
    ]);
  });
  it('is not found without metrics', async () => {
    harness = await startHarness({ keys });
    expect((await get(adminKey)).status).toBe(404);
  });
  it('accepts its token for nothing else', async () => {
    harness = await startHarness({ keys, metrics });
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'session.list', params: {} });
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
    const response = await fetch(`${harness.server.url}/v1/rpc`, { method: 'POST', headers, body });
    expect(await response.json()).toMatchObject({
      error: { data: { reason: 'forbidden', scope: 'sessions:read' } },
    });
  });
});

describe('the meter', () => {
  it('counts for a WebSocket every answer once, its subscriptions, its resumption and its close', async () => {
    const { counted, meter } = counting();
    harness = await startHarness({ keys, meter });
    const client = await harness.initialized();
    await client.request('session.list');
    await client.request('session.get', { orgId: 'unknown-org' }).catch(() => undefined);
    await client.request('session.get', {}).catch(() => undefined);
    await client.request('no.such' as 'ping').catch(() => undefined);
    await client.request('subscribe', { topics: ['sessions'] });
    await client.request('subscribe', { topics: ['sessions'], since: { epoch: 'x', seq: 1 } });
    client.socket.close(1000);
    await until('the end to be counted', () => counted.at(-1)?.startsWith('subscriptions -'));
    expect(counted).toEqual([
      'initialize ok',
      'session.list ok',
      'session.get not_found',
      'session.get invalid_params',
      'unknown method_not_found',
      'subscriptions +1',
      'subscribe ok',
      'subscriptions +1',
      'resumed: false',
      'subscribe ok',
      'closed: 1000',
      'subscriptions -2',
    ]);
  });
  it('counts for HTTP every answer once', async () => {
    const { counted, meter } = counting();
    harness = await startHarness({ keys, meter }, [viewOf('acme')]);
    const headers = { authorization: `Bearer ${adminKey}`, 'content-type': 'application/json' };
    const send = (body: string) => fetch(`${harness.server.url}/v1/rpc`, { method: 'POST', headers, body });
    const call = (method: string, params = {}) =>
      send(JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }));
    await call('ping');
    await call('session.get', { orgId: 'unknown-org' });
    await call('subscribe', { topics: ['sessions'] });
    await send('{');
    expect(counted).toEqual([
      'ping ok',
      'session.get not_found',
      'subscribe method_not_found',
      'unknown parse_error',
    ]);
  });
  it('counts rejections: a wrong key at the upgrade, one in initialize, and a foreign web page', async () => {
    const { counted, meter } = counting();
    harness = await startHarness({ keys, meter });
    await harness.connect({ headers: { authorization: 'Bearer a-wrong-key-of-a-client' } }).refused;
    const client = harness.connect();
    await client
      .request('initialize', {
        protocolVersion: '1.0',
        apiKey: 'another-wrong-key',
        client: { name: 'x', version: '1' },
      })
      .catch(() => undefined);
    await harness.connect({ headers: { origin: 'https://evil.example' } }).refused;
    await until('three', () => counted.filter((line) => line.startsWith('rejected')).length === 3);
    expect(counted.filter((line) => line.startsWith('rejected'))).toEqual([
      'rejected: unauthenticated',
      'rejected: unauthenticated',
      'rejected: origin_not_allowed',
    ]);
  });
  it('can count events by their type through the feed', async () => {
    harness = await startHarness({ keys, meter: noMeter });
    const types: string[] = [];
    harness.feed.onEvent(({ type }) => types.push(type));
    harness.feed.publish({ type: 'session.removed', org: 'acme', revision: 2 });
    harness.feed.publish({ type: 'server.draining', deadline: at });
    expect(types).toEqual(['session.removed', 'server.draining']);
  });
});
