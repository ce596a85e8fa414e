/**
 * `npx tsx scripts/page-pictures.ts`: the pictures of the page in `docs/pictures/`, of a sample fleet, in
 * both themes, and at the width of a phone. Build first: `npm run build`.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';
import { PNG } from 'pngjs';
import { qrSvg } from '../src/base/qr.ts';
import { adminKey, type Harness } from '../test/control/harness.ts';
import { type PageOptions, TestBrowser } from '../test/page/browser.ts';
import { fortyOf, thousandsOf } from '../test/page/sample-fleet.ts';
import { startSampleServer } from '../test/page/sample-server.ts';

const folder = fileURLToPath(new URL('../docs/pictures/', import.meta.url));
mkdirSync(folder, { recursive: true });

interface Shot extends PageOptions {
  readonly name: string;
  readonly ready: string;
  /** Also as on a phone. */
  readonly onPhone?: boolean;
  /** Opens what has no address of its own. */
  readonly click?: string;
  /** Stands below the first screen. */
  readonly isBelow?: boolean;
}
const desktop = 1_280;
const phone = 390;
const screens: readonly Omit<Shot, 'theme'>[] = [
  { name: 'fleet', onPhone: true, ready: 'tr[data-org]' },
  { name: 'organization', onPhone: true, at: '#/org/optica-luz-del-sur', ready: '.hist li' },
  { name: 'messages', onPhone: true, at: '#/org/bodega-don-aurelio', ready: '.figures', isBelow: true },
  { name: 'pairing', onPhone: true, at: '#/org/panaderia-la-espiga', click: '.acts button', ready: '.qr' },
  { name: 'alerts', onPhone: true, at: '#/alerts', ready: '.al li' },
  { name: 'deliveries', at: '#/deliveries', ready: 'tbody tr' },
  { name: 'keys', at: '#/keys', ready: 'h1' },
  { name: 'server', at: '#/server', ready: '.do li' },
];

/** A page is flat: without filters and without transparency a picture is half as large. */
const save = async (page: Page, name: string): Promise<void> => {
  const picture = PNG.sync.read(await page.screenshot());
  const options = { colorType: 2, deflateLevel: 9, deflateStrategy: 0, filterType: 0 } as const;
  const small = PNG.sync.write(picture, options);
  writeFileSync(`${folder}${name}.png`, small);
};
const take = async (browser: TestBrowser, { server }: Harness, shot: Shot): Promise<void> => {
  const { name, theme = 'light', width = desktop, ready, click, isBelow = false } = shot;
  const page: Page = await browser.open(server.url, { width, key: adminKey, ...shot });
  if (click !== undefined) await page.locator(click).first().click();
  await page.locator(ready).first().waitFor();
  if (isBelow) await page.evaluate(`document.querySelector('${ready}').scrollIntoView({ block: 'center' })`);
  await page.waitForTimeout(800); // the first countdowns, and the marks of the horizon
  const place = width === phone ? '-phone' : '';
  await save(page, `${name}-${theme}${place}`);
  await page.context().close();
};

/** The customer's page, as a server would fill it. Its QR links nothing. */
const customer = {
  status: 'open',
  visit: 'visit_1',
  name: 'Citas en Línea',
  language: 'es',
  returnUrl: null,
  method: null,
  startsLeft: 9,
  attempt: {
    phase: 'waiting',
    reason: null,
    method: 'qr',
    qr: { svg: qrSvg(`2@a-qr-that-links-nothing,${'A'.repeat(120)}=`) },
    code: null,
  },
};
const takeCustomer = async (browser: TestBrowser, { server }: Harness, shot: PageOptions): Promise<void> => {
  const page = await browser.open(server.url, { ...shot, at: 'livez' });
  await page.route('**/v1/link/state', (route) => {
    const expiresAt = new Date(Date.now() + 17_000).toISOString();
    const { attempt } = customer;
    return route.fulfill({
      json: { ...customer, attempt: { ...attempt, qr: { ...attempt.qr, expiresAt } } },
    });
  });
  await page.goto(`${server.url}/link#${'t'.repeat(43)}`);
  await page.getByRole('img').waitFor();
  await page.waitForTimeout(800);
  await save(page, `customer-${shot.theme}${shot.width === phone ? '-phone' : ''}`);
  await page.context().close();
};

const browser = await TestBrowser.start();
const forty = await startSampleServer(fortyOf(Date.now()));
for (const theme of ['light', 'dark'] as const)
  for (const screen of screens)
    for (const width of [desktop, phone]) await take(browser, forty, { ...screen, theme, width });
await takeCustomer(browser, forty, { theme: 'light', width: desktop });
await takeCustomer(browser, forty, { theme: 'dark', width: phone });
await forty.stop();
const outage = await startSampleServer(thousandsOf(Date.now(), 2_000, true));
await take(browser, outage, { name: 'outage', theme: 'dark', ready: 'tr[data-org]' });
await outage.stop();
await browser.close();
