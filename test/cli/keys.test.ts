import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { vigia } from '../support/command-line.ts';

let root: string;
const env = () => ({ AUTH_DIR: join(root, 'auth_sessions') });
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'vigia-keys-'));
  await mkdir(env().AUTH_DIR);
});
afterAll(() => rm(root, { recursive: true, force: true }));
const create = (...args: string[]) => vigia(['keys', 'create', ...args], env());

it('keys create prints the key once, and the id lists and revokes it', async () => {
  const made = await create(
    '--name',
    'Django',
    '--scope',
    'sessions:read',
    'sessions:control',
    '--org',
    'acme',
    '--expires',
    '90d',
  );
  expect(made.code).toBe(0);
  expect(made.stdout).toMatch(/^vigia_[a-z0-9]+_[\w-]{43}\n$/);
  const key = made.stdout.trim();
  expect(made.stderr).not.toContain(key);
  const keyId = key.split('_')[1] ?? '';
  const listed = (await vigia(['keys', 'list', '--json'], env())).objects();
  expect(listed).toMatchObject([
    {
      keyId,
      name: 'Django',
      scopes: ['sessions:read', 'sessions:control'],
      orgs: ['acme'],
      status: 'active',
    },
  ]);
  expect(Date.parse(String(listed[0]?.['expiresAt'])) - Date.now()).toBeGreaterThan(89 * 86_400_000);
  expect(await readFile(join(env().AUTH_DIR, '.vigia/keys.json'), 'utf8')).not.toContain(key);
  expect(await vigia(['keys', 'revoke', keyId], env())).toMatchObject({
    code: 0,
    stdout: `The key ${keyId} is revoked.\n`,
  });
  expect(await vigia(['keys', 'revoke', keyId, '--json'], env())).toMatchObject({
    code: 0,
    stdout: `{"keyId":"${keyId}","changed":false}\n`,
  });
  expect((await vigia(['keys', 'list'], env())).stdout).toMatch(
    new RegExp(`^${keyId}  revoked  Django  sessions:read,sessions:control  acme  20`),
  );
  const whole = await vigia(['keys', 'revoke', key], env());
  expect(whole.code).toBe(1);
  expect(whole.stdout).toBe('');
  expect(whole.stderr).not.toContain(key);
});
it('wrong options are refused before anything is written', async () => {
  for (const [args, message] of [
    [['--scope', 'admin'], /--name/],
    [['--name', 'x'], /--scope/],
    [['--name', 'x', '--scope', 'everything'], /Allowed choices are sessions:read/],
    [['--name', 'x', '--scope', 'admin', '--expires', 'soon'], /must have the form 90d/],
    [['--name', 'x', '--scope', 'admin', '--expires', '2001-01-01T00:00:00Z'], /in the past/],
    [['--name', 'x', '--scope', 'admin', '--org', '../x'], /orgs/],
  ] as const) {
    const { code, stdout, stderr } = await create(...args);
    expect(code).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toMatch(message);
  }
  const nowhere = await vigia(['keys', 'create', '--name', 'x', '--scope', 'admin'], {
    AUTH_DIR: join(root, 'nowhere'),
  });
  expect(nowhere).toMatchObject({
    code: 1,
    stdout: '',
    stderr: expect.stringContaining('there is no such directory') as string,
  });
});
