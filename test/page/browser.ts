/**
 * A headless Chromium for the tests of the page. One browser serves a file of tests; each page has a context
 * of its own. Requests to another origin, faults of the page and violations of the policy are noted.
 */
import { existsSync } from 'node:fs';
import { type Browser, chromium, type Page } from 'playwright-core';
import { expect } from 'vitest';
import { whyMissing } from '../support/debian.ts';

const executable = '/usr/bin/chromium';
const flags = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--disable-lcd-text', // pictures are the same on every screen
];
/** A slow machine with other tests beside. */
const patienceMs = 60_000;

const installed = (): void => {
  const why = whyMissing(() => existsSync(executable), 'chromium');
  if (why !== undefined) throw new Error(`The tests of the page need Chromium: ${why}`);
};

export interface PageOptions {
  readonly width?: number;
  readonly language?: string;
  readonly theme?: 'light' | 'dark';
  /** Logged in with it from the start. */
  readonly key?: string;
  /** The fragment of the address. */
  readonly at?: string;
}

export class TestBrowser {
  readonly faults: string[] = [];
  readonly #browser: Browser;
  private constructor(browser: Browser) {
    this.#browser = browser;
  }
  static async start(): Promise<TestBrowser> {
    installed();
    return new TestBrowser(await chromium.launch({ executablePath: executable, args: flags }));
  }
  async open(url: string, options: PageOptions = {}): Promise<Page> {
    const { width = 1_440, language = 'en', theme = 'light', key, at = '' } = options;
    const context = await this.#browser.newContext({
      viewport: { width, height: width < 500 ? 844 : 900 },
      locale: language,
      colorScheme: theme,
      reducedMotion: 'reduce',
      permissions: ['clipboard-read', 'clipboard-write'],
    });
    const page = await context.newPage();
    page.setDefaultTimeout(patienceMs);
    const { origin } = new URL(url);
    page.on('request', (request) => {
      if (new URL(request.url()).origin !== origin) this.faults.push(`a request to ${request.url()}`);
    });
    page.on('pageerror', (error) => this.faults.push(`a fault of the page: ${error.message}`));
    page.on('console', (message) => {
      if (/content security policy/i.test(message.text())) this.faults.push(message.text());
    });
    if (key !== undefined) {
      // once, and not again after a log-out
      const store = [
        `sessionStorage['vigia.key'] ??= sessionStorage['vigia.seen'] ? '' : ${JSON.stringify(key)};`,
        `if (sessionStorage['vigia.key'] === '') sessionStorage.removeItem('vigia.key');`,
        `sessionStorage['vigia.seen'] = '1';`,
      ].join('\n');
      await page.addInitScript(store);
    }
    await page.goto(`${url}/${at}`);
    return page;
  }
  async close(): Promise<void> {
    await this.#browser.close();
    expect(this.faults).toEqual([]);
  }
}
