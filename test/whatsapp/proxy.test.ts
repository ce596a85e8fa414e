/** What the library fetches over HTTP goes through the proxy too: its WebSocket is tried in `test/e2e/proxy.test.ts`. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openWays } from '../../src/whatsapp/proxy.ts';
import { type FakeProxy, proxyAddress, startHttpProxy, startSocksProxy } from '../support/proxies.ts';

const password = 'not-for-your-eyes';
const server = createServer((_request, response) => response.end('history'));
let target = '';
let proxies: FakeProxy[] = [];
beforeEach(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  target = `127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(async () => {
  for (const proxy of proxies) await proxy.close();
  proxies = [];
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

it.each([
  ['http', startHttpProxy],
  ['socks5', startSocksProxy],
] as const)('fetches through %s', async (scheme, start) => {
  const proxy = await start(password);
  proxies.push(proxy);
  const through = openWays();
  const fetched = await fetch(`http://${target}/`, through(proxyAddress(scheme, proxy, password)).fetching);
  expect([await fetched.text(), proxy.passed]).toEqual(['history', [target]]);

  await expect(fetch(`http://${target}/`, through(proxyAddress(scheme, proxy, 'mistyped')).fetching)).rejects.toThrow();
  expect([proxy.passed.length, proxy.refused()]).toEqual([1, 1]);
});

it('keeps one way for each address, and forgets the one that was asked for longest ago', () => {
  const through = openWays(2);
  const [a, b] = [through('http://a:1'), through('socks5://b:1')];
  expect([through('http://a:1'), through('socks5://b:1')]).toEqual([a, b]);
  expect(through('http://a:1')).toBe(a);
  through('http://c:1');
  expect(through('http://a:1')).toBe(a);
  expect(through('socks5://b:1')).not.toBe(b);
});
