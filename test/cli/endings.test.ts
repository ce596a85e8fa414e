/** How the built program ends when it cannot do what was asked: one sentence, the right code, never a stack trace. */
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
  expect([ended.code, ended.stdout]).toEqual([code, '']);
  return ended;
};

it('a server that is not running: what to start', async () => {
  const squatter = createServer();
  await new Promise<void>((resolve) => squatter.listen(0, '127.0.0.1', resolve));
  const { port } = squatter.address() as { port: number };
  await new Promise((resolve) => squatter.close(resolve));
  await fails(['status'], { ...key, PORT: String(port) }, 3, /^vigia: the server at 127\.0\.0\.1:\d+ cannot be reached .*npm start/);
  const { stderr } = await fails(['status', '--json'], { ...key, VIGIA_URL: `http://127.0.0.1:${port}` }, 3, /^\{/);
  expect(JSON.parse(stderr)).toMatchObject({ error: { code: 'unreachable' } });
});
it('keys: none, an empty or missing file, a wrong one', async () => {
  await fails(
    ['status', '--url', harness.server.url],
    {},
    4,
    /first-key is not there; a server without API_KEY writes it at its first start\. Give .*VIGIA_API_KEY.*--key-file/,
  );
  await fails(['status', '--url', 'https://vigia.example'], {}, 4, /no API key for a server on another machine/);
  await fails(['status', '--key-file', 'nowhere'], {}, 4, /the key file nowhere cannot be read \(ENOENT\)/);
  await writeFile(join(directory, 'empty'), '\n');
  await fails(['status', '--key-file', 'empty'], key, 4, /is empty/);
  for (const text of ['-----BEGIN KEY-----\nsecret words', 'x'.repeat(257)]) {
    await writeFile(join(directory, 'other'), text);
    const { stderr } = await fails(['status', '--key-file', 'other'], key, 4, /the key file other holds no key/);
    expect(stderr).not.toContain(text.slice(-10));
  }
  await writeFile(join(directory, 'wrong'), 'a-wrong-key-of-nobody\n');
  const { stderr } = await fails(['status', '--url', harness.server.url, '--key-file', 'wrong'], key, 4, /does not accept the API key/);
  expect(stderr).not.toContain('a-wrong-key-of-nobody');
});
it('a wrong command line', async () => {
  await fails(['dance'], key, 2, /^vigia: unknown command 'dance'\nRun it with --help/);
  await fails(['status', '--apiKey', 'x'], key, 2, /^vigia: unknown option '--apiKey'/);
  for (const [args, message] of [
    [['dance'], "unknown command 'dance'"],
    [['stauts'], "unknown command 'stauts' (Did you mean status?)"],
    [
      ['history', 'acme', '--limit', 'x'],
      expect.stringMatching(/^option '--limit <count>' argument 'x' is invalid\. It is a whole number/),
    ],
    [[], 'name a command; --help shows them all.'],
  ] as const) {
    const { stderr } = await fails([...args, '--json'], key, 2, /^\{.*\}\n$/);
    expect(JSON.parse(stderr)).toEqual({ error: { code: 'usage', message } });
  }
  await fails(['status', '--url', 'nonsense'], key, 2, /must look like/);
  await fails(['status', '--url', 'ftp://x'], {}, 2, /--url is no address of a server/);
  await fails(['status'], { VIGIA_URL: 'ftp://x' }, 2, /VIGIA_URL is no address of a server/);
  for (const command of ['status', 'healthcheck']) await fails([command], { ...key, PORT: 'abc' }, 2, /^vigia: PORT is "abc", and must be/);
  const { stderr } = await fails(['explain', 'a b', '--url', harness.server.url], key, 2, /^vigia: An organization id has 1 to 128/);
  expect(stderr).not.toContain('session.explain');
  await fails(['status', '--url', `${harness.server.url}/?apiKey=secret-0123`], key, 2, /a key in an address ends up in logs/);
});
it('a server under another path, or one that is not ours', async () => {
  await fails(['status', '--url', `${harness.server.url}/elsewhere`], key, 3, /there is no Vigía under this address/);
});
it('serve: what keeps it from starting, as "npm start" says it', async () => {
  await fails(['serve'], { PORT: '99999' }, 2, /^Vigía cannot start, because of its configuration:\n {2}- PORT: /);
});
it('the key from a file, or from either variable; help and version are no failures', async () => {
  await writeFile(join(directory, 'key'), `${adminKey}\n`);
  for (const [args, env] of [
    [['--key-file', 'key'], {}],
    [[], { API_KEY: adminKey }],
    [[], key],
  ] as const)
    expect(await vigia(['status', '--json', '--url', harness.server.url, ...args], env, directory)).toMatchObject({ code: 0, stderr: '' });
  expect(await vigia(['--help'])).toMatchObject({ code: 0, stdout: expect.stringContaining('Commands:') as string });
  expect(await vigia(['--version'])).toMatchObject({ code: 0, stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) as string });
});
