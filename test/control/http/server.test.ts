import { readFileSync } from 'node:fs';
import { request } from 'node:http';
import { connect } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { ListenError } from '../../../src/control/http/listen.ts';
import { adminKey, type Stage, startStage } from '../harness.ts';

let stage: Stage;
afterEach(() => stage.stop());

const get = (path: string, headers: Record<string, string> = {}, method = 'GET') =>
  new Promise<{ status: number | undefined; body: string }>((resolve, reject) => {
    const asked = request(`${stage.server.url}${path}`, { headers, method }, (response) => {
      let body = '';
      response.on('data', (chunk) => {
        body += chunk;
      });
      response.on('end', () => resolve({ status: response.statusCode, body }));
    });
    asked.on('error', reject).end();
  });
const portOf = () => Number(new URL(stage.server.url).port);

describe('the HTTP server', () => {
  it('says at /livez, also called /healthz, whether it lives, and at /readyz whether somebody may be sent here', async () => {
    stage = await startStage();
    for (const path of ['/livez', '/healthz', '/readyz']) expect((await get(path)).status, path).toBe(200);
    expect(JSON.parse((await get('/livez')).body)).toEqual({ status: 'alive' });
    stage.world.ready.push({ name: 'storage', status: 'fail', detail: 'Credentials cannot be written.' });
    expect(JSON.parse((await get('/readyz')).body)).toEqual({ status: 'unready' });
    for (const [path, status] of [
      ['/livez', 200],
      ['/healthz', 200],
      ['/readyz', 503],
    ] as const)
      expect((await get(path)).status, path).toBe(status);
    stage.world.live.push({ name: 'scan', status: 'fail' });
    for (const path of ['/livez', '/healthz', '/readyz']) expect((await get(path)).status, path).toBe(503);
  });
  it('lists what was looked at with ?verbose; what is only worse than it should be makes nothing unready', async () => {
    stage = await startStage();
    stage.world.ready.push({ name: 'database', status: 'warn', detail: 'memory' });
    const { status, body } = await get('/readyz?verbose');
    expect(status).toBe(200);
    expect(JSON.parse(body)).toEqual({ status: 'ready', checks: stage.world.ready });
    expect(JSON.parse((await get('/livez?verbose=1')).body)).toEqual({ status: 'alive', checks: stage.world.live });
  });
  it('publishes the contract to anybody, and it is the one in docs/', async () => {
    stage = await startStage();
    for (const name of ['asyncapi.json', 'schemas.json']) {
      const { status, body } = await get(`/${name}`);
      expect(status).toBe(200);
      expect(JSON.parse(body)).toEqual(JSON.parse(readFileSync(new URL(`../../../docs/integrators/${name}`, import.meta.url), 'utf8')));
      expect((await get(`/${name}`, { host: 'evil.example' })).status).toBe(403);
      expect((await get(`/${name}`, {}, 'POST')).status).toBe(404);
    }
  });
  it('answers everything else 404 with a sentence in JSON', async () => {
    stage = await startStage();
    for (const path of ['/', '/v1', '/v2', '/livez/x', '/metrics', '//evil/livez']) {
      const { status, body } = await get(path);
      expect(status).toBe(404);
      expect(JSON.parse(body).error.message).toMatch(/nothing here/i);
    }
  });
  it('refuses a Host that is not on the list, as rebinding brings', async () => {
    stage = await startStage({ allowedHosts: ['vigia.example'] });
    expect((await get('/livez', { host: 'evil.example' })).status).toBe(403);
    expect((await get('/livez', { host: '127.0.0.1.evil.example' })).status).toBe(403);
    for (const host of ['localhost:1', '[::1]:3000', 'LOCALHOST', 'vigia.example', 'vigia.example:8443']) {
      expect((await get('/livez', { host })).status).toBe(200);
    }
  });
});

describe('the upgrade', () => {
  it('is refused for a foreign Host, before anything else', async () => {
    stage = await startStage();
    const client = stage.knock({ headers: { host: 'evil.example', authorization: `Bearer ${adminKey}` } });
    expect((await client.refused).status).toBe(403);
  });
  it('is refused for a foreign Origin and for null, and accepted for its own and a configured one', async () => {
    stage = await startStage({ allowedOrigins: ['https://panel.example'] });
    const own = stage.server.url;
    for (const origin of ['https://evil.example', 'null', 'http://localhost:1', `${own}.evil.example`, 'https://panel.example:444']) {
      expect((await stage.knock({ headers: { origin } }).refused).status).toBe(403);
    }
    for (const origin of [own, 'https://panel.example']) await stage.knock({ headers: { origin } }).open();
  });
  it('is refused with an explanation when a key stands in the address', async () => {
    stage = await startStage();
    for (const query of ['key=x', 'api_key=x', 'apiKey=x', 'API-KEY=x', 'x-api-key=x', 'access_token=x', 'token=x', 'a=vigia_ab_cd']) {
      const { status, body } = await stage.knock({ path: `/v1?${query}` }).refused;
      expect(status, query).toBe(400);
      expect(JSON.parse(body).error.message).toMatch(/never send a key in the address/i);
    }
  });
  it('is refused at another path', async () => {
    stage = await startStage();
    expect((await stage.knock({ path: '/' }).refused).status).toBe(404);
    expect((await stage.knock({ path: '/v1/x' }).refused).status).toBe(404);
  });
  it('is refused with 401 for a wrong key, whatever is wrong with it', async () => {
    stage = await startStage();
    for (const authorization of ['Bearer wrong', 'Basic YTpi', 'Bearer', `Bearer ${adminKey} x`, adminKey]) {
      expect((await stage.knock({ headers: { authorization } }).refused).status, authorization).toBe(401);
    }
  });
  it('takes its own subprotocol or none, and refuses others with 400', async () => {
    stage = await startStage();
    expect((await stage.knock({ protocols: ['graphql-ws'] }).refused).status).toBe(400);
    expect((await stage.knock({ protocols: ['vigia.v1'] }).open()).socket.protocol).toBe('vigia.v1');
    expect((await stage.knock({ protocols: ['other', 'vigia.v1'] }).open()).socket.protocol).toBe('vigia.v1');
    expect((await stage.knock().open()).socket.protocol).toBe('');
  });
  it('lets go of a refused peer that never hangs up, so that the server can still close', async () => {
    stage = await startStage();
    const peer = connect({ port: portOf(), host: '127.0.0.1', allowHalfOpen: true });
    peer.on('error', () => undefined);
    peer.write('GET /nowhere HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
    await new Promise((resolve) => peer.once('data', resolve));
    await stage.server.close();
    peer.destroy();
  });
});

describe('the address', () => {
  it('outside loopback is refused with a sentence, unless a TLS proxy stands in front', async () => {
    stage = await startStage();
    for (const host of ['0.0.0.0', '::', '192.168.1.4', 'example.org', '127.evil.example']) {
      await expect(startStage({ host })).rejects.toThrow(/BEHIND_TLS_PROXY/);
    }
    const proxied = await startStage({ host: '0.0.0.0', behindTlsProxy: true });
    await proxied.stop();
  });
  it('that is taken is named in a sentence', async () => {
    stage = await startStage();
    const second = startStage({ port: portOf() });
    await expect(second).rejects.toThrow(ListenError);
    await expect(second).rejects.toThrow(/in use by another program/);
  });
});
