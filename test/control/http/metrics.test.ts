/** Who may read the metrics, and what the control API counts of itself. */
import { afterEach, describe, expect, it } from 'vitest';
import { withMetricsToken } from '../../../src/control/access/metrics-token.ts';
import { type Meter, noMeter } from '../../../src/control/meter.ts';
import { until } from '../../support/until.ts';
import { adminKey, at, limitedKeys, type Stage, startStage, viewOf } from '../harness.ts';

let stage: Stage;
afterEach(() => stage.stop());

const token = 'a-token-for-prometheus-alone';
const metrics = async () => ({ contentType: 'text/plain; version=0.0.4; charset=utf-8', body: 'vigia_sessions 1\n' });
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
  fetch(`${stage.server.url}${path}`, { headers: key === undefined ? {} : { authorization: `Bearer ${key}` } });
const counting = () => {
  const told: string[] = [];
  const meter: Meter = {
    answered: (method, code, seconds) => void (seconds >= 0 && seconds < 60 && told.push(`${method} ${code}`)),
    rejected: (reason) => void told.push(`turned away: ${reason}`),
    subscribed: (more) => void told.push(`subscriptions ${more > 0 ? '+' : ''}${more}`),
    resumed: (recovered) => void told.push(`resumed: ${recovered}`),
    closed: (code) => void told.push(`closed: ${code}`),
  };
  return { told, meter };
};

describe('GET /metrics', () => {
  it('answers the token, an admin, and a key with the scope', async () => {
    stage = await startStage({ keys, metrics });
    for (const key of [token, adminKey, 'scraper']) {
      const response = await get(key);
      expect(response.status, key).toBe(200);
      expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
      expect(response.headers.get('cache-control')).toBe('no-store');
      expect(await response.text()).toBe('vigia_sessions 1\n');
    }
  });
  it('answers nobody else', async () => {
    const { told, meter } = counting();
    stage = await startStage({ keys, metrics, meter });
    const refusals = [
      [undefined, 401, 'unauthenticated'],
      ['a-wrong-key-of-somebody', 401, 'unauthenticated'],
      ['backend', 403, 'forbidden'],
      ['tenant', 403, 'forbidden'],
    ] as const;
    for (const [key, status, code] of refusals) {
      const response = await get(key);
      expect(response.status, key).toBe(status);
      expect(await response.json()).toMatchObject({ error: { code } });
    }
    expect((await get(undefined, '/metrics?token=abc')).status).toBe(400); // it would end up in logs
    expect(told.filter((line) => line.startsWith('turned away'))).toEqual([
      ...refusals.map(([, , code]) => `turned away: ${code}`),
      'turned away: key_in_address',
    ]);
  });
  it('is not there without metrics', async () => {
    stage = await startStage({ keys });
    expect((await get(adminKey)).status).toBe(404);
  });
  it('takes its token for nothing else', async () => {
    stage = await startStage({ keys, metrics });
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'session.list', params: {} });
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
    const response = await fetch(`${stage.server.url}/v1/rpc`, { method: 'POST', headers, body });
    expect(await response.json()).toMatchObject({ error: { data: { reason: 'forbidden', scope: 'sessions:read' } } });
  });
});

describe('what is counted', () => {
  it('of a WebSocket: every answer once, subscriptions, resumption, the end', async () => {
    const { told, meter } = counting();
    stage = await startStage({ keys, meter });
    const client = await stage.enter();
    await client.request('session.list');
    await client.request('session.get', { orgId: 'nobody' }).catch(() => undefined);
    await client.request('session.get', {}).catch(() => undefined);
    await client.request('no.such' as 'ping').catch(() => undefined);
    await client.request('subscribe', { topics: ['sessions'] });
    await client.request('subscribe', { topics: ['sessions'], since: { epoch: 'x', seq: 1 } });
    client.socket.close(1000);
    await until('the end to be counted', () => told.at(-1)?.startsWith('subscriptions -'));
    expect(told).toEqual([
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
  it('of HTTP: every answer once', async () => {
    const { told, meter } = counting();
    stage = await startStage({ keys, meter }, [viewOf('acme')]);
    const headers = { authorization: `Bearer ${adminKey}`, 'content-type': 'application/json' };
    const send = (body: string) => fetch(`${stage.server.url}/v1/rpc`, { method: 'POST', headers, body });
    const call = (method: string, params = {}) => send(JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }));
    await call('ping');
    await call('session.get', { orgId: 'nobody' });
    await call('subscribe', { topics: ['sessions'] });
    await send('{');
    expect(told).toEqual(['ping ok', 'session.get not_found', 'subscribe method_not_found', 'unknown parse_error']);
  });
  it('of those who were turned away: a wrong key at the upgrade, one in initialize, a page of somebody else', async () => {
    const { told, meter } = counting();
    stage = await startStage({ keys, meter });
    await stage.knock({ headers: { authorization: 'Bearer a-wrong-key-of-somebody' } }).refused;
    const client = stage.knock();
    await client
      .request('initialize', { protocolVersion: '1.0', apiKey: 'another-wrong-key', client: { name: 'x', version: '1' } })
      .catch(() => undefined);
    await stage.knock({ headers: { origin: 'https://evil.example' } }).refused;
    await until('three', () => told.filter((line) => line.startsWith('turned')).length === 3);
    expect(told.filter((line) => line.startsWith('turned'))).toEqual([
      'turned away: unauthenticated',
      'turned away: unauthenticated',
      'turned away: origin_not_allowed',
    ]);
  });
  it('says the type of each event to whoever listens', async () => {
    stage = await startStage({ keys, meter: noMeter });
    const types: string[] = [];
    stage.feed.onEvent(({ type }) => types.push(type));
    stage.feed.publish({ type: 'session.removed', org: 'acme', revision: 2 });
    stage.feed.publish({ type: 'server.draining', deadline: at });
    expect(types).toEqual(['session.removed', 'server.draining']);
  });
});
