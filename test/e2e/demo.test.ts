/** `npm run demo -- serve`: what an integrator develops against without a phone. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { CommandLine, vigia } from '../support/command-line.ts';
import { until } from '../support/until.ts';

const repository = fileURLToPath(new URL('../..', import.meta.url));
let temporary: string;
let demo: ChildProcess;
let output = '';
/** The arguments of the ready line, after `npm run --silent vigia --`. */
let ready: string[];
const env = () => ({ PATH: process.env['PATH'] ?? '', TMPDIR: temporary, PORT: '0' });
const startDemo = (...args: string[]) =>
  spawn(process.execPath, ['--import', 'tsx', 'scripts/demo.ts', ...args], { cwd: repository, env: env() });
const act = async (...args: string[]) => {
  const child = startDemo(...args);
  let text = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (bytes: Buffer) => void (text += bytes.toString('utf8')));
  const [code] = (await once(child, 'close')) as [number];
  return { code, text };
};
const connected = (org: string) =>
  until(`${org} to be connected`, async () =>
    (await vigia([...ready, 'status', '--json']))
      .objects()
      .some(({ orgId, state }) => orgId === org && state === 'connected'),
  );
beforeAll(async () => {
  temporary = await mkdtemp(join(tmpdir(), 'vigia-demo-test-'));
  const child = startDemo('serve');
  demo = child;
  child.stdout.on('data', (bytes: Buffer) => void (output += bytes.toString('utf8')));
  const line = await until(
    'the ready line',
    () => /npm run --silent vigia -- (.*) status --watch/.exec(output)?.[1],
  );
  ready = line.split(' ');
});
afterAll(async () => {
  demo.kill('SIGKILL');
  await rm(temporary, { recursive: true, force: true });
});

it('its ready line works as it stands, and its phones scan, drop, unlink and type', async () => {
  expect((await vigia([...ready, 'status'])).stdout).toMatch(/^5 sessions: 5 connected$/m);
  expect(await act('scan', 'newcomer')).toEqual({
    code: 1,
    text: '"newcomer" is not being paired. Start a pairing first.\n',
  });
  const pairing = new CommandLine([...ready, 'pair', 'newcomer']);
  await pairing.says(/▀/);
  expect((await act('scan', 'newcomer')).text).toMatch(/^The phone \+\d+ linked "newcomer"\.\n$/);
  expect(await pairing.ended).toBe(0);
  const typing = new CommandLine([...ready, 'pair', 'typed', '--code', '+999 0000 4321']);
  await typing.says(/type\n/);
  expect((await act('scan', 'typed')).text).toMatch(/uses a code. Add the phone that types it/);
  expect((await act('scan', 'typed', '+999 0000 4321')).code).toBe(0);
  expect(await typing.ended).toBe(0);
  expect((await act('cut', 'acme')).text).toBe('"acme" was cut.\n');
  await connected('acme');
  expect((await act('unlink', 'bakery')).code).toBe(0);
  await until('bakery to fail', async () =>
    (await vigia([...ready, 'status', '--state', 'failed'])).stdout.includes('revoked'),
  );
});
it('refuses a wrong command line, and leaves nothing behind', async () => {
  for (const args of [['scan'], ['dance', 'acme']]) {
    const { code, text } = await act(...args);
    expect(code).toBe(2);
    expect(text).toContain('npm run demo -- scan ORG');
  }
  demo.kill('SIGINT');
  await once(demo, 'close');
  expect((await readdir(temporary)).filter((name) => name.startsWith('vigia-demo-'))).toEqual([]);
  expect(await act('scan', 'acme')).toEqual({
    code: 1,
    text: 'No demo runs. Start it in another terminal: npm run demo\n',
  });
});
