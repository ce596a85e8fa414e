/** How the built program fails: one message, the right exit code, never a stack trace. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { adminKey, type Harness, startHarness } from '../control/harness.ts';
import { vigia } from '../support/command-line.ts';

let harness: Harness;
let directory: string;
beforeAll(async () => {
  harness = await startHarness();
  directory = await mkdtemp(join(tmpdir(), 'vigia-cli-'));
});
afterAll(async () => {
  await harness.stop();
  await rm(directory, { recursive: true, force: true });
});
const key = { VIGIA_API_KEY: adminKey };
const fails = async (args: readonly string[], env: Record<string, string>, code: number, message: RegExp) => {
  const ended = await vigia(args, env, directory);
  expect(ended.stderr).toMatch(message);
  expect(ended.stderr).not.toMatch(/^\s+at |node:internal/m);
  expect(ended.code).toBe(code);
  expect(ended.stdout).toBe('');
  return ended;
};

it('without a running server, the message says how to start one', async () => {
  const squatter = createServer();
  await new Promise<void>((resolve) => squatter.listen(0, '127.0.0.1', resolve));
  const { port } = squatter.address() as { port: number };
  await new Promise((resolve) => squatter.close(resolve));
  await fails(
    ['status'],
    { ...key, PORT: String(port) },
    3,
    /^vigia: the server at 127\.0\.0\.1:\d+ cannot be reached .*npm start/,
  );
  const { stderr } = await fails(
    ['status', '--json'],
    { ...key, VIGIA_URL: `http://127.0.0.1:${port}` },
    3,
    /^\{/,
  );
  expect(JSON.parse(stderr)).toMatchObject({ error: { code: 'unreachable' } });
});
it('a missing, empty or wrong key is an authentication failure', async () => {
  await fails(
    ['status', '--url', harness.server.url],
    {},
    4,
    /first-key does not exist; a server without API_KEY writes it at its first start\. Set VIGIA_API_KEY or use --key-file/,
  );
  await fails(
    ['status', '--url', 'https://vigia.example'],
    {},
    4,
    /no API key for a server on another machine/,
  );
  await fails(['status', '--key-file', 'nowhere'], {}, 4, /the key file nowhere cannot be read \(ENOENT\)/);
  await writeFile(join(directory, 'empty'), '\n');
  await fails(['status', '--key-file', 'empty'], key, 4, /is empty/);
  for (const text of ['-----BEGIN KEY-----\nsecret words', 'x'.repeat(257)]) {
    await writeFile(join(directory, 'other'), text);
    const { stderr } = await fails(
      ['status', '--key-file', 'other'],
      key,
      4,
      /the key file other does not contain a key/,
    );
    expect(stderr).not.toContain(text.slice(-10));
  }
  await writeFile(join(directory, 'wrong'), 'a-key-that-does-not-exist\n');
  const { stderr } = await fails(
    ['status', '--url', harness.server.url, '--key-file', 'wrong'],
    key,
    4,
    /does not accept the API key/,
  );
  expect(stderr).not.toContain('a-key-that-does-not-exist');
});
it('a wrong command line is a usage failure', async () => {
  await fails(['dance'], key, 2, /^vigia: unknown command 'dance'\nRun it with --help/);
  await fails(['status', '--apiKey', 'x'], key, 2, /^vigia: unknown option '--apiKey'/);
  for (const [args, message] of [
    [['dance'], "unknown command 'dance'"],
    [['stauts'], "unknown command 'stauts' (Did you mean status?)"],
    [
      ['history', 'acme', '--limit', 'x'],
      expect.stringMatching(/^option '--limit <count>' argument 'x' is invalid\. It must be a whole number/),
    ],
    [[], 'name a command. --help lists them.'],
  ] as const) {
    const { stderr } = await fails([...args, '--json'], key, 2, /^\{.*\}\n$/);
    expect(JSON.parse(stderr)).toEqual({ error: { code: 'usage', message } });
  }
  await fails(['status', '--url', 'nonsense'], key, 2, /must have the form/);
  await fails(['status', '--url', 'ftp://x'], {}, 2, /--url is not the address of a server/);
  await fails(['status'], { VIGIA_URL: 'ftp://x' }, 2, /VIGIA_URL is not the address of a server/);
  for (const command of ['status', 'healthcheck'])
    await fails([command], { ...key, PORT: 'abc' }, 2, /^vigia: PORT is "abc", and must be/);
  const { stderr } = await fails(
    ['explain', 'a b', '--url', harness.server.url],
    key,
    2,
    /^vigia: An organization id has 1 to 128/,
  );
  expect(stderr).not.toContain('session.explain');
  await fails(
    ['status', '--url', `${harness.server.url}/?apiKey=secret-0123`],
    key,
    2,
    /a key in an address ends up in logs/,
  );
});
it('a server without Vigía at this path is reported', async () => {
  await fails(
    ['status', '--url', `${harness.server.url}/elsewhere`],
    key,
    3,
    /there is no Vigía at this address/,
  );
});
it('serve reports a wrong configuration as npm start does', async () => {
  await fails(
    ['serve'],
    { PORT: '99999' },
    2,
    /^Vigía cannot start, because of its configuration:\n {2}- PORT: /,
  );
});
it('the key comes from a file or either variable, and help and version succeed', async () => {
  await writeFile(join(directory, 'key'), `${adminKey}\n`);
  for (const [args, env] of [
    [['--key-file', 'key'], {}],
    [[], { API_KEY: adminKey }],
    [[], key],
  ] as const)
    expect(
      await vigia(['status', '--json', '--url', harness.server.url, ...args], env, directory),
    ).toMatchObject({ code: 0, stderr: '' });
  expect(await vigia(['--help'])).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('Commands:') as string,
  });
  expect(await vigia(['--version'])).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) as string,
  });
});
