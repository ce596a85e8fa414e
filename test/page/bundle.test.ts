/** What `npm run build` leaves in `dist/page/`, and what the server says about it. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { afterEach, expect, it } from 'vitest';
import { type Harness, startHarness } from '../control/harness.ts';

const folder = fileURLToPath(new URL('../../dist/page/', import.meta.url));
const assets = readdirSync(join(folder, 'assets')).map((name) => `assets/${name}`);
let harness: Harness | undefined;
afterEach(async () => {
  await harness?.stop();
  harness = undefined;
});

it('the page is smaller than 90 kB when it travels', () => {
  const sizes = ['index.html', ...assets].map((name) => gzipSync(readFileSync(join(folder, name))).length);
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(90_000);
});
it('has relative addresses only, and nothing inline', () => {
  const html = readFileSync(join(folder, 'index.html'), 'utf8');
  const addresses = [...html.matchAll(/(?:src|href)="([^"#][^"]*)"/g)].map((match) => match[1]);
  expect(addresses.length).toBeGreaterThanOrEqual(3);
  expect(addresses.filter((address) => !address?.startsWith('./assets/'))).toEqual([]);
  expect(html).not.toMatch(/<style|style="|<script[^>]*>[^<]| on[a-z]+="/);
});
it('has no name of a source file, nor any other mark of a development build', () => {
  for (const name of assets)
    expect(readFileSync(join(folder, name), 'utf8'), name).not.toMatch(/\.tsx|lineNumber/);
});
it('is served without a key: assets for ever, the page itself never from a cache', async () => {
  harness = await startHarness();
  const { url } = harness.server;
  const page = await fetch(`${url}/`);
  expect(page.status).toBe(200);
  expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
  expect(page.headers.get('cache-control')).toBe('no-cache');
  expect(page.headers.get('content-security-policy')).toMatch(/^default-src 'none'; script-src 'self';/);
  expect(page.headers.get('content-security-policy')).not.toContain('unsafe');
  for (const path of assets) {
    const asset = await fetch(`${url}/${path}`);
    expect(asset.headers.get('cache-control'), path).toBe('public, max-age=31536000, immutable');
    expect(await asset.text(), path).toBe(readFileSync(join(folder, path), 'utf8'));
  }
  expect((await fetch(`${url}/`, { method: 'HEAD' })).status).toBe(200);
  expect((await fetch(`${url}/`, { method: 'POST' })).status).toBe(404);
  expect((await fetch(`${url}/assets/`)).status).toBe(404);
  expect((await fetch(`${url}/assets/..%2findex.html`)).status).toBe(404);
});
