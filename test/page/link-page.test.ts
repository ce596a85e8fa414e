/** The customer's page of a pairing link: each of its screens, by what the server answers. */
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { qrSvg } from '../../src/base/qr.ts';
import { type Harness, startHarness } from '../control/harness.ts';
import { expectAccessible, expectToFit, looks } from './axe.ts';
import { type PageOptions, TestBrowser } from './browser.ts';

let harness: Harness;
let browser: TestBrowser;
beforeAll(async () => {
  harness = await startHarness();
  browser = await TestBrowser.start();
});
afterAll(async () => {
  await browser.close();
  await harness.stop();
});

const inHalfAMinute = () => new Date(Date.now() + 30_000).toISOString();
const open = {
  status: 'open',
  visit: 'visit_1',
  name: 'Citas en Línea',
  language: null,
  returnUrl: null,
  method: null,
  startsLeft: 10,
  attempt: null,
};
const waiting = (method: 'qr' | 'code') => ({
  phase: 'waiting',
  reason: null,
  method,
  qr: method === 'qr' ? { svg: qrSvg('2@links-nothing,'.repeat(12)), expiresAt: inHalfAMinute() } : null,
  code: method === 'code' ? { text: '7K3Q9TWM', expiresAt: inHalfAMinute() } : null,
});
const screens = {
  ready: open,
  'ready for a code': { ...open, method: 'code' },
  'a failed attempt': { ...open, attempt: { phase: 'failed', reason: 'wrong_account' } },
  'the QR': { ...open, attempt: waiting('qr') },
  'the code': { ...open, method: 'code', attempt: waiting('code') },
  linking: { ...open, attempt: { phase: 'linking', reason: null } },
  done: { ...open, status: 'completed', returnUrl: 'https://citas.example/done' },
  expired: { ...open, status: 'expired' },
};
type Refusal = { readonly status: number; readonly code: string; readonly message: string };
/** A page whose server answers what the test sets. */
const visit = async (options: PageOptions, state: object, refusal?: Refusal) => {
  const page = await browser.open(harness.server.url, { ...options, at: 'livez' });
  await page.clock.install();
  const answers = { state, asked: 0 };
  await page.route('**/v1/link/state', (route) => {
    answers.asked += 1;
    return route.fulfill({ json: answers.state });
  });
  await page.route('**/v1/link/start', (route) =>
    refusal
      ? route.fulfill({ status: refusal.status, json: { error: refusal } })
      : route.fulfill({ json: answers.state }),
  );
  await page.goto(`${harness.server.url}/link#${'t'.repeat(43)}`);
  await page.locator('h1').waitFor();
  return { page, answers };
};
/** Every screen in one page, without the wait between two requests. */
const walk = async (options: PageOptions, look: (page: Page, name: string) => Promise<void>) => {
  const { page, answers } = await visit(options, open);
  for (const [name, state] of Object.entries(screens)) {
    answers.state = { ...state, visit: name };
    const before = answers.asked;
    if (state.status === 'open') await page.clock.runFor(2_500);
    else await page.reload(); // a page that is over asks no more
    await polls(answers, before + 1 - answers.asked);
    await look(page, name);
  }
  await page.context().close();
};
const polls = async (answers: { readonly asked: number }, more: number) => {
  const before = answers.asked;
  await expect.poll(() => answers.asked, { timeout: 60_000 }).toBeGreaterThanOrEqual(before + more);
};

it.each(looks)('axe finds nothing on any of its screens in $language, $theme, at $width px', async (look) => {
  await walk(look, expectAccessible);
});
it.each([320, 390, 800, 1_920])('no screen of it is wider than %d px', async (width) => {
  await walk({ width, language: 'es' }, expectToFit);
});
it('a refused start stays on the screen, in its language, with the number that was typed', async () => {
  const refusal = { status: 409, code: 'not_started', message: 'It cannot be started now.' };
  const { page, answers } = await visit({ language: 'es' }, { ...open, method: 'code' }, refusal);
  await page.getByLabel('Número de este teléfono').fill('51 900 555 014');
  await page.getByRole('button', { name: 'Mostrar el código' }).click();
  const alert = page.getByRole('alert');
  await alert.getByText('Ahora no se puede empezar. Prueba de nuevo en un minuto.').waitFor();
  answers.state = { ...open, method: 'code', startsLeft: 9 }; // the start was counted
  await polls(answers, 2);
  expect(await alert.count()).toBe(1);
  expect(await page.getByLabel('Número de este teléfono').inputValue()).toBe('51 900 555 014');
  answers.state = { ...open, method: 'code', attempt: waiting('code') };
  await page.getByText('7K3Q9TWM').waitFor();
  expect(await alert.count()).toBe(0);
  await page.context().close();
});
it('one answer that does not come leaves the QR, and a longer silence is shown', async () => {
  const { page } = await visit({}, { ...open, attempt: waiting('qr') });
  await page.getByRole('img', { name: 'A square to scan' }).waitFor();
  let lost = 0;
  await page.route('**/v1/link/state', (route) => {
    lost += 1;
    return lost === 1 || lost > 2 ? route.abort() : route.fallback();
  });
  await expect.poll(() => lost, { timeout: 60_000 }).toBeGreaterThanOrEqual(2);
  expect(await page.getByRole('img', { name: 'A square to scan' }).count()).toBe(1);
  await page.getByText('No connection.').waitFor();
  await page.unroute('**/v1/link/state');
  await page.context().close();
});
it('the customer changes between the two phones, and copies the code', async () => {
  const { page, answers } = await visit({ width: 390 }, open);
  await page.getByRole('button', { name: 'WhatsApp is on this phone' }).click();
  await page.getByLabel('Number of this phone').fill('123');
  await page.getByRole('button', { name: 'Show the code' }).click();
  expect(await page.evaluate('document.activeElement.id')).toBe('phone'); // too short: nothing was sent
  await page.getByRole('button', { name: 'WhatsApp is on another phone' }).click();
  await page.getByRole('button', { name: 'Show the square' }).waitFor();
  answers.state = screens['the code'];
  await page.getByRole('button', { name: 'Copy the code' }).click();
  await page.getByRole('button', { name: 'Copied' }).waitFor();
  expect(await page.evaluate('navigator.clipboard.readText()')).toBe('7K3Q9TWM');
  await page.context().close();
});
