/** The keys of the page: what each does, where none does anything, and how they are switched off. */
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { adminKey, type Harness, limitedKeys } from '../control/harness.ts';
import { until } from '../support/until.ts';
import { TestBrowser } from './browser.ts';
import { startSampleServer } from './sample-server.ts';

let harness: Harness;
let browser: TestBrowser;
beforeAll(async () => {
  harness = await startSampleServer();
  browser = await TestBrowser.start();
});
afterAll(async () => {
  await browser.close();
  await harness.stop();
});
beforeEach(() => void (harness.stub.commands.length = 0));
const open = async (at = '#/') => {
  const page = await browser.open(harness.server.url, { key: adminKey, at });
  await page.locator('h1').waitFor();
  await page.locator('.live .ping').waitFor();
  return page;
};
const heading = (page: Page, text: string) => page.locator('h1', { hasText: text }).waitFor();
const sent = () => harness.stub.commands.map(({ org, command }) => `${org} ${command.type}`);

it('G and a letter open each screen, and Escape leads back to the fleet', async () => {
  const page = await open();
  for (const [letter, title] of [
    ['a', 'alert'],
    ['d', 'endpoint'],
    ['k', 'key'],
    ['s', 'The server'],
  ] as const) {
    await page.keyboard.press('g');
    await page.keyboard.press(letter);
    await heading(page, title);
    await page.keyboard.press('Escape');
    await page.locator('tr[data-org]').first().waitFor();
  }
  await page.context().close();
});
it('R tries the focused row, or the organization of the screen, and never some other', async () => {
  const page = await open();
  await page.locator('tr[data-org]').first().waitFor();
  await page.keyboard.press('r'); // no row has the focus
  const row = page.locator('tr[data-org]:has([aria-keyshortcuts="r"])').first();
  const org = await row.getAttribute('data-org');
  await row.locator('a').first().focus();
  await page.keyboard.press('R');
  await until('the command', () => sent().length > 0);
  expect(sent()).toEqual([`${org} session.retry`]);
  await page.context().close();
});
it('P links the phone of the screen, or asks which one, and keys do nothing inside a dialog', async () => {
  const page = await open();
  await page.locator('tr[data-org]').first().waitFor();
  await page.keyboard.press('p');
  await page.getByLabel('Id of the organization').waitFor();
  await page.keyboard.press('Escape');
  await page.locator('dialog').waitFor({ state: 'detached' });
  await page.evaluate(`location.hash = '#/org/optica-luz-del-sur'`);
  await heading(page, 'Óptica Luz del Sur');
  await page.locator('.acts button').waitFor();
  await page.keyboard.press('p');
  const dialog = page.getByRole('dialog', { name: 'Link the phone of Óptica Luz del Sur' });
  await dialog.waitFor();
  await page.keyboard.press('g');
  await page.keyboard.press('a');
  await dialog.waitFor();
  expect(sent()).toEqual(['optica-luz-del-sur session.pair']);
  await page.context().close();
});
it('S opens the silences of an alert, without choosing one', async () => {
  const page = await open('#/alerts');
  await page.locator('.al select').first().waitFor();
  await page.keyboard.press('s');
  expect(await page.evaluate('document.activeElement.tagName')).toBe('SELECT');
  expect([...harness.stub.alerts.values()].filter(({ silencedUntil }) => silencedUntil)).toHaveLength(1);
  await page.context().close();
});
it('no key works while something is typed, with Ctrl, or when they are switched off', async () => {
  const page = await open();
  await page.locator('#search').fill('gas');
  await page.locator('#search').press('?');
  expect(await page.locator('#search').inputValue()).toBe('gas?');
  await page.locator('#search').fill('');
  await page.locator('h1').click();
  await page.keyboard.press('Control+p');
  await page.keyboard.press('?');
  const dialog = page.getByRole('dialog', { name: 'Keyboard' });
  await dialog.getByLabel('Single keys work on this page').uncheck();
  await page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'detached' });
  await page.keyboard.press('?');
  await page.keyboard.press('p');
  await page.reload();
  await page.locator('tr[data-org]').first().waitFor();
  await page.keyboard.press('p');
  expect(await page.getByRole('dialog').count()).toBe(0);
  await page.getByRole('button', { name: 'all keys' }).click(); // the way to switch them on again
  await dialog.getByLabel('Single keys work on this page').check();
  expect(sent()).toEqual([]);
  await page.context().close();
});
it('a key of the API that may only look has no keys for what it may not do', async () => {
  const keys = limitedKeys({ viewer: { scopes: ['sessions:read'], orgs: '*' } });
  const limited = await startSampleServer(undefined, { keys });
  const page = await browser.open(limited.server.url, { key: 'viewer' });
  await page.locator('tr[data-org]').first().waitFor();
  await page.keyboard.press('p');
  await page.keyboard.press('?');
  const shown = await page.locator('.keys-list dt').allTextContents();
  expect(shown).toEqual(['/', 'JK', 'Enter', 'N', 'GF', 'GS', 'Esc', '?']);
  await page.context().close();
  await limited.stop();
});
