/** The built command line against the built program: what an operator does in a day. */
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { CommandLine, vigia as run } from '../support/command-line.ts';
import { apiKey, type Program, ProgramHarness } from '../support/program.ts';
import { until } from '../support/until.ts';
import { fictionalPhone, seedCredentials } from '../support/whatsapp/credentials.ts';
import { FakeWhatsApp } from '../support/whatsapp/server.ts';

const whatsapp = new FakeWhatsApp();
const orgs = ['acme', 'bakery', 'clinic'];
const running: CommandLine[] = [];
let harness: ProgramHarness;
let program: Program;
let env: Record<string, string>;
beforeAll(async () => {
  harness = await ProgramHarness.at(await whatsapp.listen());
  for (const [n, org] of orgs.entries())
    await seedCredentials(harness.org(org), { phone: fictionalPhone(n + 1), device: 1, name: org });
  program = harness.start();
  const client = await harness.client(program);
  for (const org of orgs) await client.reaches(org, 'connected');
  env = { VIGIA_URL: await program.url(), AUTH_DIR: harness.root };
  await writeFile(join(harness.root, '../key'), apiKey);
});
afterAll(async () => {
  for (const { child } of running) child.kill('SIGKILL');
  await harness.close();
  await whatsapp.close();
});
const vigia = (...args: string[]) => run([...args, '--key-file', join(harness.root, '../key')], env);
const start = (...args: string[]) => {
  const one = new CommandLine([...args, '--key-file', join(harness.root, '../key')], env);
  running.push(one);
  return one;
};

it('status, and not a trace of the key in the list of processes', async () => {
  const watching = start('watch', '--json');
  await watching.says(/"kind":"snapshot"/);
  expect(await readFile(`/proc/${watching.child.pid}/cmdline`, 'utf8')).not.toContain(apiKey);
  const { code, stdout } = await vigia('status');
  expect(code).toBe(0);
  expect(stdout).toMatch(/^3 sessions: 3 connected$/m);
  watching.child.kill('SIGINT');
  expect(await watching.ended).toBe('SIGINT');
});

it('stop, restore and retry: waited for, and told one by one', async () => {
  expect(await vigia('stop', 'acme', 'bakery')).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^✓ acme {2}idle$/m) as string,
  });
  expect((await vigia('retry', 'acme')).stdout).toMatch(/^✗ acme {2}invalid_state .*stopped/m);
  const restored = await vigia('restore', '--all', '--json');
  expect(restored.code).toBe(0);
  expect(restored.objects().map(({ orgId, ok, result }) => [orgId, ok, result])).toHaveLength(3);
  expect(restored.objects().every(({ ok, result }) => ok === true && result === 'connected')).toBe(true);
  expect(restored.stderr).toContain('3 of 3 done.');
});

it('one that fails among several is named with its reason, and the exit code says "some"', async () => {
  await vigia('stop', 'clinic');
  whatsapp.revoke(fictionalPhone(3));
  const { code, stdout, stderr } = await vigia('restore', 'acme', 'clinic', 'nobody');
  expect(code).toBe(5);
  expect(stdout).toMatch(/^✓ acme {2}connected$/m);
  expect(stdout).toMatch(/^✗ clinic {2}revoked {2}WhatsApp unlinked this device/m);
  expect(stdout).toMatch(/^✗ nobody {2}not_found/m);
  expect(stderr).toContain('1 of 3 done, 2 failed.');
  expect(await vigia('restore', 'clinic')).toMatchObject({
    code: 1,
    stdout: expect.stringContaining('Pair it again') as string,
  });
  expect(await vigia('restore')).toMatchObject({ code: 2, stdout: '' });
});

it('what cannot be done in time goes on by itself, and the exit code says that it is not done', async () => {
  await vigia('stop', 'bakery');
  whatsapp.fault(fictionalPhone(2), { kind: 'failure', reason: 503 }, 50);
  const { code, stdout } = await vigia('restore', 'bakery', '--timeout', '1');
  expect(code).toBe(1);
  expect(stdout).toMatch(/^✗ bakery {2}timeout {2}After 1 s it is (retrying|restoring)/m);
  expect(await vigia('restore', 'bakery', '--no-wait')).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^✓ bakery {2}accepted$/m) as string,
  });
  whatsapp.fault(fictionalPhone(2), { kind: 'failure', reason: 503 }, 0);
});

it('watch: a change is a line; events are objects with --json', async () => {
  const [lines, objects] = [start('watch', 'acme'), start('watch', '--json')];
  await lines.says(/1 session: 1 connected/);
  await objects.says(/"kind":"snapshot"/);
  await vigia('stop', 'acme');
  await lines.says(/^\d\d:\d\d:\d\d acme connected → idle/m);
  await until('the event', () =>
    objects.objects.some(
      (o) =>
        o['kind'] === 'event' &&
        JSON.stringify(o).includes('"previousState":"connected"') &&
        JSON.stringify(o).includes('"acme"'),
    ),
  );
  await vigia('restore', 'acme');
});

it('explain and history say why', async () => {
  const explained = await vigia('explain', 'clinic');
  expect(explained.code).toBe(0);
  expect(explained.stdout).toMatch(/unlinked/);
  const { stdout } = await vigia('history', 'clinic');
  expect(stdout.trimEnd().split('\n').at(-1)).toMatch(
    /^20\d\d-\d\d-\d\d \d\d:\d\d:\d\d {2}.* → failed .*revoked/,
  );
  expect((await vigia('history', 'clinic', '--limit', '1', '--json')).objects()).toHaveLength(1);
  expect(await vigia('explain', 'nobody')).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('no organization "nobody"') as string,
  });
});

it('logout asks for the name; nothing happens without it', async () => {
  for (const typed of ['acm\n', '', 'yes\n']) {
    const asking = start('logout', 'acme');
    asking.child.stdin?.end(typed);
    expect(await asking.ended).toBe(1);
    expect(asking.stderr).toMatch(/Type acme to confirm.*nothing was done/s);
  }
  expect((await vigia('status')).stdout).toMatch(/^acme +connected/m);
  const asking = start('logout', 'acme');
  await asking.says(/Type acme/);
  asking.type('acme\n');
  expect(await asking.ended).toBe(0);
  expect(asking.stdout).toContain('"acme" was logged out. Its credentials are in the archive.');
  expect((await readdir(join(harness.root, '.vigia/archive'))).some((name) => name.startsWith('acme-'))).toBe(
    true,
  );
  expect(await vigia('logout', 'bakery', '--yes', '--json')).toMatchObject({ code: 0 });
});

it('a limited key: what it may not do is told as such', async () => {
  const made = await run(['keys', 'create', '--name', 'reader', '--scope', 'sessions:read'], env);
  const reader = { VIGIA_URL: await program.url(), VIGIA_API_KEY: made.stdout.trim() };
  await until('the server to know it', async () => (await run(['status'], reader)).code === 0);
  expect(await run(['stop', 'clinic'], reader)).toMatchObject({
    code: 4,
    stderr: expect.stringContaining('may not call session.stop') as string,
  });
});

it('the connection is lost and comes back: told, and the table is the truth again', async () => {
  await mkdir(harness.org('other'), { recursive: true });
  const watching = start('status', '--watch');
  await watching.says(/sessions?: /);
  await program.stop();
  await watching.says(/The connection was lost .* The next attempt is in/);
  const again = harness.start({ PORT: new URL(env['VIGIA_URL'] ?? '').port });
  await again.url();
  await watching.says(/Connected again/);
  watching.child.kill('SIGTERM');
  await watching.ended;
});
