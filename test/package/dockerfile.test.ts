/** The Dockerfile, carried out without an engine: its image has all that the program needs, and starts. */
import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { apiKey, Program } from '../support/program.ts';
import { buildWithoutDocker } from './dockerfile.ts';
import { npm } from './npm.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
let scratch: string;
beforeAll((): void => {
  scratch = realpathSync(mkdtempSync(join(tmpdir(), 'vigia-docker-')));
});
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

it('the image starts the server as an ordinary user, and its health check passes', async (context) => {
  const built = await buildWithoutDocker(root, scratch, (cwd, args) => npm(context, cwd, args));
  expect(built.user).toBe('node');
  expect(built.exposed).toEqual(['3000']);
  expect(built.entrypoint).toEqual(['tini', '--']);
  expect(built.notRun).toEqual([
    'apt-get update',
    'apt-get install -y --no-install-recommends tini',
    'rm -rf /var/lib/apt/lists/*',
    'install -d -o node -g node -m 0700 /data',
  ]);
  const inside = join(built.root, built.workdir);
  expect(readdirSync(inside).sort()).toEqual(['dist', 'node_modules', 'package.json']);
  expect(existsSync(join(inside, 'node_modules/typescript'))).toBe(false);

  const env = Object.fromEntries(
    Object.entries(built.env).map(([name, value]) => [
      name,
      value.startsWith('/') ? join(built.root, value) : value,
    ]),
  );
  const program = new Program({ ...env, API_KEY: apiKey }, ['env', '-C', inside], built.cmd);
  try {
    const url = new URL(await program.url());
    expect(await (await fetch(url)).text()).toContain('<title>Vigía</title>');
    const [command = '', ...args] = built.healthcheck;
    const { stdout } = await promisify(execFile)(command, args, {
      cwd: inside,
      env: { ...process.env, ...env, PORT: url.port },
    });
    expect(stdout).toMatch(/^healthy: /);
  } finally {
    expect(await program.stop()).toBe(0);
  }
  expect(existsSync(join(built.root, 'data/auth_sessions/.vigia'))).toBe(true);
});
