/**
 * What the library fetches over HTTP goes through the proxy too. `test/e2e/proxy.test.ts` tests its
 * WebSocket.
 */
import { createServer, request } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Socket } from 'node:net';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openProxyRoutes, ProxyFault } from '../../src/whatsapp/proxy.ts';
import { type FakeProxy, proxyAddress, startHttpProxy, startSocksProxy } from '../support/proxies.ts';
import { until } from '../support/until.ts';

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

/** A proxy that answers the first bytes of each connection, and says how many connections are open. */
const answering = async (answer: Buffer | string | undefined) => {
  const open = new Set<Socket>();
  const received: Buffer[] = [];
  const proxy = createTcpServer((socket) => {
    open.add(socket);
    socket.on('close', () => open.delete(socket)).on('error', () => {});
    socket.once('data', (data: Buffer) => {
      received.push(data);
      if (answer !== undefined) socket.write(answer);
    });
  });
  await new Promise<void>((resolve) => proxy.listen(0, '::1', resolve));
  proxies.push({
    at: '',
    passed: [],
    refused: () => 0,
    close: async () => {
      for (const socket of open) socket.destroy();
      await new Promise((resolve) => proxy.close(resolve));
    },
  });
  return { at: `[::1]:${(proxy.address() as AddressInfo).port}`, open, received };
};
const causeOf = (address: string, init: RequestInit = {}) =>
  fetch(`http://${target}/`, { ...openProxyRoutes()(address).fetchOptions, ...init }).then(
    () => undefined,
    (error: Error) => error.cause ?? error,
  );

it.each([
  ['http', 'HTTP/1.1 502 Bad Gateway\r\n\r\n', /HTTP 502/u],
  ['http', 'HTTP/1.1 407 Proxy Authentication Required\r\n\r\n', /HTTP 407\): it wants another/u],
  ['https', 'HTTP/1.1 200 OK\r\n\r\n', /cannot be used: EPROTO/u],
  ['socks5', Buffer.from([5, 0xff]), /cannot be used: Received invalid Socks5/u],
  ['socks4a', Buffer.from([0, 0x5b, 0, 0, 0, 0, 0, 0]), /cannot be used: Socks4/u],
])('%s: a proxy that answers %j is named', async (scheme, answer, message) => {
  const { at } = await answering(answer);
  const cause = await causeOf(`${scheme}://${at}`);
  expect(cause).toBeInstanceOf(ProxyFault);
  expect((cause as ProxyFault).message).toMatch(message);
});

it('a proxy that cannot be found is named', async () => {
  for (const address of ['http://no.such.host.invalid:1', 'socks5://127.0.0.1:1', 'http://127.0.0.1:1'])
    expect(await causeOf(address)).toBeInstanceOf(ProxyFault);
});

it('SOCKS 4 gets an address, and SOCKS 4a the name', async () => {
  const four = await answering(Buffer.from([0, 0x5b, 0, 0, 0, 0, 0, 0]));
  await causeOf(`socks4://user@${four.at}`);
  expect(four.received[0]?.subarray(4, 8)).toEqual(Buffer.from([127, 0, 0, 1]));
  expect(four.received[0]?.subarray(8).toString()).toBe('user\0');
});

it('a proxy that never answers is named, and the connection to it ends', async () => {
  const { at, open } = await answering(undefined);
  const { agent } = openProxyRoutes(1, 50)(`http://${at}`);
  const sent = request({ agent, host: '127.0.0.1', port: 9 });
  const failed = new Promise((resolve) => sent.once('error', resolve));
  sent.end();
  expect(await failed).toEqual(new ProxyFault('the proxy did not answer within 0.05 s'));
  await until('the connection to the proxy to end', () => open.size === 0);
});
