/** Alerts, deliveries, keys, events and the log-out: what their buttons do. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { adminKey, type Harness } from '../control/harness.ts';
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
const open = (at: string, key = adminKey) => browser.open(harness.server.url, { key, at });

it('an alert is silenced for four hours, and sends notices again', async () => {
  const page = await open('#/alerts');
  const alert = page.locator('[data-alert="SessionLoggedOut"]');
  await alert.locator('select').selectOption('four');
  await alert.getByText('silent until').waitFor();
  const silenced = Date.parse(harness.stub.alerts.get('a')?.silencedUntil ?? '');
  expect(silenced - Date.now()).toBeGreaterThan(3.9 * 3_600_000);
  await alert.getByRole('button', { name: 'Send notices again' }).click();
  await alert.locator('select').waitFor();
  expect(harness.stub.alerts.get('a')?.silencedUntil).toBeNull();
  await page.context().close();
});

it('an endpoint is tested, and a refusal stays beside the delivery that caused it', async () => {
  harness.stub.tests.set('api.citas', { status: 204, error: null, durationMs: 12 });
  const page = await open('#/deliveries');
  await page.getByRole('button', { name: 'Send a test: api.citas' }).click();
  await page.getByText('the test was answered 204, after 12 ms').waitFor();
  const row = page.locator('tbody tr').first();
  await row.waitFor();
  harness.stub.deliveries.length = 0;
  await row.getByRole('button').click();
  await page.locator('tbody .err').waitFor();
  await page.context().close();
});

it('a key that was made is shown once, and is listed', async () => {
  const page = await open('#/keys');
  await page.getByRole('button', { name: 'Make a key' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Name').fill('citas-backend');
  await dialog.getByLabel('sessions:pair').check();
  await dialog.getByLabel('Organizations').fill('optica-miraflores, clinica-san-rafael');
  await dialog.getByRole('button', { name: 'Make a key' }).click();
  await page.getByText('It is shown once, and not kept.').waitFor();
  await page.reload();
  await page.locator('h1', { hasText: 'key' }).waitFor();
  expect(await page.getByText('It is shown once').count()).toBe(0);
  await page.context().close();
});

it('the events arrive live, and can be paused', async () => {
  const page = await open('#/events');
  await page.locator('h1', { hasText: 'Live events' }).waitFor();
  await page.locator('.events li', { hasText: 'pairing.updated' }).waitFor(); // it has subscribed
  const view = [...harness.sessions.values()][1]!;
  const publish = () =>
    harness.feed.publish({
      type: 'session.updated',
      org: view.org,
      view,
      previousState: 'retrying',
      cause: 'connection.pinged',
      durable: true,
    });
  publish();
  await page.getByText('retrying → connected, connection.pinged').waitFor();
  await page.getByRole('button', { name: 'Pause' }).click();
  publish();
  publish();
  expect(await page.locator('.events li', { hasText: 'session.updated' }).count()).toBe(1);
  await page.context().close();
});

it('on paper the whole fleet is printed, in black on white, without what one presses', async () => {
  const page = await browser.open(harness.server.url, { key: adminKey, theme: 'dark' });
  await page.locator('tr[data-org]').first().waitFor();
  await page.emulateMedia({ media: 'print' });
  await page.evaluate(`dispatchEvent(new Event('beforeprint'))`);
  await page.locator(`tr[data-org]:nth-child(${harness.sessions.size})`).waitFor();
  for (const part of ['.nav', '.bar', '.kb', '.act .b'])
    expect(await page.locator(part).first().isVisible(), part).toBe(false);
  const ink = await page.evaluate(`getComputedStyle(document.querySelector('h1')).color`);
  expect(ink).toBe('rgb(19, 36, 44)');
  await page.context().close();
});

it('the server shows its configuration, and nothing of it to a key that may not', async () => {
  const page = await open('#/server');
  await page.locator('.settings', { hasText: 'LOG_LEVEL' }).first().waitFor();
  await page.locator('.settings-card summary').click();
  await page.getByText('SCAN_INTERVAL_MS').waitFor();
  await page.context().close();
});

it('a log-out needs the id of the organization, letter by letter', async () => {
  const page = await open('#/org/optica-miraflores');
  await page.getByRole('button', { name: 'Log out…' }).click();
  const dialog = page.getByRole('dialog');
  const confirm = dialog.getByRole('button', { name: 'Log out' });
  await dialog.getByLabel('Type optica-miraflores to confirm').fill('optica-miraflore');
  expect(await confirm.isDisabled()).toBe(true);
  await dialog.getByLabel('Type optica-miraflores to confirm').fill('optica-miraflores');
  await confirm.click();
  const sent = () => harness.stub.commands.find(({ command }) => command.type === 'session.logout');
  await until('the command', sent);
  expect(sent()?.org).toBe('optica-miraflores');
  await page.context().close();
});
