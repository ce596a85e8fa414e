/** Links a phone from the page: by a code, and by a link that a customer opens without a key. */
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { apiKey, type Program, ProgramHarness } from '../support/program.ts';
import { until } from '../support/until.ts';
import { fictionalPhone } from '../support/whatsapp/credentials.ts';
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
  program = harness.start();
  url = await program.url();
  browser = await TestBrowser.start();
});
afterAll(async () => {
  await browser.close();
  await harness.close();
  await whatsapp.close();
});

const openDialog = async (id: string) => {
  const page = await browser.open(url, { key: apiKey });
  await page.getByRole('button', { name: /^Link (a|the first) phone$/ }).click();
  await page.getByLabel('Id of the organization').fill(id);
  return page;
};
const shows = (page: Page, org: string, state: string) =>
  page.locator(`tr[data-org="${org}"] .st`, { hasText: state }).waitFor();

it('a phone is linked by the code on the screen', async () => {
  const page = await openDialog('by-code');
  await page.getByRole('button', { name: 'Show the QR' }).click();
  await page.getByRole('img', { name: /QR code/ }).waitFor();
  const phone = fictionalPhone(1);
  await page.getByLabel('Number of the phone').fill(`+${phone}`);
  await page.getByRole('button', { name: 'Get a code' }).click();
  const shown = await page.locator('.code [aria-hidden]').textContent();
  expect(shown).toMatch(/^[A-Z0-9]{4}-[A-Z0-9]{4}$/);
  expect(await whatsapp.enterCode(phone, (shown ?? '').replace('-', ''))).toMatchObject({ ok: true });
  await page.getByText('The phone is linked.').waitFor();
  await shows(page, 'by-code', 'Connected');
  await page.context().close();
});
it('a customer without a key links by a link that the page made, and the page follows it', async () => {
  const page = await openDialog('by-link');
  await page.getByRole('button', { name: 'Send a link…' }).click();
  await page.getByLabel('Who asks').fill('Citas en Línea');
  await page.getByLabel('It works for').selectOption('hour');
  await page.getByRole('button', { name: 'Make a link' }).click();
  await page.getByRole('button', { name: 'Copy the link' }).click();
  await page.getByRole('button', { name: 'Copied' }).waitFor();
  const address = String(await page.evaluate('navigator.clipboard.readText()'));
  expect(address).toMatch(/\/link#[\w-]{43}$/);
  expect(await page.evaluate('JSON.stringify([{ ...localStorage }, { ...sessionStorage }])')).not.toContain(
    address.split('#')[1],
  );
  const customer = await browser.open(url, { at: `link${new URL(address).hash}` });
  await customer.getByText('Citas en Línea asks to link your WhatsApp').waitFor();
  await customer.getByRole('button', { name: 'Show the square' }).click();
  await customer.getByRole('img').waitFor();
  const qr = await until('a QR that can be read', () => qrOnScreen(customer));
  await page.getByText('1 of 10 starts').waitFor({ state: 'detached' });
  expect(await whatsapp.scan(qr, { phone: fictionalPhone(2), name: 'By Link' })).toMatchObject({ ok: true });
  await customer.getByText('Your WhatsApp is linked.').waitFor();
  await page.getByText('The phone is linked.').waitFor();
  await shows(page, 'by-link', 'Connected');
  for (const one of [page, customer]) await one.context().close();
});
it('a link that the page revokes opens nothing, and its address is taken from the screen', async () => {
  const page = await openDialog('withdrawn');
  await page.getByRole('button', { name: 'Send a link…' }).click();
  await page.getByRole('button', { name: 'Make a link' }).click();
  const address = (await page.locator('.made-link .cmd span').textContent()) ?? '';
  const customer = await browser.open(url, { at: `link${new URL(address).hash}` });
  await customer.getByRole('button', { name: 'Show the square' }).waitFor();
  await page.getByRole('button', { name: /^Revoke/ }).click();
  await customer.getByText('This link was withdrawn.').waitFor();
  await page.locator('.links', { hasText: 'revoked' }).waitFor();
  await until('the address to go', async () => !(await page.content()).includes(address));
  for (const one of [page, customer]) await one.context().close();
});
it('the page tries at once to reach a lost server when its button is pressed', async () => {
  const page = await browser.open(url, { key: apiKey });
  await shows(page, 'by-code', 'Connected');
  await page.clock.install();
  const { port } = new URL(url);
  await program.stop();
  const button = page.getByRole('button', { name: 'Try now' });
  await page.locator('.ban').waitFor();
  await page.clock.pauseAt(new Date(Date.now() + 3_600_000)); // by itself it tries no more
  program = harness.start({ PORT: port });
  await program.url();
  await until('the connection', async () => {
    if (await button.isEnabled({ timeout: 500 }).catch(() => false)) await button.click();
    await page.clock.runFor(20);
    return (await page.locator('.live .ping').count()) > 0;
  });
  await page.context().close();
});
