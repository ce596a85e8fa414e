/** Programs that check health, balancers, and peers that send no request: clients that nobody can configure. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { selfSigned } from '../../support/certificate.ts';
import { until } from '../../support/until.ts';
import { type Harness, startHarness } from '../harness.ts';

let harness: Harness;
const peers: Socket[] = [];
afterEach(async () => {
  for (const peer of peers.splice(0)) peer.destroy();
  await harness.stop();
});
const dial = async (localAddress = '127.0.0.1') => {
  const port = Number(new URL(harness.server.url).port);
  const peer = connect({ port, host: '127.0.0.1', localAddress });
  peer.on('error', () => undefined);
  peers.push(peer);
  await once(peer, 'connect');
  return peer;
};
const received = (peer: Socket) => {
  const parts: Buffer[] = [];
  peer.on('data', (part: Buffer) => parts.push(part));
  return () => Buffer.concat(parts).toString();
};
/** What the server answers to these lines. */
const exchange = async (...lines: string[]) => {
  const peer = await dial();
  const text = received(peer);
  peer.write(`${lines.join('\r\n')}\r\n\r\n`);
  return until('an answer', () => (text().includes('\r\n\r\n') ? text() : undefined));
};

describe('/livez and /readyz', () => {
  it.each(['/livez', '/healthz', '/readyz'])(
    '%s answers HEAD and OPTIONS as GET, and 405 otherwise',
    async (path) => {
      harness = await startHarness();
      const check = harness.stub[path === '/readyz' ? 'ready' : 'live'];
      for (const status of [200, 503]) {
        const get = await exchange(`GET ${path} HTTP/1.1`, 'Host: localhost', 'Connection: close');
        const head = await exchange(`HEAD ${path} HTTP/1.1`, 'Host: localhost', 'Connection: close');
        expect(get).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
        expect(head.split('\r\n')[0]).toBe(get.split('\r\n')[0]);
        expect(head).toMatch(/content-length: [1-9]/i);
        expect(head.endsWith('\r\n\r\n')).toBe(true);
        const options = await exchange(`OPTIONS ${path} HTTP/1.0`);
        expect(options).toMatch(new RegExp(`^HTTP/1.1 ${status} .*allow: GET, HEAD, OPTIONS`, 'is'));
        check.push({ name: 'x', status: 'fail' });
      }
      for (const method of ['POST', 'PUT', 'DELETE', 'TRACE'])
        expect(await exchange(`${method} ${path} HTTP/1.1`, 'Host: localhost', 'Content-Length: 0')).toMatch(
          /^HTTP\/1.1 405 .*allow: GET, HEAD, OPTIONS/is,
        );
    },
  );
  it('answer with any Host, or none', async () => {
    harness = await startHarness();
    for (const path of ['/livez', '/healthz', '/readyz', '/readyz?verbose']) {
      for (const host of ['10.42.0.7:3000', 'evil.example', '[fe80::1%25eth0]', ':80', ''])
        expect(await exchange(`GET ${path} HTTP/1.1`, `Host: ${host}`), host).toMatch(/^HTTP\/1.1 200 /);
      for (const version of ['1.0', '1.1'])
        expect(await exchange(`HEAD ${path} HTTP/${version}`), version).toMatch(/^HTTP\/1.1 200 /);
    }
    expect(await exchange('GET /schemas.json HTTP/1.1')).toMatch(/^HTTP\/1.1 400 .*no Host header/s);
    expect(await exchange('GET /schemas.json HTTP/1.0')).toMatch(/^HTTP\/1.1 403 .*no Host header/s);
  });
  it('and every other page refuse two Host headers', async () => {
    harness = await startHarness();
    for (const path of ['/livez', '/v1/rpc', '/schemas.json'])
      expect(await exchange(`GET ${path} HTTP/1.1`, 'Host: localhost', 'host: localhost')).toMatch(
        /^HTTP\/1.1 400 .*two Host headers/s,
      );
  });
});

it('headers that are too long, and bytes that are no HTTP, are answered with a sentence', async () => {
  harness = await startHarness();
  expect(await exchange('GET /livez HTTP/1.1', 'Host: localhost', `X: ${'x'.repeat(20_000)}`)).toMatch(
    /^HTTP\/1.1 431 .*"headers_too_large"/s,
  );
  expect(await exchange('hello')).toMatch(/^HTTP\/1.1 400 .*no HTTP request/s);
});

describe('connections that send no request', () => {
  it.each([['HTTP'], ['TLS']])(
    'from 40 addresses keep no probe out (%s)',
    { timeout: 120_000 },
    async (kind) => {
      const tls = kind === 'TLS' ? { tls: selfSigned() } : {};
      harness = await startHarness({ ...tls, limits: { maxConnectionsPerAddress: 50 } });
      const address = (n: number) => `127.0.1.${n + 1}`;
      for (let n = 0; n < 40 * 20; n += 1) await dial(address(n % 40));
      const { port } = new URL(harness.server.url);
      const { request } = await import(kind === 'TLS' ? 'node:https' : 'node:http');
      for (let n = 0; n < 3; n += 1) {
        const asked = request({ port, host: '127.0.0.1', path: '/livez', rejectUnauthorized: false });
        const [response] = await once(asked.end(), 'response');
        expect(response.resume().statusCode).toBe(200);
      }
      await until('the oldest to be closed', () => peers.filter((peer) => peer.closed).length >= 200);
    },
  );
  it('from one address close only its own', { timeout: 60_000 }, async () => {
    harness = await startHarness({ limits: { maxConnectionsPerAddress: 1 } });
    const other = await dial('127.0.0.9');
    for (let n = 0; n < 250; n += 1) await dial('127.0.1.1');
    await until(
      'the bound of the address to close some',
      () => peers.filter((peer) => peer.closed).length >= 149,
    );
    expect(other.closed).toBe(false);
  });
});

it('a connection stays open for the next request longer than balancers keep it', async () => {
  harness = await startHarness();
  const answer = await exchange('GET /livez HTTP/1.1', 'Host: localhost');
  expect(Number(/keep-alive: timeout=(\d+)/i.exec(answer)?.[1])).toBeGreaterThan(600);
});
