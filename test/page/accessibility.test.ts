/** axe-core on every screen: both themes, three languages, desktop and phone; and no screen is too wide. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { adminKey, type Harness } from '../control/harness.ts';
import { expectAccessible as check, looks } from './axe.ts';
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

const addresses = [
  '#/',
  '#/org/optica-luz-del-sur',
  '#/alerts',
  '#/deliveries',
  '#/keys',
  '#/server',
  '#/events',
];
it.each(looks)('axe finds nothing in $language, $theme, at $width px', async (look) => {
  const page = await browser.open(harness.server.url, { ...look, key: adminKey });
  await page.locator('tr[data-org]').first().waitFor();
  for (const address of addresses) {
    await page.evaluate(`location.hash = '${address}'`);
    await page.locator('h1').waitFor();
    await check(page, address);
  }
  await page.context().close();
});
it.each(looks)('the dialogs and the log-in, too, in $language, $theme, at $width px', async (look) => {
  const page = await browser.open(harness.server.url, {
    ...look,
    key: adminKey,
    at: '#/org/bodega-don-aurelio',
  });
  await page.locator('.do .b.d').click();
  await page.locator('dialog[open] #confirm').waitFor();
  await check(page, 'log out');
  await page.keyboard.press('Escape');
  await page.locator('dialog').waitFor({ state: 'detached' });
  await page.locator('.top .r button').click();
  await page.locator('#key').waitFor();
  await check(page, 'log in');
  await page.context().close();
});

it('the keyboard reaches the search and the rows, and the focus follows the screen', async () => {
  const page = await browser.open(harness.server.url, { key: adminKey });
  await page.locator('tr[data-org]').first().waitFor();
  const focused = () => page.evaluate('document.activeElement.textContent');
  await page.keyboard.press('j');
  expect(await focused()).toBe('Clínica Dental Sonrisa');
  await page.keyboard.press('n');
  expect(await focused()).toBe('Clínica Dental Sonrisa');
  await page.keyboard.press('/');
  await page.keyboard.type('MIRAFLORES');
  expect(await page.locator('tr[data-org]').count()).toBe(1);
  await page.locator('tr[data-org] a').press('Enter');
  await page.locator('h1', { hasText: 'Óptica Miraflores' }).waitFor();
  expect(await focused()).toBe('Óptica Miraflores');
  await page.context().close();
});
