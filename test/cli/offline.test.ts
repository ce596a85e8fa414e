/** The commands that need no server, in the built program. */
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { vigia } from '../support/command-line.ts';
import { fictionalPhone, seedCredentials } from '../support/whatsapp/credentials.ts';

let base = '';
let root = '';
beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), 'vigia-offline-'));
  root = join(base, 'auth_sessions');
  await mkdir(root, { mode: 0o700 });
});
afterEach(() => rm(base, { recursive: true, force: true }));
const seed = (org: string, n = 1) =>
  seedCredentials(join(root, org), { phone: fictionalPhone(n), device: 1, preKeys: 3 });
const run = (args: readonly string[], env: Record<string, string> = {}) =>
  vigia(args, { AUTH_DIR: root, PORT: '0', ...env }, base);
const fails = async (
  args: readonly string[],
  code: number,
  message: RegExp,
  env: Record<string, string> = {},
) => {
  const ended = await run(args, env);
  expect(ended.stderr).toMatch(message);
  expect(ended.stderr).not.toMatch(/^\s+at |node:internal/m);
  expect(ended.code).toBe(code);
};

describe('vigia doctor', () => {
  it('exits with 1 after a failure, and gives the command to type', async () => {
    await seed('2');
    await writeFile(join(root, '2', 'creds.json'), '{"noiseKey":');
    await chmod(join(root, '2'), 0o755);
    const { code, stdout, stderr } = await run(['doctor']);
    expect(code).toBe(1);
    expect(stderr).toBe('');
    expect(stdout).toMatch(/^fail {2}2: Its creds\.json does not hold credentials/m);
    expect(stdout).toContain(`→ chmod -R u=rwX,go= ${join(root, '2')}`);
    expect(stdout).toMatch(/1 organization \(1 still changing\)\..* 1 failure\.\n$/);
  });
  it('exits with 0 for a directory that does not exist yet', async () => {
    const { code, stdout } = await run(['doctor', join(base, 'nowhere')]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^warn {2}The directory of the sessions does not exist/m);
    expect(await readdir(base)).toEqual(['auth_sessions']);
  });
  it('does not check the port for a directory other than AUTH_DIR', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const PORT = String((other.address() as { port: number }).port);
    const copy = join(base, 'copy');
    await mkdir(copy, { mode: 0o700 });
    expect(await run(['doctor', copy], { PORT })).toMatchObject({
      code: 0,
      stdout: expect.not.stringContaining(PORT) as string,
    });
    for (const own of [['doctor'], ['doctor', root]])
      expect(await run(own, { PORT })).toMatchObject({
        code: 1,
        stdout: expect.stringMatching(/^fail {2}Another program uses/m) as string,
      });
    await new Promise((resolve) => other.close(resolve));
  });
  it('reports a wrong configuration, and still checks the directory', async () => {
    await seed('2');
    const { code, stdout } = await run(['doctor'], { SCAN_INTERVAL_MS: 'often', HOST: '0.0.0.0' });
    expect(code).toBe(1);
    expect(stdout).toMatch(/^fail {2}Vigía would not start.*SCAN_INTERVAL_MS/m);
    expect(stdout).toMatch(/^fail {2}Vigía would not start.*HOST is 0\.0\.0\.0/m);
    expect(stdout).toMatch(/^ok {4}2: It is a linked device/m);
  });
});

describe('vigia export', () => {
  it('never overwrites a file without --force, and makes it private', async () => {
    await seed('2');
    const file = join(base, 'two.bundle');
    await writeFile(file, 'mine', { mode: 0o644 });
    await fails(['export', '2', '--out', file], 1, /it already exists; use --force to overwrite it/);
    expect(await readFile(file, 'utf8')).toBe('mine');
    expect(await readdir(base)).toEqual(['auth_sessions', 'two.bundle']);
    expect((await run(['export', '2', '--out', file, '--force'])).code).toBe(0);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(await readFile(file, 'utf8')).toMatch(/^vigia-bundle 1 /);
    expect(await readdir(base)).toEqual(['auth_sessions', 'two.bundle']);
  });
  it('gives each failure a message', async () => {
    await fails(['export', '9', '--out', 'x'], 1, /^vigia: There is no directory .*9\.$/m);
    await fails(['export', '../x', '--out', 'x'], 2, /"\.\.\/x" is not a valid name of an organization/);
    await mkdir(join(root, '3'));
    await fails(['export', '3', '--out', 'x'], 1, /holds no linked device/);
    await seed('2');
    await fails(
      ['export', '2', '--out', 'no/such/place'],
      1,
      /cannot write .*no\/such\/place.*it does not exist/,
    );
    await fails(['export', '2', '--json'], 2, /the bundle needs a file\. Name one with --out/);
    expect(await readdir(base)).toEqual(['auth_sessions']);
  });
});

describe('vigia import', () => {
  it('refuses a file that is not a bundle before it changes anything, even before it creates the directory', async () => {
    await writeFile(join(base, 'bad'), 'not a bundle');
    const nowhere = { AUTH_DIR: join(base, 'nowhere') };
    await fails(['import', 'bad'], 1, /This is not a bundle of Vigía/, nowhere);
    await fails(['import', 'missing'], 1, /cannot read .*missing: it does not exist/, nowhere);
    expect(await readdir(base)).toEqual(['auth_sessions', 'bad']);
  });
  it('refuses a device that exists under another name, with a code for programs', async () => {
    await seed('2');
    await run(['export', '2', '--out', 'b']);
    const { code, stderr } = await run(['import', 'b', '--org', '4', '--json']);
    expect(code).toBe(1);
    expect(JSON.parse(stderr)).toMatchObject({
      error: { code: 'identity_elsewhere', message: expect.stringContaining('"2"') as string },
    });
    expect(await readdir(root)).toEqual(['.vigia', '2']); // created for the lock
  });
  it.runIf(process.getuid?.() === 0)(
    'refuses to write files that the owner of the directory could not read',
    async () => {
      await seed('2');
      await run(['export', '2', '--out', 'b']);
      const theirs = join(base, 'theirs');
      await mkdir(theirs, { mode: 0o700 });
      const { chown } = await import('node:fs/promises');
      await chown(theirs, 4_242, 4_242);
      await fails(['import', 'b'], 1, /belongs to uid 4242.*Run it as that user/, { AUTH_DIR: theirs });
      expect(await readdir(theirs)).toEqual([]);
    },
  );
});

describe('vigia config', () => {
  it('shows the effective values without secrets', async () => {
    const { code, stdout } = await run(['config'], {
      API_KEY: 'a-key-that-must-not-appear-0123',
      LOG_LEVEL: 'warn',
    });
    expect(code).toBe(0);
    expect(stdout).toMatch(/^API_KEY +\[set\] +environment$/m);
    expect(stdout).toMatch(/^LOG_LEVEL +warn +environment$/m);
    expect(stdout).toMatch(/^alerts\.repeatMs +\d+ +default$/m);
    expect(stdout).toMatch(/^gate\.places +\d+ +default$/m);
    expect(stdout).not.toContain('must-not-appear');
  });
  it('--check exits with 2 and lists every problem, for people and for programs', async () => {
    await fails(['config', '--check'], 2, /PORT: .*\n.*SCAN_INTERVAL_MS: /, {
      PORT: 'x',
      SCAN_INTERVAL_MS: '1',
    });
    const { code, objects } = await run(['config', '--check', '--json'], { PORT: 'x' });
    expect(code).toBe(2);
    expect(objects()[0]).toEqual({ ok: false, problems: [expect.stringMatching(/^PORT: /)], warnings: [] });
    expect(await run(['config', '--check'])).toMatchObject({
      code: 0,
      stdout: 'The configuration is valid.\n',
    });
  });
});

describe('vigia healthcheck', () => {
  it('writes one line and exits with 0 or 1, even for a server that fails or does not answer', async () => {
    const server = createServer((request, response) => {
      if (request.url === '/livez') response.writeHead(503).end('{}');
      else if (request.url === '/readyz') response.writeHead(200).end('{}');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as { port: number };
    const url = `http://127.0.0.1:${port}`;
    expect(await run(['healthcheck'], { PORT: String(port) })).toMatchObject({
      code: 1,
      stdout: `not healthy: ${url}/livez (HTTP 503)\n`,
    });
    expect(await run(['healthcheck', '--ready'], { PORT: String(port) })).toMatchObject({
      code: 0,
      stdout: `healthy: ${url}/readyz (HTTP 200)\n`,
    });
    expect(await run(['healthcheck', '--url', `${url}/slow`])).toMatchObject({
      code: 1,
      stdout: expect.stringContaining('no answer within 5 s') as string,
    });
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    await fails(['healthcheck', '--url', 'nonsense'], 2, /is not the address of a server/);
  });
});
