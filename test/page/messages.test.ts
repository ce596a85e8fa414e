/** The counts of messages and the test message, on two programs whose messages the fake server relays. */
import { dirname } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openKeyAdmin } from '../../src/offline/keys.ts';
import type { Scope } from '../../src/protocol/scopes.ts';
import { type End, openTwoEnds } from '../support/messaging.ts';
import { apiKey } from '../support/program.ts';
import { until } from '../support/until.ts';
import { fictionalPhone } from '../support/whatsapp/credentials.ts';
import { TestBrowser } from './browser.ts';

let ends: Awaited<ReturnType<typeof openTwoEnds>>;
let acme: End;
let beta: End;
let browser: TestBrowser;
beforeAll(async () => {
  ends = await openTwoEnds();
  ({ acme, beta } = ends);
  browser = await TestBrowser.start();
});
afterAll(async () => {
  await browser.close();
  await ends.close();
});

const open = async (end: End, key: string = apiKey): Promise<Page> => {
  const page = await browser.open(await end.program.url(), { key, at: `#/org/${end.org}` });
  await page.locator('h1', { hasText: end.org }).waitFor();
  return page;
};
/** Resolves when the card shows it: the page asks again by itself. */
const shows = (page: Page, name: string, value: string | RegExp) =>
  page
    .locator('.figures div')
    .filter({ has: page.getByText(name, { exact: true }) })
    .locator('dd', { hasText: value })
    .waitFor();
const fill = async (page: Page, to: string, text: string) => {
  await page.getByRole('button', { name: 'Send a test message' }).click();
  await page.getByLabel('To the number').fill(to);
  await page.getByLabel('Text', { exact: true }).fill(text);
  await page.getByLabel('Text', { exact: true }).press('Tab'); // the keyboard alone is enough
  await page.keyboard.press('Enter');
};

it('a test message is delivered, and both ends count it', async () => {
  const sender = await open(acme);
  const recipient = await open(beta);
  await shows(sender, 'Sent in 24 hours', '0');
  await shows(recipient, 'Last received', 'never');
  const spaced = `+${beta.phone.slice(0, 2)} ${beta.phone.slice(2)}`;
  await fill(sender, spaced, 'from the page');
  await sender.locator('[data-state="delivered"]').waitFor();
  await sender.locator('.message-steps dt', { hasText: 'Delivered' }).waitFor();
  await until('the message at the other end', () => beta.texts().includes('from the page'));
  await sender.keyboard.press('Escape');
  await shows(sender, 'Sent in 24 hours', '1');
  await shows(sender, 'Last sent', /\d\d:\d\d:\d\d/);
  await shows(recipient, 'Received in 24 hours', '1');
  await shows(recipient, 'Last received', /\d\d:\d\d:\d\d/);
  expect(await recipient.content()).not.toContain('from the page');
  await sender.context().close();
  await recipient.context().close();
});

it('a message to a number without WhatsApp fails with the cause, and another can be sent', async () => {
  const page = await open(acme);
  await fill(page, fictionalPhone(77), 'to no account');
  await page.locator('[data-state="failed"]', { hasText: 'This number has no WhatsApp' }).waitFor();
  await page.getByRole('button', { name: 'Send another' }).click();
  await page.getByLabel('To the number').waitFor();
  await page.context().close();
});

it('a refusal stays in the dialog, beside what caused it', async () => {
  const page = await open(acme);
  await fill(page, '0123456789', 'refused');
  await page.getByRole('dialog').getByText('A recipient is a phone number').waitFor();
  await page.context().close();
});

it('a key sees the counts with a scope of messages only, and sends with messages:send only', async () => {
  const keys = openKeyAdmin(dirname(acme.directory));
  const withScopes = async (...scopes: Scope[]): Promise<Page> => {
    const made = await keys.create({ name: scopes.join(' '), scopes, orgs: '*' });
    if (!made.ok) throw new Error(made.message);
    return open(acme, made.key);
  };
  const reads = await withScopes('sessions:read', 'messages:read');
  await shows(reads, 'Sent in 24 hours', /\d/);
  expect(await reads.getByRole('button', { name: 'Send a test message' }).count()).toBe(0);
  const none = await withScopes('sessions:read');
  await none.locator('.hist li').first().waitFor();
  expect(await none.locator('.messages').count()).toBe(0);
  await reads.context().close();
  await none.context().close();
});
