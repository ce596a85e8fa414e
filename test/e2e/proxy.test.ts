/**
 * Organizations that reach WhatsApp through proxies of their own: real sockets, and passwords that nobody
 * gets to see.
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { hurriedPolicy, ProgramHarness } from '../support/program.ts';
import { type FakeProxy, proxyAddress, startHttpProxy, startSocksProxy } from '../support/proxies.ts';
import { until } from '../support/until.ts';
import { fictionalPhone, seedCredentials } from '../support/whatsapp/credentials.ts';
import { FakeWhatsApp } from '../support/whatsapp/server.ts';

const password = 'not-for-your-eyes';
let whatsapp: FakeWhatsApp;
let harness: ProgramHarness;
let http: FakeProxy;
let socks: FakeProxy;
let file = '';
let host = '';
beforeEach(async () => {
  whatsapp = new FakeWhatsApp();
  const url = await whatsapp.listen();
  ({ host } = new URL(url));
  harness = await ProgramHarness.at(url, { ...hurriedPolicy, backoffCapMs: 1_000 });
  [http, socks] = await Promise.all([startHttpProxy(password), startSocksProxy(password)]);
  file = join(harness.root, '..', 'proxies.json');
});
afterEach(async () => {
  const { doubleLogins, deadLogins } = whatsapp.stats();
  await harness.close();
  await whatsapp.close();
  await Promise.all([http.close(), socks.close()]);
  expect({ doubleLogins, deadLogins }).toEqual({ doubleLogins: 0, deadLogins: 0 });
});
const seed = (org: string, n: number) =>
  seedCredentials(harness.org(org), { phone: fictionalPhone(n), device: 1, name: org });
const say = (proxies: object) => writeFile(file, JSON.stringify(proxies));

it('each goes the way that the file says, and the next connection follows a change of it', {
  timeout: 90_000,
}, async () => {
  const [viaHttp, viaSocks] = [proxyAddress('http', http, password), proxyAddress('socks5', socks, password)];
  const wrong = proxyAddress('http', http, `${password}-mistyped`);
  for (const [index, org] of ['everyone', 'socks', 'straight', 'mistyped'].entries())
    await seed(org, index + 1);
  await say({ default: viaHttp, organizations: { socks: viaSocks, straight: null, mistyped: wrong } });
  const program = harness.start({ PROXY_FILE: file, LOG_LEVEL: 'trace' });
  const client = await harness.client(program);
  for (const org of ['everyone', 'socks', 'straight']) await client.reaches(org, 'connected');
  expect([http.passed, socks.passed]).toEqual([[host], [host]]);
  expect(whatsapp.stats().loggedIn).toBe(3);

  const mistyped = await until('the wrong password to be refused', async () => {
    const session = await client.get('mistyped');
    return session?.lastError ? session : undefined;
  });
  expect(mistyped.state).toMatch(/^(retrying|restoring)$/);
  expect(mistyped.lastError).toMatchObject({ reason: 'proxy' });
  expect(await program.untilLogged('connection.proxy_failed', 'mistyped')).toMatchObject({
    why: expect.stringContaining('HTTP 407'),
  });
  expect(http.refused()).toBeGreaterThan(0);

  await writeFile(file, '{ "default": ');
  const [warned] = await until('the broken file to be told', () => {
    const lines = program.logged('proxy_file.unusable');
    return lines.length > 0 && lines;
  });
  expect(warned).toMatchObject({ problems: [`PROXY_FILE: ${file} is not valid JSON.`] });
  await say({ default: viaHttp, organizations: {} });
  await client.reaches('mistyped', 'connected');
  expect(await client.call('session.stop', { orgId: 'straight' })).toMatchObject({ durable: true });
  await client.call('session.restore', { orgId: 'straight' });
  await client.reaches('straight', 'connected');
  expect(http.passed).toEqual([host, host, host]);
  expect(program.output).not.toContain(password);
  expect(program.output).not.toContain(Buffer.from(`operator:${password}`).toString('base64'));
  expect(await program.stop()).toBe(0);
});

it('a proxy that is gone is named: no session is judged for it, and none connects directly', {
  timeout: 90_000,
}, async () => {
  for (const [index, org] of ['acme', 'globex', 'initech', 'umbrella'].entries()) await seed(org, index + 1);
  await say({ default: proxyAddress('socks5', socks, password) });
  await socks.close();
  const program = harness.start({ PROXY_FILE: file });
  const client = await harness.client(program);
  const session = await until('an attempt to fail', async () => {
    const seen = await client.get('acme');
    return seen?.lastError ? seen : undefined;
  });
  expect(session.state).toMatch(/^(retrying|restoring)$/);
  expect(session.lastError).toMatchObject({ reason: 'proxy' });
  await until('each to be tried again', () => program.logged('connection.proxy_failed').length >= 12);
  expect(program.logged('outage.began')).toEqual([]);
  expect(whatsapp.stats()).toMatchObject({ loggedIn: 0, tcpAccepted: 0 });
});

it('HTTPS_PROXY holds where no file says otherwise, and NO_PROXY limits it', {
  timeout: 90_000,
}, async () => {
  await seed('acme', 1);
  const address = proxyAddress('http', http, password);
  const program = harness.start({ https_proxy: address });
  await (await harness.client(program)).reaches('acme', 'connected');
  expect(http.passed).toEqual([host]);
  expect(await program.stop()).toBe(0);
  const direct = harness.start({ HTTPS_PROXY: address, NO_PROXY: 'example.com, 127.0.0.0/8' });
  await (await harness.client(direct)).reaches('acme', 'connected');
  expect(http.passed).toEqual([host]);
});

it('an address that cannot be used is refused at the start, without its password', async () => {
  await say({ organizations: { acme: `http://user:${password}%@127.0.0.1:3128` } });
  const program = harness.start({ PROXY_FILE: file });
  expect(await program.ends()).toBe(2);
  expect(program.output).toContain('organizations.acme: has a % that starts no code');
  expect(program.output).not.toContain(password);
});
