/**
 * What the library fetches over HTTP goes through the proxy too. `test/e2e/proxy.test.ts` tests its
 * WebSocket.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openProxyRoutes } from '../../src/whatsapp/proxy.ts';
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
  const through = openProxyRoutes();
  const fetched = await fetch(
    `http://${target}/`,
    through(proxyAddress(scheme, proxy, password)).fetchOptions,
  );
  expect(await fetched.text()).toBe('history');
  expect(proxy.passed).toEqual([target]);

  await expect(
    fetch(`http://${target}/`, through(proxyAddress(scheme, proxy, 'mistyped')).fetchOptions),
  ).rejects.toThrow();
  expect(proxy.passed).toHaveLength(1);
  expect(proxy.refused()).toBe(1);
});

it('keeps one route for each address, and drops the one that was asked for longest ago', () => {
  const through = openProxyRoutes(2);
  const [a, b] = [through('http://a:1'), through('socks5://b:1')];
  expect(through('http://a:1')).toBe(a);
  expect(through('socks5://b:1')).toBe(b);
  expect(through('http://a:1')).toBe(a);
  through('http://c:1');
  expect(through('http://a:1')).toBe(a);
  expect(through('socks5://b:1')).not.toBe(b);
});
