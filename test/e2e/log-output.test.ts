/** The log cannot be written: the sessions, the control API and the shutdown go on all the same. */
import { execFileSync } from 'node:child_process';
import { closeSync, constants, openSync, readSync, truncateSync, writeSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { readExposition, sampleOf } from '../support/exposition.ts';
import { apiKey, freePort, type Program, ProgramHarness } from '../support/program.ts';
import { until } from '../support/until.ts';
import { fictionalPhone, seedCredentials } from '../support/whatsapp/credentials.ts';
import { FakeWhatsApp } from '../support/whatsapp/server.ts';

let whatsapp: FakeWhatsApp;
let harness: ProgramHarness;
const descriptors = new Set<number>();
beforeEach(async () => {
  whatsapp = new FakeWhatsApp();
  harness = await ProgramHarness.at(await whatsapp.listen());
  await seedCredentials(harness.org('acme'), { phone: fictionalPhone(1), device: 1, name: 'Acme' });
});
afterEach(async () => {
  for (const descriptor of descriptors) close(descriptor);
  await harness.close();
  await whatsapp.close();
});
const open = (path: string, flags: number) => {
  const descriptor = openSync(path, flags, 0o600);
  descriptors.add(descriptor);
  return descriptor;
};
const close = (descriptor: number) => {
  if (descriptors.delete(descriptor)) closeSync(descriptor);
};
interface Running {
  readonly program: Program;
  readonly get: (path: string) => Promise<{ readonly status: number; readonly text: string }>;
}
/** `redirection`: of a shell, in which `$0` is `path`. */
const start = async (redirection: string, path = '', through: readonly string[] = []): Promise<Running> => {
  const port = await freePort();
  const program = harness.start({ PORT: port }, [...through, 'sh', '-c', `exec "$@" ${redirection}`, path]);
  const get = async (page: string) => {
    const headers = { authorization: `Bearer ${apiKey}` };
    const response = await fetch(`http://127.0.0.1:${port}${page}`, {
      headers,
      signal: AbortSignal.timeout(30_000),
    });
    return { status: response.status, text: await response.text() };
  };
  await until('it to be ready', async () => {
    if (program.exitCode !== undefined) throw new Error(`it ended with ${program.exitCode}`);
    return (await get('/readyz').catch(() => undefined))?.status === 200;
  });
  return { program, get };
};
const logCheck = async ({ get }: Running) => {
  const { status, text } = await get('/readyz?verbose');
  const { checks } = JSON.parse(text) as { checks: { name: string; status: string; detail?: string }[] };
  return { ready: status === 200, ...checks.find(({ name }) => name === 'log') };
};
const goesOn = async ({ program, get }: Running) => {
  await until('the session to be connected', () => whatsapp.stats().loggedIn === 1);
  for (let n = 0; n < 20; n += 1) process.kill(program.pid, 'SIGHUP'); // each makes a line of the log
  expect((await get('/livez')).status).toBe(200);
};
const makePipe = () => {
  const path = join(dirname(harness.root), 'pipe');
  execFileSync('mkfifo', [path]);
  return path;
};

it('a full disk: the lines are counted, everything else goes on, and SIGTERM ends it in order', async () => {
  const running = await start('> /dev/full 2> /dev/full');
  await goesOn(running);
  await until('the lost lines to be shown', async () => (await logCheck(running)).status === 'warn');
  expect(await logCheck(running)).toMatchObject({
    ready: true,
    detail: expect.stringMatching(/^Lines of the log dropped since the start: [1-9]\d*\.$/),
  });
  const families = readExposition((await running.get('/metrics')).text);
  expect(sampleOf(families, 'vigia_log_lines_dropped_total')).toBeGreaterThan(0);
  expect(await running.program.stop()).toBe(0);
});
it('room on the disk again: lines are written again, and one of them has the number of the dropped ones', async () => {
  const path = join(dirname(harness.root), 'log');
  const limit = 64 * 1024 * 1024; // far above the files of the sessions
  close(open(path, constants.O_CREAT | constants.O_WRONLY));
  truncateSync(path, limit);
  const running = await start('>> "$0"', path, ['prlimit', `--fsize=${limit}`]);
  await goesOn(running);
  await until('the lost lines to be shown', async () => (await logCheck(running)).status === 'warn');
  truncateSync(path, 0);
  const line = await until('the line of the dropped lines', async () => {
    process.kill(running.program.pid, 'SIGHUP');
    return (await readFile(path, 'utf8')).split('\n').find((text) => text.includes('"log.lines_dropped"'));
  });
  expect(JSON.parse(line)).toMatchObject({ event: 'log.lines_dropped', dropped: expect.any(Number) });
  expect((await logCheck(running)).status).toBe('pass');
  expect(await running.program.stop()).toBe(0);
  expect(await readFile(path, 'utf8')).toContain('"process.stopped"');
});
it('a reader that went away', async () => {
  const path = makePipe();
  const reader = open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  const running = await start('> "$0"', path);
  close(reader);
  await goesOn(running);
  await until('the lost lines to be shown', async () => (await logCheck(running)).status === 'warn');
  const next = open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  const bytes = Buffer.alloc(65_536);
  await until('the next reader to get the line of the dropped lines', () => {
    process.kill(running.program.pid, 'SIGHUP');
    try {
      return bytes.subarray(0, readSync(next, bytes)).includes('"log.lines_dropped"');
    } catch (error) {
      return (error as NodeJS.ErrnoException).code !== 'EAGAIN';
    }
  });
  close(next);
  expect(await running.program.stop()).toBe(0);
});
it('a reader that does not read', async () => {
  const path = makePipe();
  const reader = open(path, constants.O_RDWR | constants.O_NONBLOCK);
  const filler = Buffer.alloc(4096, '\n');
  expect(() => {
    for (;;) writeSync(reader, filler);
  }).toThrow('EAGAIN'); // the pipe is full
  const running = await start('> "$0" 2>&1', path);
  await goesOn(running);
  expect(await running.program.stop()).toBe(0);
});
it('a closed standard output and standard error', async () => {
  const running = await start('>&- 2>&-');
  await goesOn(running);
  expect(await running.program.stop()).toBe(0);
});
it('an address without a key causes one line of each kind in a minute, however often it tries', async () => {
  const program = harness.start();
  const url = await program.url();
  for (let n = 0; n < 200; n += 1) {
    const headers = { authorization: `Bearer wrong-${n}` };
    const { status } = await fetch(`${url}/v1/rpc`, { method: 'POST', headers, body: '{}' });
    expect([401, 429]).toContain(status);
  }
  expect(await program.stop()).toBe(0);
  expect(program.logged('http.refused')).toHaveLength(1);
});
it('a configuration that is refused has its exit code, wherever its sentence goes', async () => {
  for (const redirection of ['2> /dev/full', '2>&-', '> /dev/full 2>&1']) {
    const program = harness.start({ PORT: 'none' }, ['sh', '-c', `exec "$@" ${redirection}`, '']);
    expect(await program.ends(), redirection).toBe(2);
  }
});
