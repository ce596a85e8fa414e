/** Signals of operators, process managers and the kernel, and a process without enough file descriptors. */
import { existsSync } from 'node:fs';
import { readdir, readFile, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { ProgramHarness } from '../support/program.ts';
import { until } from '../support/until.ts';
import { fictionalPhone, seedCredentials } from '../support/whatsapp/credentials.ts';
import { FakeWhatsApp } from '../support/whatsapp/server.ts';

let whatsapp: FakeWhatsApp;
let harness: ProgramHarness;
beforeEach(async () => {
  whatsapp = new FakeWhatsApp();
  harness = await ProgramHarness.at(await whatsapp.listen());
});
afterEach(async () => {
  await harness.close();
  await whatsapp.close();
});
/** The sockets on which a process listens, by proc(5). */
const listening = async (pid: number): Promise<number> => {
  const links = await Promise.all(
    (await readdir(`/proc/${pid}/fd`)).map((fd) => readlink(`/proc/${pid}/fd/${fd}`).catch(() => '')),
  );
  const tables = await Promise.all(['tcp', 'tcp6'].map((name) => readFile(`/proc/net/${name}`, 'utf8')));
  const rows = tables.flatMap((table) => table.split('\n').map((row) => row.trim().split(/\s+/u)));
  return rows.filter(
    ([, , , state, , , , , , inode]) => state === '0A' && links.includes(`socket:[${inode}]`),
  ).length;
};

it.each(['SIGQUIT', 'SIGPWR', 'SIGXCPU'] as const)(
  '%s stops Vigía in order, as SIGTERM does',
  async (signal) => {
    await seedCredentials(harness.org('acme'), { phone: fictionalPhone(1), device: 1, name: 'Acme' });
    const program = harness.start();
    await program.untilLogged('session.connected', 'acme');
    process.kill(program.pid, signal);
    expect(await program.ends()).toBe(0);
    expect(program.logged('process.stopping')).toMatchObject([{ signal }]);
    expect(program.logged('process.stopped')).toHaveLength(1);
  },
);
it('SIGUSR1 opens no inspector, and SIGUSR2 and SIGALRM end nothing', async () => {
  const program = harness.start();
  await program.untilLogged('restore.done');
  expect(await listening(program.pid)).toBe(1);
  for (const signal of ['SIGUSR1', 'SIGUSR2', 'SIGALRM', 'SIGVTALRM', 'SIGIO'] as const) {
    process.kill(program.pid, signal);
    await until(`the line of ${signal}`, () =>
      program.logged('process.signal_ignored').some((line) => line['signal'] === signal),
    );
  }
  expect(await listening(program.pid)).toBe(1);
  expect(program.output).not.toContain('Debugger');
  expect(await program.stop()).toBe(0);
});
it('SIGTERM during the start stops it in order', async () => {
  const program = harness.start();
  await until('the lock to be taken', () => existsSync(join(harness.root, '.vigia/lock')));
  expect(await program.stop()).toBe(0);
  expect(program.logged('process.stopped')).toHaveLength(1);
});
it.each([90, 128, 255])('a limit of %i file descriptors is refused with a sentence', async (limit) => {
  const program = harness.start({}, ['prlimit', `--nofile=${limit}:${limit}`]);
  expect(await program.ends()).toBe(1);
  expect(program.output).toContain(`this process may open ${limit} files at once, and it needs at least 256`);
  expect(program.output).toContain('LimitNOFILE');
  expect(program.output).not.toMatch(/^\s+at /mu);
});
