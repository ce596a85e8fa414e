import { readFileSync } from 'node:fs';
import { request } from 'node:http';
import { connect } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { ListenError } from '../../../src/control/http/listen.ts';
import { adminKey, type Harness, startHarness } from '../harness.ts';

let harness: Harness;
afterEach(() => harness.stop());

const get = (path: string, headers: Record<string, string> = {}, method = 'GET') =>
  new Promise<{ status: number | undefined; body: string }>((resolve, reject) => {
    const asked = request(`${harness.server.url}${path}`, { headers, method }, (response) => {
      let body = '';
      response.on('data', (chunk) => {
        body += chunk;
      });
      response.on('end', () => resolve({ status: response.statusCode, body }));
    });
    asked.on('error', reject).end();
  });
const portOf = () => Number(new URL(harness.server.url).port);

describe('the HTTP server', () => {
  it('answers liveness at /livez and /healthz, and readiness at /readyz', async () => {
    harness = await startHarness();
    for (const path of ['/livez', '/healthz', '/readyz']) expect((await get(path)).status, path).toBe(200);
    expect(JSON.parse((await get('/livez')).body)).toEqual({ status: 'alive' });
    harness.stub.ready.push({ name: 'storage', status: 'fail', detail: 'Credentials cannot be written.' });
    expect(JSON.parse((await get('/readyz')).body)).toEqual({ status: 'unready' });
    for (const [path, status] of [
      ['/livez', 200],
      ['/healthz', 200],
      ['/readyz', 503],
    ] as const)
      expect((await get(path)).status, path).toBe(status);
    harness.stub.live.push({ name: 'scan', status: 'fail' });
    for (const path of ['/livez', '/healthz', '/readyz']) expect((await get(path)).status, path).toBe(503);
  });
  it('lists the checks with ?verbose; a warning does not make it unready', async () => {
    harness = await startHarness();
    harness.stub.ready.push({ name: 'database', status: 'warn', detail: 'memory' });
    const { status, body } = await get('/readyz?verbose');
    expect(status).toBe(200);
    expect(JSON.parse(body)).toEqual({ status: 'ready', checks: harness.stub.ready });
    expect(JSON.parse((await get('/livez?verbose=1')).body)).toEqual({
      status: 'alive',
      checks: harness.stub.live,
    });
  });
  it('publishes the contract without a key, equal to the one in docs/', async () => {
    harness = await startHarness();
    for (const name of ['openapi.json', 'asyncapi.json', 'schemas.json']) {
      const { status, body } = await get(`/${name}`);
      expect(status).toBe(200);
      expect(JSON.parse(body)).toEqual(
        JSON.parse(readFileSync(new URL(`../../../docs/integrators/${name}`, import.meta.url), 'utf8')),
      );
      expect((await get(`/${name}`, { host: 'evil.example' })).status).toBe(403);
      expect((await get(`/${name}`, {}, 'POST')).status).toBe(405);
    }
  });
  it('answers any other path with 404 and a message in JSON', async () => {
    harness = await startHarness();
    for (const path of ['/v2', '/livez/x', '/metrics', '//evil/livez']) {
      const { status, body } = await get(path);
      expect(status).toBe(404);
      expect(JSON.parse(body).error.message).toMatch(/nothing here/i);
    }
  });
  it('refuses a Host that is not on the list, as DNS rebinding sends it', async () => {
    harness = await startHarness({ allowedHosts: ['vigia.example', 'other.example:443', 'fd00::5'] });
    const status = async (host: string) => (await get('/schemas.json', { host })).status;
    for (const host of ['evil.example', '127.0.0.1.evil.example', 'other.example:8443', '[fd00::6]'])
      expect(await status(host), host).toBe(403);
    for (const host of [
      'localhost:1',
      'localhost.',
      '[::1]:3000',
      '[::ffff:127.0.0.1]',
      'LOCALHOST',
      'Vigia.example.',
      'vigia.example:8443',
      'other.example',
      'other.example:443',
      '[fd00:0::5]:3000',
    ])
      expect(await status(host), host).toBe(200);
  });
  it('names its WebSocket to a request without an upgrade, as a proxy that removes it sends', async () => {
    harness = await startHarness();
    const { status, body } = await get('/v1');
    expect(status).toBe(426);
    expect(JSON.parse(body).error.message).toMatch(/a proxy in between removed it/);
  });
});

describe('the upgrade', () => {
  it('is refused for a foreign Host, before anything else', async () => {
    harness = await startHarness();
    const client = harness.connect({
      headers: { host: 'evil.example', authorization: `Bearer ${adminKey}` },
    });
    expect((await client.refused).status).toBe(403);
  });
  it('is refused for a foreign Origin and for null, and accepted for its own and a configured one', async () => {
    harness = await startHarness({ allowedOrigins: ['https://panel.example'] });
    const own = harness.server.url;
    for (const origin of [
      'https://evil.example',
      'null',
      'http://localhost:1',
      `${own}.evil.example`,
      'https://panel.example:444',
    ]) {
      expect((await harness.connect({ headers: { origin } }).refused).status).toBe(403);
    }
    for (const origin of [own, 'https://panel.example'])
      await harness.connect({ headers: { origin } }).open();
  });
  it('is refused with an explanation when the address carries a key', async () => {
    harness = await startHarness();
    for (const query of [
      'key=x',
      'api_key=x',
      'apiKey=x',
      'API-KEY=x',
      'x-api-key=x',
      'access_token=x',
      'token=x',
      'a=vigia_ab_cd',
    ]) {
      const { status, body } = await harness.connect({ path: `/v1?${query}` }).refused;
      expect(status, query).toBe(400);
      expect(JSON.parse(body).error.message).toMatch(/never send a key in the address/i);
    }
  });
  it('is refused at another path', async () => {
    harness = await startHarness();
    expect((await harness.connect({ path: '/' }).refused).status).toBe(404);
    expect((await harness.connect({ path: '/v1/x' }).refused).status).toBe(404);
  });
  it('is refused with 401 for a wrong key', async () => {
    harness = await startHarness();
    for (const authorization of ['Bearer wrong', 'Bearer', `Bearer ${adminKey} x`]) {
      expect((await harness.connect({ headers: { authorization } }).refused).status, authorization).toBe(401);
    }
  });
  it('takes a header Authorization of another scheme, of a proxy in front, for no key', async () => {
    harness = await startHarness();
    const hello = { protocolVersion: '1.0', client: { name: 't', version: '1' } };
    for (const authorization of ['Basic YTpi', 'Digest x=y', 'Negotiate abc', adminKey]) {
      const door = { headers: { authorization } };
      await (await harness.connect(door).open()).request('initialize', { ...hello, apiKey: adminKey });
    }
    const basic = { headers: { authorization: 'Basic YTpi' } };
    for (let n = 0; n < 12; n += 1) {
      const client = await harness.connect({ headers: { authorization: `Basic ${n}` } }).open();
      client.socket.terminate();
    }
    const error = await (await harness.connect(basic).open()).fails('initialize', hello);
    expect(error.message).toMatch(/Authorization has the scheme Basic/);
    const answer = await fetch(`${harness.server.url}/v1/rpc`, { method: 'POST', ...basic });
    expect(answer.status).toBe(401);
    expect(await answer.text()).toMatch(/Authorization has the scheme Basic/);
  });
  it('accepts its own subprotocol or none, and refuses others with 400', async () => {
    harness = await startHarness();
    expect((await harness.connect({ protocols: ['graphql-ws'] }).refused).status).toBe(400);
    expect((await harness.connect({ protocols: ['vigia.v1'] }).open()).socket.protocol).toBe('vigia.v1');
    expect((await harness.connect({ protocols: ['other', 'vigia.v1'] }).open()).socket.protocol).toBe(
      'vigia.v1',
    );
    expect((await harness.connect().open()).socket.protocol).toBe('');
  });
  it('destroys the socket of a refused peer that never hangs up, so that the server can close', async () => {
    harness = await startHarness();
    const peer = connect({ port: portOf(), host: '127.0.0.1', allowHalfOpen: true });
    peer.on('error', () => undefined);
    peer.write(
      'GET /nowhere HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
    );
    await new Promise((resolve) => peer.once('data', resolve));
    await harness.server.close();
    peer.destroy();
  });
});

describe('the address', () => {
  it('outside loopback is refused with a message, unless a TLS proxy stands in front', async () => {
    harness = await startHarness();
    for (const host of ['0.0.0.0', '::', '192.168.1.4', 'example.org', '127.evil.example']) {
      await expect(startHarness({ host })).rejects.toThrow(/BEHIND_TLS_PROXY/);
    }
    const proxied = await startHarness({ host: '0.0.0.0', behindTlsProxy: true });
    await proxied.stop();
  });
  it('that is in use is named in the message', async () => {
    harness = await startHarness();
    const second = startHarness({ port: portOf() });
    await expect(second).rejects.toThrow(ListenError);
    await expect(second).rejects.toThrow(/in use by another program/);
  });
});
