/** Below a path of a proxy: all addresses of both pages are relative. */
import { createServer, request, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { adminKey, type Harness } from '../control/harness.ts';
import { TestBrowser } from './browser.ts';
import { startSampleServer } from './sample-server.ts';

const prefix = '/whatsapp/vigia';
let harness: Harness;
let browser: TestBrowser;
let proxy: Server;
let url: string;

/** Passes on what is below the prefix, without it, and WebSockets too. Every other address is refused. */
const startProxy = async (to: URL): Promise<Server> => {
  const inside = (path = '') => (path.startsWith(`${prefix}/`) ? path.slice(prefix.length) : undefined);
  const server = createServer((received, response) => {
    const path = inside(received.url);
    if (path === undefined) return response.writeHead(404).end();
    const options = { host: to.hostname, port: to.port, path, method: received.method };
    const passed = request({ ...options, headers: received.headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    return received.pipe(passed.on('error', () => response.destroy()));
  });
  server.on('upgrade', (received, socket) => {
    const path = inside(received.url);
    if (path === undefined) return void socket.destroy();
    const passed = connect(Number(to.port), to.hostname, () => {
      const pairs = Array.from({ length: received.rawHeaders.length / 2 }, (_, n) =>
        received.rawHeaders.slice(2 * n, 2 * n + 2).join(': '),
      );
      passed.write([`GET ${path} HTTP/1.1`, ...pairs, '', ''].join('\r\n'));
      socket.pipe(passed).pipe(socket);
    });
    for (const one of [passed, socket]) {
      one.on('error', () => one.destroy());
      one.on('close', () => [passed, socket].map((other) => other.destroy()));
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
};
beforeAll(async () => {
  harness = await startSampleServer();
  browser = await TestBrowser.start();
  proxy = await startProxy(new URL(harness.server.url));
  url = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}${prefix}`;
});
afterAll(async () => {
  await browser.close();
  proxy.closeAllConnections();
  proxy.close();
  await harness.stop();
});

it('the page loads, logs in, shows the fleet live, and reads the health of the server', async () => {
  const page = await browser.open(url);
  await page.getByLabel('Key').fill(adminKey);
  await page.getByLabel('Key').press('Enter');
  await page.locator('tr[data-org]').first().waitFor();
  await page.locator('.live .ping').waitFor();
  await page.evaluate(`location.hash = '#/server'`);
  await page.getByText('Gate to WhatsApp').waitFor();
  expect(new URL(page.url()).pathname).toBe(`${prefix}/`);
  await page.context().close();
});
it('the page of a pairing link asks the server below the same path', async () => {
  const page = await browser.open(url, { at: `link#${'x'.repeat(43)}` });
  await page.getByText('This link does not exist.').waitFor();
  await page.context().close();
});
