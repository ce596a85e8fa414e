/**
 * What keeps the program from starting is said in sentences to the operator: no stack trace, a code that
 * scripts can read.
 */
import { cp, mkdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Program, ProgramHarness } from '../support/program.ts';
import { until } from '../support/until.ts';
import { fictionalPhone, seedCredentials } from '../support/whatsapp/credentials.ts';
import { FakeWhatsApp } from '../support/whatsapp/server.ts';

const whatsapp = new FakeWhatsApp();
let harness: ProgramHarness;
beforeAll(async () => {
  harness = await ProgramHarness.at(await whatsapp.listen());
});
afterAll(async () => {
  await harness.close();
  await whatsapp.close();
});
/** What it told the operator, without its log. */
const reported = ({ output }: Program) =>
  output
    .split('\n')
    .filter((line) => !line.startsWith('{'))
    .join('\n');
const noTrace = (program: Program) =>
  expect(reported(program)).not.toMatch(/^\s+at |node:internal|\.js:\d+/m);

it('a second one on the same directory refuses, names the holder, and disturbs nothing', async () => {
  await seedCredentials(harness.org('1'), { phone: fictionalPhone(1), device: 1 });
  const first = harness.start();
  const client = await harness.client(first);
  await client.reaches('1', 'connected');
  const second = harness.start();
  expect(await second.ends()).toBe(1);
  expect(reported(second)).toMatch(
    /^Vigía cannot start: another supervisor runs here: .*lock is locked, process \d+ on \S+ has held it since /,
  );
  expect(reported(second)).toContain(`process ${first.pid} `);
  noTrace(second);
  expect(await client.get('1')).toMatchObject({ state: 'connected' });
  // the lock goes with its holder, however that ends
  await first.kill();
  const third = harness.start();
  await (await harness.client(third)).reaches('1', 'connected');
  expect(await third.stop()).toBe(0);
  expect(whatsapp.stats()).toMatchObject({ logins: 2, doubleLogins: 0, deadLogins: 0, logouts: 0 });
});

it('a removed lock file lets no second one in, and a copy in place of the directory ends the first', async () => {
  const first = harness.start();
  const client = await harness.client(first);
  await client.reaches('1', 'connected');
  const before = whatsapp.stats();
  await rm(join(harness.root, '.vigia/lock'));
  const second = harness.start();
  expect(await second.ends()).toBe(1);
  expect(reported(second)).toContain(`process ${first.pid} `);
  expect(reported(second)).toContain('Removing the file does not help');
  expect(await client.get('1')).toMatchObject({ state: 'connected' });
  await until('the lock file is back', () => first.output.includes('"lock.restored"'));
  expect(whatsapp.stats()).toMatchObject({ logins: before.logins, doubleLogins: before.doubleLogins });
  const away = join(harness.root, '../moved');
  await rename(harness.root, away);
  await cp(away, harness.root, { recursive: true });
  expect(await first.ends()).toBe(1);
  expect(first.output).toContain('"lock.lost"');
  await rm(harness.root, { recursive: true });
  await rename(away, harness.root);
});

it('all mistakes of the configuration are named at once, with exit code 2', async () => {
  const file = join(harness.root, '../wrong-policy.json');
  await writeFile(file, JSON.stringify({ connectMs: -1, pingEvryMs: 5, gate: { places: 'many' } }));
  const env = {
    PORT: '99999',
    SCAN_INTERVAL_MS: 'soon',
    LOG_LEVEL: 'loud',
    WHATSAPP_WS_URL: 'http://x',
    API_KEY: 'short-secret',
    POLICY_FILE: file,
  };
  const program = harness.start(env);
  expect(await program.ends()).toBe(2);
  expect(reported(program)).toMatch(/^Vigía cannot start, because of its configuration:/);
  for (const name of [
    'PORT',
    'SCAN_INTERVAL_MS',
    'LOG_LEVEL',
    'WHATSAPP_WS_URL',
    'API_KEY',
    'connectMs',
    'pingEvryMs',
    'gate.places',
  ])
    expect(reported(program), name).toMatch(new RegExp(`^  - .*${name}`, 'm'));
  expect(program.output).not.toContain('short-secret');
  noTrace(program);
});

it('a policy file that is not there, or is no JSON, is named', async () => {
  const absent = harness.start({ POLICY_FILE: '/nowhere/policy.json' });
  expect(await absent.ends()).toBe(2);
  expect(reported(absent)).toContain('POLICY_FILE: /nowhere/policy.json cannot be read (ENOENT).');
  const file = join(harness.root, '../no-json.json');
  await writeFile(file, '{"connectMs":');
  const broken = harness.start({ POLICY_FILE: file });
  expect(await broken.ends()).toBe(2);
  expect(reported(broken)).toContain(`${file} is not valid JSON.`);
});

it('a port in use, an address that is not ours, and one that is open to the network are sentences', async () => {
  const squatter = createServer();
  await new Promise<void>((resolve) => squatter.listen(0, '127.0.0.1', resolve));
  const { port } = squatter.address() as AddressInfo;
  for (const [env, message] of [
    [{ PORT: String(port) }, new RegExp(`^Vigía cannot start: .*${port}.*use`, 'i')],
    [{ HOST: '0.0.0.0' }, /BEHIND_TLS_PROXY/],
    [{ HOST: '192.0.2.1', BEHIND_TLS_PROXY: 'true' }, /^Vigía cannot start, .*\n.*192\.0\.2\.1 is not an/],
  ] as const) {
    const program = harness.start(env);
    expect(await program.ends()).not.toBe(0);
    expect(reported(program)).toMatch(message);
    noTrace(program);
  }
  await new Promise((resolve) => squatter.close(resolve));
});

it('a directory that cannot be one is a sentence', async () => {
  const file = join(harness.root, '../a-file');
  await writeFile(file, '');
  await mkdir(join(harness.root, '../tricked'));
  await writeFile(join(harness.root, '../elsewhere'), 'precious');
  await mkdir(join(harness.root, '../tricked/.vigia'));
  await symlink(join(harness.root, '../elsewhere'), join(harness.root, '../tricked/.vigia/lock'));
  for (const [AUTH_DIR, code] of [
    [file, 2], // a wrong setting
    [join(harness.root, '../tricked'), 1],
  ] as const) {
    const program = harness.start({ AUTH_DIR });
    expect(await program.ends()).toBe(code);
    expect(reported(program)).toMatch(/^Vigía cannot start[:,] /);
    noTrace(program);
  }
});
