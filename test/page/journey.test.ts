/** The page in a real browser, on the real program with the fake WhatsApp. */
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openKeyAdmin } from '../../src/offline/keys.ts';
import { vigia } from '../support/command-line.ts';
import { apiKey, type Program, ProgramHarness } from '../support/program.ts';
import { until } from '../support/until.ts';
import { fictionalPhone, seedCredentials } from '../support/whatsapp/credentials.ts';
import { FakeWhatsApp } from '../support/whatsapp/server.ts';
import { TestBrowser } from './browser.ts';
import { qrOnScreen } from './qr-on-screen.ts';

const whatsapp = new FakeWhatsApp();
let harness: ProgramHarness;
let program: Program;
let url: string;
let browser: TestBrowser;

beforeAll(async () => {
  await whatsapp.listen();
  harness = await ProgramHarness.at(whatsapp.url);
  for (const [index, org] of ['acme', 'bakery', 'clinic'].entries())
    await seedCredentials(harness.org(org), { phone: fictionalPhone(index + 1), device: 1, name: org });
  program = harness.start();
  url = await program.url();
  browser = await TestBrowser.start();
});
afterAll(async () => {
  await browser.close();
  await harness.close();
  await whatsapp.close();
});

const row = (page: Page, org: string) => page.locator(`tr[data-org="${org}"]`);
const shows = (page: Page, org: string, state: string) =>
  row(page, org).locator('.st', { hasText: state }).waitFor();

it('a pasted key logs in, survives a reload, is shown nowhere, and is gone after the log-out', async () => {
  const page = await browser.open(url);
  await page.getByLabel('Key').fill('vigia_wrong_key');
  await page.getByLabel('Key').press('Enter');
  await page.getByText('The server does not accept this key').waitFor();
  await page.getByLabel('Key').fill(apiKey);
  await page.getByLabel('Key').press('Enter');
  for (const org of ['acme', 'bakery', 'clinic']) await shows(page, org, 'Connected');
  expect(await page.content()).not.toContain(apiKey);
  expect(page.url()).not.toContain(apiKey);
  expect(await page.evaluate('JSON.stringify(localStorage)')).not.toContain(apiKey);
  await page.reload();
  await shows(page, 'acme', 'Connected');
  await page.getByRole('button', { name: 'Log out' }).click();
  await page.getByLabel('Key').waitFor();
  expect(await page.evaluate('JSON.stringify(sessionStorage)')).not.toContain(apiKey);
  await page.context().close();
});

it('a session drops and comes back while the viewer looks', async () => {
  const page = await browser.open(url, { key: apiKey });
  await shows(page, 'bakery', 'Connected');
  whatsapp.fault(fictionalPhone(2), { kind: 'failure', reason: 503 });
  whatsapp.strike(fictionalPhone(2), { kind: 'cut', how: 'reset' });
  await shows(page, 'bakery', 'Retrying');
  whatsapp.clearFaults();
  await shows(page, 'bakery', 'Connected');
  await page.context().close();
});

it('the address of "vigia open" logs in once, and its code can be typed', async () => {
  const env = { AUTH_DIR: harness.root, VIGIA_URL: url, VIGIA_API_KEY: apiKey };
  const run = async () => {
    const { code, objects } = await vigia(['open', '--json'], env);
    expect(code).toBe(0);
    return objects()[0] as { readonly address: string; readonly code: string };
  };
  const { address, code } = await run();
  const fragment = new URL(address).hash;
  const page = await browser.open(url, { at: fragment });
  await shows(page, 'acme', 'Connected');
  expect(page.url()).not.toContain(code);
  await page.context().close();
  const second = await browser.open(url, { at: fragment });
  await second.getByText('This code was used already').waitFor();
  const typed = await run();
  await second.getByLabel('Or type the code').fill(typed.code.toLowerCase());
  await second.getByRole('button', { name: 'Log in' }).first().click();
  await shows(second, 'acme', 'Connected');
  await second.context().close();
});

it('a phone scans the QR on the screen', async () => {
  const page = await browser.open(url, { key: apiKey, theme: 'dark' });
  await shows(page, 'acme', 'Connected');
  await page.getByRole('button', { name: 'Link a phone', exact: true }).click();
  await page.getByLabel('Id of the organization').fill('new-customer');
  await page.getByRole('button', { name: 'Show the QR' }).click();
  await page.getByRole('img', { name: /QR code/ }).waitFor();
  const qr = await until('a QR that can be read', () => qrOnScreen(page));
  expect(await whatsapp.scan(qr, { phone: fictionalPhone(9), name: 'New Customer' })).toMatchObject({
    ok: true,
  });
  await page.getByText('The phone is linked.').waitFor();
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  await shows(page, 'new-customer', 'Connected');
  await page.context().close();
});

it('a failed session is tried again with one button', async () => {
  const page = await browser.open(url, { key: apiKey, language: 'es' });
  await shows(page, 'clinic', 'Conectada');
  whatsapp.fault(fictionalPhone(3), { kind: 'failure', reason: 440 });
  whatsapp.strike(fictionalPhone(3), { kind: 'cut', how: 'reset' });
  await shows(page, 'clinic', 'Fallida');
  whatsapp.clearFaults();
  await row(page, 'clinic')
    .getByRole('button', { name: /Probar ahora/ })
    .click();
  await shows(page, 'clinic', 'Conectada');
  await page.context().close();
});

it('a key for two organizations shows these two only', async () => {
  const keys = openKeyAdmin(harness.root);
  const created = await keys.create({ name: 'two', scopes: ['sessions:read'], orgs: ['acme', 'clinic'] });
  if (!created.ok) throw new Error(created.message);
  const page = await browser.open(url, { key: created.key });
  await shows(page, 'acme', 'Connected');
  await shows(page, 'clinic', 'Connected');
  expect(await page.locator('tr[data-org]').count()).toBe(2);
  expect(await page.getByRole('button', { name: 'Link a phone' }).count()).toBe(0);
  await keys.revoke(created.keyId);
  await page.getByText('was revoked or has ended').waitFor();
  await page.context().close();
});

it('the server goes away and comes back, and the page with it', async () => {
  const page = await browser.open(url, { key: apiKey });
  await shows(page, 'acme', 'Connected');
  const port = new URL(url).port;
  await program.kill();
  await page.getByText('This page lost the server at').waitFor();
  program = harness.start({ PORT: port });
  await program.url();
  await page.getByText('Connected again.').waitFor();
  await shows(page, 'acme', 'Connected');
  await page.context().close();
});
