/** axe-core on every screen: both themes, three languages, desktop and phone; and no screen is too wide. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { adminKey, type Harness } from '../control/harness.ts';
import { expectAccessible as check, expectToFit, looks } from './axe.ts';
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
  const settled = () => page.locator('dialog').waitFor({ state: 'detached' });
  await page.locator('.messages .card-warning').first().waitFor();
  await page.locator('.messages .b').click();
  await page.locator('dialog[open] #test-to').fill('+51 900 555 001');
  await check(page, 'a test message');
  await page.locator('dialog[open] .b.p').click();
  await page.locator('dialog[open] [data-state]').waitFor();
  await check(page, 'its state');
  await page.keyboard.press('Escape');
  await settled();
  await page.keyboard.press('?');
  await page.locator('dialog[open] .keys-list').waitFor();
  await check(page, 'the keys of the keyboard');
  await page.keyboard.press('Escape');
  await settled();
  await page.evaluate(`location.hash = '#/keys'`);
  await page.locator('.pgh .b.p').click();
  await page.locator('dialog[open] #key-name').waitFor();
  await check(page, 'make a key');
  await page.keyboard.press('Escape');
  await settled();
  await page.evaluate(`location.hash = '#/server'`);
  await page.locator('.settings-card summary').click();
  await check(page, 'the configuration');
  await page.evaluate(`location.hash = '#/'`);
  await page.locator('.bar .b.p').click();
  await page.locator('dialog[open] #new-org').fill('panaderia-la-espiga');
  await check(page, 'the id of the organization');
  await page.locator('dialog[open] .row-end .b:not(.p)').click();
  await page.locator('dialog[open] #link-name').waitFor();
  await check(page, 'a link for the customer');
  await page.locator('dialog[open] .link-form .b.p').click();
  await page.locator('dialog[open] .links li').first().waitFor();
  await check(page, 'the link that was made');
  await page.locator('dialog[open] .row-end .b.q').click();
  await page.locator('dialog[open] .qr').waitFor();
  await check(page, 'the QR');
  await page.keyboard.press('Escape');
  await settled();
  await page.locator('.top .r button').click();
  await page.locator('#key').waitFor();
  await check(page, 'log in');
  await page.context().close();
});

it('no screen is wider than 320 px, the width of a page enlarged four times', async () => {
  const page = await browser.open(harness.server.url, { width: 320, language: 'es', key: adminKey });
  await page.locator('tr[data-org]').first().waitFor();
  for (const address of addresses) {
    await page.evaluate(`location.hash = '${address}'`);
    await page.locator('h1').waitFor();
    await expectToFit(page, address);
  }
  await page.evaluate(`location.hash = '#/org/panaderia-la-espiga'`);
  await page.locator('.acts button').click();
  await page.locator('.qr').waitFor();
  await expectToFit(page, 'the QR');
  const { x, width } = (await page.locator('.qr').boundingBox()) ?? { x: -1, width: 0 };
  expect([x >= 0, x + width <= 320]).toEqual([true, true]);
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
