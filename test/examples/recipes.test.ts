/** The recipes of docs/integrators/RECIPES.md, with the built program and the fake WhatsApp server. */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Client } from '../support/client.ts';
import { runs, whyMissing } from '../support/debian.ts';
import { apiKey, ProgramHarness } from '../support/program.ts';
import { until } from '../support/until.ts';
import { fictionalPhone } from '../support/whatsapp/credentials.ts';
import { FakeWhatsApp } from '../support/whatsapp/server.ts';
import { whyNoPython } from './python.ts';

const folder = join(import.meta.dirname, '../../docs/examples/recipes');
const languages = {
  curl: {
    command: ['sh', join(folder, 'recipes.sh')],
    why: () => whyMissing(() => runs('curl', ['--version']), 'curl'),
    picture: 'qr.txt',
  },
  python: { command: ['python3', join(folder, 'recipes.py')], why: whyNoPython, picture: 'qr.svg' },
  php: {
    command: ['php', join(folder, 'recipes.php')],
    why: () => whyMissing(() => runs('php', ['--version']), 'php-cli'),
    picture: 'qr.svg',
  },
} as const;
const entries = Object.entries(languages);

const whatsapp = new FakeWhatsApp();
let harness: ProgramHarness;
let client: Client;
let env: Record<string, string>;
beforeAll(async () => {
  harness = await ProgramHarness.at(await whatsapp.listen());
  const program = harness.start({ PUBLIC_URL: 'https://vigia.example' });
  client = await harness.client(program);
  const keyFile = join(harness.root, '../key');
  await writeFile(keyFile, `${apiKey}\n`, { mode: 0o600 });
  env = { PATH: process.env['PATH'] ?? '', VIGIA_URL: await program.url(), VIGIA_KEY_FILE: keyFile };
});
afterAll(async () => {
  await harness.close();
  await whatsapp.close();
});

it.for(entries)(
  'the recipes for %s pair, report, retry and make a link',
  async ([org, language], { skip }) => {
    const missing = language.why();
    if (missing !== undefined) return skip(missing);
    const cwd = await mkdtemp(join(harness.root, '../recipes-'));
    const [program, file] = language.command;
    const recipe = (...args: string[]) =>
      new Promise<{ code: unknown; out: string; err: string }>((resolve) => {
        execFile(program, [file, ...args], { cwd, env, timeout: 120_000 }, (error, out, err) =>
          resolve({ code: error ? error.code : 0, out, err }),
        );
      });
    const phone = fictionalPhone(1 + entries.findIndex(([name]) => name === org));

    const pairing = recipe('pair', org);
    const qr = await client.event('a QR', (e) => e.orgId === org && e.data.qr !== undefined);
    const drawn = language.picture === 'qr.svg' ? /^<svg / : /[█▄▀]/;
    await until('the picture', async () =>
      drawn.test(await readFile(join(cwd, language.picture), 'utf8').catch(() => '')),
    );
    await whatsapp.scan(qr.data.qr ?? '', { phone });
    expect(await pairing).toMatchObject({ code: 0, err: '' });
    if (language.picture === 'qr.svg') expect((await pairing).out).toBe(`${org} connected\n`);
    await client.reaches(org, 'connected');

    const status = await recipe('status');
    expect(status).toMatchObject({ code: 0, err: '' });
    expect(status.out).toMatch(new RegExp(`${org}.*connected`));

    const refused = await recipe('retry', org);
    expect(refused.code).not.toBe(0);
    expect(refused.out + refused.err).toMatch(/invalid_state.*there is nothing to retry\./);
    whatsapp.fault(phone, { kind: 'failure', reason: 440 });
    whatsapp.strike(phone, { kind: 'stream-error', conflict: 'replaced' });
    await client.reaches(org, 'failed(conflict)');
    whatsapp.clearFaults(phone);
    expect(await recipe('retry', org)).toMatchObject({ code: 0, err: '' });
    await client.reaches(org, 'connected');

    const link = await recipe('link', org);
    expect(link.out).toMatch(/https:\/\/vigia\.example\/link#[\w-]{43}/);
    for (const { out, err } of [status, refused, link]) expect(out + err).not.toContain(apiKey);
  },
);
