/** A customer without a key opens a pairing link in a browser, and links a phone. */
import { existsSync } from 'node:fs';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Client } from '../support/client.ts';
import { type Program, ProgramHarness } from '../support/program.ts';
import { until } from '../support/until.ts';
import { fictionalPhone } from '../support/whatsapp/credentials.ts';
import { FakeWhatsApp } from '../support/whatsapp/server.ts';

/** Debian's Chromium. Other systems have no browser without a download, so these tests are skipped there. */
const executablePath = '/usr/bin/chromium';
const whatsapp = new FakeWhatsApp();
let harness: ProgramHarness;
let program: Program;
let client: Client;
let browser: Browser;

describe.skipIf(!existsSync(executablePath))('the page of a pairing link', () => {
  beforeAll(async () => {
    harness = await ProgramHarness.at(await whatsapp.listen());
    program = harness.start();
    client = await harness.client(program);
    browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
  }, 60_000);
  afterAll(async () => {
    await browser?.close();
    await harness.close();
    await whatsapp.close();
  });
  const link = async (orgId: string, params: object = {}) => {
    const made = (await client.call('pairing.createLink', { orgId, language: 'en', ...params })) as {
      url: string;
      link: { linkId: string };
    };
    return { url: made.url, linkId: made.link.linkId };
  };
  /** A page, what it complained about, and the other servers that it asked. */
  const openPage = async (url: string, language = 'en') => {
    const context = await browser.newContext({ locale: language, viewport: { width: 390, height: 844 } });
    const page = await context.newPage();
    const complaints: string[] = [];
    const strangers: string[] = [];
    page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('request', (request) => {
      if (!request.url().startsWith(new URL(url).origin)) strangers.push(request.url());
    });
    await page.goto(url);
    return { page, complaints, strangers };
  };
  const heading = (page: Page, text: string) => page.getByRole('heading', { name: text }).waitFor();
  const qrOf = async (orgId: string) =>
    until('a QR', async () => {
      const { pairing } = (await client.call('session.pairing', { orgId })) as {
        pairing: { qr: { text: string } | null } | null;
      };
      return pairing?.qr?.text;
    });

  it('shows the QR, follows the phone to the end, and an event informs the backend', async () => {
    const { url, linkId } = await link('acme', { name: 'Luz', method: 'qr' });
    const { page, complaints, strangers } = await openPage(url);
    await heading(page, 'Luz asks to link your WhatsApp');
    await page.getByRole('button', { name: 'Show the square' }).click();
    await page.getByRole('img', { name: 'A square to scan with WhatsApp' }).waitFor();
    expect(await whatsapp.scan(await qrOf('acme'), { phone: fictionalPhone(1) })).toMatchObject({ ok: true });
    await heading(page, 'Your WhatsApp is linked.');
    const ended = await client.event('the link to end', (e) => e.type === 'pairing.linkEnded');
    expect(ended.data).toMatchObject({ linkId, outcome: 'completed' });
    expect(await client.reaches('acme', 'connected')).toMatchObject({ orgId: 'acme' });
    await page.reload();
    await heading(page, 'Your WhatsApp is linked.');
    expect([complaints, strangers]).toEqual([[], []]);
    await page.context().close();
  }, 60_000);

  it('shows the code to type where WhatsApp is on the same phone, in the language of the link', async () => {
    const { url } = await link('beta', { language: 'pt', method: 'code' });
    const { page } = await openPage(url);
    await page.getByLabel('Número deste telefone').fill(`+${fictionalPhone(2)}`);
    await page.getByRole('button', { name: 'Mostrar o código' }).click();
    const code = (await page.locator('.code').textContent()) ?? '';
    expect(await whatsapp.enterCode(fictionalPhone(2), code)).toMatchObject({ ok: true });
    await heading(page, 'O seu WhatsApp está conectado.');
    await page.context().close();
  }, 60_000);

  it('leaves a code of a mistyped number, and shows the QR instead', async () => {
    const { url } = await link('epsilon');
    const { page } = await openPage(url);
    await page.getByRole('button', { name: 'WhatsApp is on this phone' }).click();
    await page.getByLabel('Number of this phone').fill(fictionalPhone(3));
    await page.getByRole('button', { name: 'Show the code' }).click();
    await page.locator('.code').waitFor();
    await page.getByRole('button', { name: 'Begin again' }).click();
    await page.getByRole('button', { name: 'WhatsApp is on another phone' }).click();
    await page.getByRole('button', { name: 'Show the square' }).click();
    await page.getByRole('img', { name: 'A square to scan with WhatsApp' }).waitFor();
    expect(await whatsapp.scan(await qrOf('epsilon'), { phone: fictionalPhone(4) })).toMatchObject({
      ok: true,
    });
    await heading(page, 'Your WhatsApp is linked.');
    await page.context().close();
  }, 60_000);

  it('refuses a revoked link, one that is open elsewhere and a guessed one, and starts nothing', async () => {
    const { url, linkId } = await link('gamma');
    const first = await openPage(url);
    await heading(first.page, 'Your provider asks to link your WhatsApp');
    const second = await openPage(url);
    await heading(second.page, 'This link is open on another page.');
    await client.call('pairing.revokeLink', { linkId });
    await heading(first.page, 'This link was withdrawn.');
    const third = await openPage(`${url.split('#')[0]}#${'x'.repeat(43)}`);
    await heading(third.page, 'This link does not exist.');
    expect(await client.get('gamma')).toBeUndefined();
    for (const { page } of [first, second, third]) await page.context().close();
  }, 60_000);

  it('is shown in no frame of a foreign site', async () => {
    const { url } = await link('delta');
    const context = await browser.newContext();
    const page = await context.newPage();
    await page.route('https://foreign.example/', (route) =>
      route.fulfill({ contentType: 'text/html', body: `<iframe src="${url}"></iframe>` }),
    );
    await page.goto('https://foreign.example/');
    expect(await page.frames()[1]?.locator('main').count()).toBe(0);
    await context.close();
  }, 60_000);
});
