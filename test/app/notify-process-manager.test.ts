/**
 * What systemd and pm2 are told, through a `systemd-notify` of the test's own: a real process, as the true
 * one is.
 */
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { announce } from '../../src/app/notify-process-manager.ts';
import { until } from '../support/until.ts';

let directory = '';
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'vigia-notify-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const reported = async () =>
  (await readFile(join(directory, 'told'), 'utf8').catch(() => '')).split('\n').filter((line) => line !== '');
/** Writes down what it was asked to say, with what it knows. */
const notifier = async (exit = 0) => {
  const file = join(directory, 'systemd-notify');
  await writeFile(
    file,
    `#!/bin/sh\necho "$* to $NOTIFY_SOCKET secret=$API_KEY" >> ${join(directory, 'told')}\nexit ${exit}\n`,
  );
  await chmod(file, 0o755);
};
const openHarness = (env: Record<string, string> = {}) => {
  const warned: object[] = [];
  const sent: string[] = [];
  const world = { isAlive: true, counts: { connected: 12, sessions: 40 } };
  let look = () => {};
  const looked = new Promise<void>((resolve) => (look = resolve));
  const announcement = announce({
    env: { PATH: `${directory}:/usr/bin:/bin`, API_KEY: 'never-passed-on', ...env },
    pid: 4711,
    send: (message) => sent.push(message),
    vigia: { looked, isAlive: () => world.isAlive, counts: () => world.counts },
    log: (event, fields) => void warned.push({ event, ...fields }),
  });
  return { announcement, world, look, sent, warned };
};
const socket = { NOTIFY_SOCKET: '/run/systemd/notify' };
const tail = 'to /run/systemd/notify secret=';

it('notifies ready after the first scan, then stopping, and passes no secret on', async () => {
  await notifier();
  const { announcement, look, sent } = openHarness(socket);
  expect(await reported()).toEqual([]);
  expect(sent).toEqual([]);
  look();
  await until('ready to be told', async () => (await reported()).length > 0);
  await announcement.stopping();
  expect(await reported()).toEqual([
    `--pid=4711 READY=1 STATUS=12/40 connected ${tail}`,
    `STOPPING=1 STATUS=shutting down ${tail}`,
  ]);
  expect(sent).toEqual(['ready']);
});
it('feeds the watchdog while the supervisor is well, and only then', async () => {
  await notifier();
  const { world } = openHarness({ ...socket, WATCHDOG_USEC: '100000' });
  await until(
    'the watchdog to be fed',
    async () => (await reported()).filter((line) => line.startsWith('WATCHDOG=1')).length >= 3,
  );
  world.isAlive = false;
  await until('no more of it', async () => {
    const before = (await reported()).length;
    // ten of its intervals, by the real clock: another process is told
    await new Promise((resolve) => setTimeout(resolve, 500));
    return (await reported()).length === before;
  });
  expect(new Set(await reported())).toEqual(new Set([`WATCHDOG=1 ${tail}`]));
});
it('tells systemd nothing when it is not systemd that started it; pm2 hears all the same', async () => {
  await notifier();
  const { announcement, look, sent, warned } = openHarness({ WATCHDOG_USEC: '10000' });
  look();
  await until('pm2 to hear', () => sent.length > 0);
  await announcement.stopping();
  expect(await reported()).toEqual([]);
  expect(warned).toEqual([]);
});
it('warns once when systemd cannot be told', async () => {
  await notifier(1);
  const { announcement, look, warned } = openHarness(socket);
  look();
  await until('ready to be tried', async () => (await reported()).length > 0);
  await announcement.stopping();
  expect(await reported()).toHaveLength(2);
  expect(warned).toEqual([{ event: 'systemd.unreachable', why: 1 }]);
});
