/** The facts about the real machine, and about a process manager in invented files. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { descriptorLimit, hasFlock, judgeNode, spaceAt, tryAddress } from '../../src/doctor/probes.ts';
import { runnerOf } from '../../src/doctor/runner.ts';

describe('the probes', () => {
  it.each([
    ['v20.19.0', 'past_end'],
    ['v20.18.9', 'too_old'],
    ['v18.20.1', 'too_old'],
    ['v21.7.3', 'untested'],
    ['v22.0.0', 'untested'],
    ['v22.12.0', 'supported'],
    ['v23.11.0', 'untested'],
    ['v24.0.0', 'supported'],
    ['v100.1.0', 'supported'],
  ] as const)('judge Node %s as %s on a day in 2026', (version, is) =>
    expect(judgeNode(version, '^20.19 || ^22.12 || >=24', Date.parse('2026-11-28')).is).toBe(is),
  );
  it('judge a line of Node as supported up to its last day', () => {
    const on = (day: string) => judgeNode('v22.23.3', '^22.12', Date.parse(day));
    expect(on('2027-04-29').is).toBe('supported');
    expect(on('2027-05-01').is).toBe('past_end');
    expect(on('2027-04-29').endsOn).toBe('2027-04-30');
  });

  it('read the real machine', async () => {
    expect(hasFlock()).toBe(true);
    expect(await descriptorLimit()).toBeGreaterThan(100);
    const space = await spaceAt(join(tmpdir(), 'not', 'there'));
    expect(space?.freeBytes).toBeGreaterThan(0);
    expect(space?.totalBytes).toBeGreaterThanOrEqual(space?.freeBytes ?? 0);
  });
  it('find whether an address is in use, and leave it free', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as { port: number };
    expect(await tryAddress('127.0.0.1', port)).toEqual({ is: 'in_use' });
    await new Promise((resolve) => server.close(resolve));
    expect(await tryAddress('127.0.0.1', port)).toEqual({ is: 'free' });
    expect(await tryAddress('127.0.0.1', port)).toEqual({ is: 'free' });
    expect(await tryAddress('203.0.113.7', port)).toMatchObject({ is: 'refused', code: 'EADDRNOTAVAIL' });
  });
});

describe('the process manager', () => {
  let base = '';
  beforeEach(async () => {
    base = await mkdtemp(join(tmpdir(), 'vigia-proc-'));
  });
  afterEach(() => rm(base, { recursive: true, force: true }));
  const process = async (
    pid: number,
    parent: number,
    cmdline: string,
    cgroup = '0::/user.slice',
  ): Promise<void> => {
    await mkdir(join(base, String(pid)), { recursive: true });
    await writeFile(join(base, String(pid), 'stat'), `${pid} (a (strange) name) S ${parent} 1 1 0`);
    await writeFile(join(base, String(pid), 'cmdline'), cmdline);
    await writeFile(join(base, String(pid), 'cgroup'), `${cgroup}\n`);
  };
  const pm2 = async (app: object): Promise<string> => {
    await process(10, 1, 'PM2 v5.4.2: God Daemon (/home/vigia/.pm2)\0');
    await process(20, 10, 'npm start\0');
    await process(30, 20, 'node\0dist/src/main.js\0');
    const home = join(base, 'pm2');
    await mkdir(join(home, 'pids'), { recursive: true });
    await writeFile(join(home, 'pids', 'whatsapp-0.pid'), '20');
    await writeFile(
      join(home, 'dump.pm2'),
      JSON.stringify([
        { name: 'other', kill_timeout: 1 },
        { name: 'whatsapp', ...app },
      ]),
    );
    return home;
  };

  it('is pm2 when pm2 is an ancestor, and its settings come from its own files', async () => {
    expect(await runnerOf(30, base, await pm2({ kill_timeout: 20_000, exec_mode: 'fork_mode' }))).toEqual({
      name: 'pm2',
      stopMs: 20_000,
      cluster: false,
    });
    expect(await runnerOf(30, base, await pm2({ exec_mode: 'cluster_mode' }))).toMatchObject({
      stopMs: undefined,
      cluster: true,
    });
    expect(await runnerOf(30, base, join(base, 'nowhere'))).toEqual({ name: 'pm2', stopMs: undefined });
  });
  it('is nobody known, when neither is seen', async () => {
    await process(30, 1, 'node\0');
    expect(await runnerOf(30, base)).toBeUndefined();
    expect(await runnerOf(31, base)).toBeUndefined();
  });
  it('is systemd, when the process is in the group of a service', async () => {
    await process(30, 1, 'node\0', '0::/system.slice/vigia.service');
    expect(await runnerOf(30, base)).toMatchObject({ name: 'systemd' });
  });
});
