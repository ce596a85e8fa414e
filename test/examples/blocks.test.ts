/** Every example in a page is run by a test, or a row here says why not. */
import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { textsOfRepository } from '../../scripts/docs/citations.ts';
import { buildProgram } from '../../src/cli/program.ts';
import { parseProxies } from '../../src/config/proxies.ts';
import { adminKey } from '../control/harness.ts';
import { startExampleServer } from '../protocol/example-server.ts';
import { runs, whyMissing } from '../support/debian.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const pages = [...textsOfRepository()].filter(([file]) => file.endsWith('.md'));
const blocks = pages.flatMap(([file, text]) =>
  [...text.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)].map(([, language = '', code = '']) => ({
    page: file,
    language,
    code,
  })),
);
const here = 'test/examples/blocks.test.ts';
const receivers = 'test/examples/receivers.test.ts';
const recipes = 'test/examples/recipes.test.ts';
const drawing = 'not run: a drawing';
const folders = 'not run: a list of folders';
const commands = 'not run: it installs, tests or measures everything; the names in it are checked here';
/** The test of the blocks of one page in one language, or why there is none. */
const checked: Readonly<Record<string, string>> = {
  'CONTRIBUTING.md sh': commands,
  'CONTRIBUTING.md ': folders,
  'README.md js': 'test/client/package.test.ts',
  'README.md mermaid': drawing,
  'README.md sh': commands,
  'docs/engineering/ARCHITECTURE.md ': folders,
  'docs/engineering/BENCHMARKS.md sh': commands,
  'docs/engineering/STATES.md mermaid': drawing,
  'docs/examples/django/README.md sh': 'test/examples/django.test.ts',
  'docs/integrators/CLIENT.md js': 'test/client/package.test.ts',
  'docs/integrators/MESSAGES.md sh': 'test/examples/messages.test.ts',
  'docs/integrators/METHODS.md json': 'test/protocol/examples.test.ts',
  'docs/integrators/METHODS.md sh': here,
  'docs/integrators/PROTOCOL.md sh': here,
  'docs/integrators/RECIPES.md php': recipes,
  'docs/integrators/RECIPES.md python': recipes,
  'docs/integrators/RECIPES.md sh': recipes,
  'docs/integrators/WEBHOOKS.md http': here,
  'docs/integrators/WEBHOOKS.md js': receivers,
  'docs/integrators/WEBHOOKS.md json': receivers,
  'docs/integrators/WEBHOOKS.md php': receivers,
  'docs/integrators/WEBHOOKS.md python': receivers,
  'docs/integrators/WITHOUT-A-PHONE.md sh': 'test/e2e/demo.test.ts',
  'docs/operators/CONFIGURATION.md json': here,
  'docs/operators/METRICS.md yaml': 'not run: a part of the configuration of Prometheus',
};
const blocksOf = (page: string, language: string) =>
  blocks.filter((block) => block.page.endsWith(page) && block.language === language);

it('names a test for every example, or the reason why there is none', () => {
  const found = new Set(blocks.map(({ page, language }) => `${page} ${language}`));
  expect([...found].toSorted()).toEqual(Object.keys(checked).toSorted());
  for (const [, by] of Object.entries(checked))
    expect(by.startsWith('not run: ') || existsSync(join(root, by)), by).toBe(true);
});

it('names in shell commands only scripts, commands and files that exist', () => {
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { scripts: object };
  const nowhere = () => new PassThrough();
  const streams = { stdin: nowhere(), stdout: nowhere(), stderr: nowhere(), env: {} };
  const known = new Set(buildProgram(streams, () => undefined).commands.map((command) => command.name()));
  const named = { scripts: 0, commands: 0, files: 0 };
  for (const { code, page } of blocks.filter(({ language }) => language === 'sh')) {
    for (const [, script = ''] of code.matchAll(/npm run (?:--silent )?([\w:]+)/g)) {
      named.scripts += 1;
      expect(scripts, page).toHaveProperty([script]);
    }
    for (const [, command = ''] of code.matchAll(/^vigia ([a-z]+)/gm)) {
      named.commands += 1;
      expect(known, page).toContain(command);
    }
    for (const [file] of code.matchAll(/\b(?:test|docs|scripts)\/[\w./-]+/g)) {
      named.files += 1;
      expect(existsSync(join(root, file)), `${page}: ${file}`).toBe(true);
    }
  }
  expect(Math.min(named.scripts, named.commands, named.files)).toBeGreaterThan(2);
});

it('shows a webhook with the signature that its secret gives', () => {
  const text = readFileSync(join(root, 'docs/integrators/WEBHOOKS.md'), 'utf8');
  const [, secret = ''] = /signed with `(whsec_[^`]+)`/.exec(text) ?? [];
  const [head = '', body = ''] = (blocksOf('WEBHOOKS.md', 'http')[0]?.code ?? '').trimEnd().split('\n\n');
  const header = (name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(head)?.[1] ?? '';
  const sentAt = new Date(Number(header('webhook-timestamp')) * 1_000);
  expect(new Webhook(secret).sign(header('webhook-id'), sentAt, body)).toBe(header('webhook-signature'));
});

it('shows a file of proxies that the program accepts', () => {
  const [block] = blocksOf('CONFIGURATION.md', 'json');
  expect(parseProxies(block?.code ?? '', 'proxies.json')).toMatchObject({ ok: true });
});

const missing = whyMissing(() => runs('curl', ['--version']), 'curl');
describe.skipIf(missing !== undefined)(`the curl lines${missing ? ` (${missing})` : ''}`, () => {
  const home = mkdtempSync(join(tmpdir(), 'vigia-curl-'));
  let server: Awaited<ReturnType<typeof startExampleServer>>;
  beforeAll(async () => {
    server = await startExampleServer();
    writeFileSync(join(home, '.curlrc'), 'silent\nshow-error\nfail-with-body\n');
  });
  afterAll(async () => {
    await server.stop();
    rmSync(home, { recursive: true });
  });
  const lines = [...blocksOf('METHODS.md', 'sh'), ...blocksOf('PROTOCOL.md', 'sh')].map((block) => ({
    ...block,
    method: /\/v1\/(\S+)/.exec(block.code)?.[1] ?? '',
  }));
  it.each(lines)('of $page for $method gets an answer', async ({ code }) => {
    const script = code.replace('http://127.0.0.1:3000', server.server.url);
    const env = { PATH: process.env['PATH'] ?? '', KEY: adminKey, CURL_HOME: home };
    const { stdout } = await promisify(execFile)('sh', ['-c', script], { env, encoding: 'utf8' });
    expect(JSON.parse(stdout)).not.toHaveProperty('error.code');
  });
});
