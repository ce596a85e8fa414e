/**
 * The attempts of a web page in a browser beside a Vigía on loopback, and keys in places where they must not
 * be.
 */
import { type IncomingMessage, request } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import type { ConnectOptions } from '../client.ts';
import { adminKey, type Harness, startHarness } from '../harness.ts';

let harness: Harness;
afterEach(() => harness.stop());
const bearer = { authorization: `Bearer ${adminKey}` };
const status = async (door: ConnectOptions) => (await harness.connect(door).refused).status;
const ask = (path: string, headers: Record<string, string> = {}, method = 'GET') =>
  new Promise<number | undefined>((resolve, reject) =>
    request(
      { port: new URL(harness.server.url).port, host: '127.0.0.1', path, headers, method },
      (response: IncomingMessage) => resolve(response.resume().statusCode),
    )
      .on('error', reject)
      .end(),
  );

describe('a web page', () => {
  it('of another origin gets neither a socket nor an answer', async () => {
    harness = await startHarness({ allowedOrigins: ['https://panel.example'] });
    const { port } = new URL(harness.server.url);
    for (const origin of [
      'https://evil.example',
      'null',
      '',
      'file://',
      `http://127.0.0.1:${Number(port) + 1}`,
      'http://127.0.0.1',
      `http://localhost:${port}`, // another origin than the host that is spoken to
      `http://127.0.0.1:${port}.evil.example`,
      `http://127.0.0.1:${port}/page`,
      `http://user@127.0.0.1:${port}`,
      'https://panel.example:444',
      'http://panel.example',
      'https://x.panel.example',
      `http://127.0.0.1:${port}, https://panel.example`,
    ]) {
      expect(await status({ headers: { ...bearer, origin } }), origin).toBe(403);
      expect(await ask('/livez', { origin }), origin).toBe(403);
      expect(await ask('/v1/rpc', { ...bearer, origin }, 'POST'), origin).toBe(403);
    }
    for (const origin of [
      `http://127.0.0.1:${port}`,
      `http://[::ffff:127.0.0.1]:${port}`,
      'https://panel.example',
      'https://PANEL.example:443',
    ])
      await harness.connect({ headers: { ...bearer, origin } }).open();
  });
  it('that rebinds its own name to loopback is refused on every path but those of health, because of that name', async () => {
    harness = await startHarness({ allowedHosts: ['vigia.example'] });
    const { port } = new URL(harness.server.url);
    for (const name of [
      'evil.example',
      'localhost.evil.example',
      '2130706433',
      '0x7f.1',
      '[::2]',
      'vigia.example.evil.example',
      '',
    ]) {
      const host = `${name}:${port}`;
      expect(await status({ headers: { ...bearer, host, origin: `http://${host}` } }), host).toBe(403);
      for (const path of ['/v1', '/v1/rpc', '/asyncapi.json', '/nothing'])
        expect(await ask(path, { host }), `${host} ${path}`).toBe(403);
    }
  });
  it('gets no CORS headers', async () => {
    harness = await startHarness({ allowedOrigins: ['https://panel.example'] });
    expect(
      await ask(
        '/v1/rpc',
        { origin: 'https://evil.example', 'access-control-request-method': 'POST' },
        'OPTIONS',
      ),
    ).toBe(403);
    const answer = await fetch(`${harness.server.url}/livez`);
    expect([...answer.headers.keys()].filter((header) => header.startsWith('access-control'))).toEqual([]);
  });
});

describe('a key in the address', () => {
  it('is refused on every path with the same message, also in disguise', async () => {
    harness = await startHarness();
    for (const query of [
      '?key=x',
      '?a=1&API_KEY=x',
      '?k%65y=x',
      '?x=vigia_ab_cd',
      '?x=vigia%5Fab%5Fcd',
      '?vigia_ab_cd',
      '/vigia_ab_cd',
      '/%76igia_ab_cd',
      '/vigia%5fab%5Fcd',
    ])
      for (const path of ['/v1', '/v1/rpc', '/livez', '/asyncapi.json', '/nothing'])
        expect(await ask(`${path}${query}`), `${path}${query}`).toBe(400);
    expect(await status({ path: `/v1?key=${adminKey}`, headers: bearer })).toBe(400);
  });
  it('in absolute form, as proxies receive it, is refused unread', async () => {
    harness = await startHarness();
    expect(await ask(`http://user:${adminKey}@localhost/livez`)).toBe(400);
    expect(await ask(`http://localhost/v1/rpc?key=${adminKey}`)).toBe(400);
    expect(await ask('//evil.example/livez')).toBe(404);
  });
});

it('a whole address as the target names the host, whatever the header says', async () => {
  harness = await startHarness();
  expect(await ask('http://localhost/schemas.json', { host: 'evil.example' })).toBe(200);
  expect(await ask('http://evil.example/schemas.json')).toBe(403);
  expect(await ask('http://evil.example/livez')).toBe(200);
  expect(await ask('ftp://localhost/livez')).toBe(400);
});
