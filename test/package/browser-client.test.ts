/** `dist/browser/client.js` as a page of another origin uses it: one file, without a bundler, in Chromium. */
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { adminKey, type Harness, startHarness, viewOf } from '../control/harness.ts';
import { TestBrowser } from '../page/browser.ts';

const bundle = readFileSync(fileURLToPath(new URL('../../dist/browser/client.js', import.meta.url)), 'utf8');
const script = (url: string) => `
  import { connect } from './client.js';
  const vigia = connect({ url: ${JSON.stringify(url)}, apiKey: ${JSON.stringify(adminKey)} });
  vigia.subscribe({ topics: ['sessions'], orgs: ['acme'] }, (update) => {
    if (update.kind === 'snapshot') document.title = update.sessions[0].state;
    if (update.kind === 'event') document.title = update.event.data.session.state;
  });`;

let site: Server;
let origin: string;
let harness: Harness;
let browser: TestBrowser;
let page = '';
beforeAll(async () => {
  site = createServer((request, response) => {
    const isScript = request.url?.endsWith('.js') === true;
    response.setHeader('content-type', isScript ? 'text/javascript' : 'text/html');
    response.end(isScript ? bundle : page);
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => site.once('listening', resolve));
  origin = `http://127.0.0.1:${(site.address() as AddressInfo).port}`;
  harness = await startHarness({ allowedOrigins: [origin] });
  browser = await TestBrowser.start();
});
afterAll(async () => {
  await browser.close();
  await harness.stop();
  site.close();
});

it('the client for browsers is one file that loads no other', () => {
  expect(bundle).not.toMatch(/\bimport\s*[{("']|\brequire\(/);
});
it('a page loads it as it is, and watches a session change', async () => {
  page = `<!doctype html><title>waits</title><script type="module">${script(harness.server.url)}</script>`;
  const tab = await browser.open(origin);
  await tab.waitForFunction(`document.title === 'connected'`);
  const view = { ...viewOf('acme'), state: 'retrying', liveness: null, revision: 99 } as const;
  harness.sessions.set('acme', view);
  harness.feed.publish({
    type: 'session.updated',
    org: 'acme',
    view,
    previousState: 'connected',
    cause: 'connection.closed',
    durable: true,
  });
  await tab.waitForFunction(`document.title === 'retrying'`);
  await tab.context().close();
});
