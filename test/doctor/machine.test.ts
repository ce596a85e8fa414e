import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type DirectoryFacts, directoryFindings, type Space } from '../../src/doctor/directory.ts';
import { type MachineFacts, machineFindings } from '../../src/doctor/machine.ts';
import { descriptorLimit, hasFlock, judgeNode, spaceAt, tryAddress } from '../../src/doctor/probes.ts';
import { runnerOf } from '../../src/doctor/runner.ts';

const healthy: MachineFacts = {
  node: { version: 'v22.23.3', is: 'supported', endsOn: '2027-04-30' },
  missingPatches: [],
  flock: true,
  configProblems: [],
  port: { host: '127.0.0.1', port: 3000, is: 'free' },
  lockHeld: false,
  descriptors: 20_000,
  organizations: 10,
  latestWritten: 1_000,
  now: 2_000,
  runner: undefined,
};
const problemsWith = (facts: Partial<MachineFacts>) =>
  machineFindings({ ...healthy, ...facts }).filter(({ level }) => level !== 'ok');

describe('a machine', () => {
  it('without a problem gets one ok finding for each check', () => {
    expect(machineFindings(healthy).map(({ code }) => code)).toEqual([
      'node',
      'patches',
      'flock',
      'config',
      'port_free',
      'descriptors',
      'clock',
    ]);
  });
  it.each<[string, Partial<MachineFacts>, string, string]>([
    ['fail', { node: { version: 'v18.0.0', is: 'too_old', endsOn: undefined } }, 'node_too_old', 'v18.0.0'],
    ['warn', { node: { version: 'v23.1.0', is: 'untested', endsOn: undefined } }, 'node_untested', 'v23.1.0'],
    [
      'warn',
      { node: { version: 'v20.20.2', is: 'past_end', endsOn: '2026-04-30' } },
      'node_past_end',
      'until 2026-04-30',
    ],
    [
      'warn',
      {
        missingPatches: [
          {
            name: 'quiet_presence',
            why: 'the library has no x',
            without: 'Phones stay quiet.',
            isEssential: false,
          },
        ],
      },
      'patch_missing',
      'quiet_presence: the library has no x. Phones stay quiet',
    ],
    [
      'fail',
      {
        missingPatches: [
          { name: 'certificates', why: 'the library has no x', without: 'It is unsafe.', isEssential: true },
        ],
      },
      'patch_essential',
      'certificates: the library has no x',
    ],
    ['fail', { flock: false }, 'flock_missing', 'flock'],
    [
      'fail',
      { configProblems: ['PORT: must be a whole number from 0 to 65535.'] },
      'config_invalid',
      'PORT: must be',
    ],
    ['fail', { port: { host: '::1', port: 80, is: 'in_use' } }, 'port_in_use', '::1:80'],
    ['fail', { port: { host: '::1', port: 80, is: 'refused', code: 'EACCES' } }, 'port_refused', 'EACCES'],
    ['warn', { descriptors: 1_024, organizations: 900 }, 'descriptors_low', '1024 for 900'],
    ['warn', { latestWritten: 10_000_000 }, 'clock_behind', '1970-01-01T02:46:40'],
    ['warn', { runner: { name: 'systemd', stopMs: 5_000 } }, 'stop_time_short', 'systemd: 5 s'],
    ['warn', { runner: { name: 'pm2', stopMs: undefined } }, 'stop_time_short', 'pm2: 1.6 s, the default'],
    ['fail', { runner: { name: 'pm2', stopMs: 20_000, cluster: true } }, 'pm2_cluster', 'cluster'],
  ])('gets a %s for %j', (level, facts, code, seen) => {
    expect(problemsWith(facts)).toMatchObject([
      { level, code, message: expect.stringContaining(seen), action: expect.stringMatching(/\w/) },
    ]);
  });
  it('may have its address in use while a supervisor runs', () => {
    expect(problemsWith({ lockHeld: true, port: { host: '::1', port: 80, is: 'in_use' } })).toEqual([]);
  });
});

describe('the directory', () => {
  const gib = 2 ** 30;
  const facts: DirectoryFacts = {
    path: '/vault',
    stat: { mode: 0o700, uid: 1 },
    fault: undefined,
    uid: 1,
    lock: { is: 'free' },
    restorable: 0,
    changedAt: null,
    now: 0,
    space: undefined,
    skippedNames: { count: 0, examples: [] },
    foldedNames: [],
    pairings: [],
    orphanRecords: 0,
    journal: undefined,
  };
  const plenty: Space = {
    freeBytes: 50 * gib,
    totalBytes: 100 * gib,
    freeInodes: 5_000,
    totalInodes: 10_000,
  };
  it.each<[Partial<Space>, string]>([
    [{}, 'space'],
    [{ freeBytes: 4 * gib }, 'space_low'],
    [{ freeInodes: 400 }, 'space_low'],
    [{ freeBytes: 1_000 }, 'space_gone'],
    [{ freeInodes: 3 }, 'space_gone'],
    [{ freeInodes: 0, totalInodes: 0 }, 'space'], // a file system without a fixed number of them
  ])('with space %j gets %s', (over, code) => {
    const codes = directoryFindings({ ...facts, space: { ...plenty, ...over } }).map((one) => one.code);
    expect(codes).toContain(code);
  });
  it('with an exposed mode gets the exact command, and another owner and folded names are findings too', () => {
    const found = directoryFindings({
      ...facts,
      path: "/my vault's",
      stat: { mode: 0o755, uid: 2 },
      foldedNames: ['ACME'],
    });
    expect(found.find(({ code }) => code === 'directory_exposed')?.action).toBe(
      `chmod 700 '/my vault'\\''s'`,
    );
    expect(found.map(({ code }) => code)).toEqual(
      expect.arrayContaining(['directory_foreign', 'name_folded']),
    );
  });
  it('names the holder of the lock, and warns when it cannot be seen whether one runs', () => {
    const holder = { pid: 17, since: '2026-01-15T00:50:00Z', host: 'optica' };
    const lockFinding = (is: 'held' | 'unclear') => directoryFindings({ ...facts, lock: { is, holder } })[1];
    expect(lockFinding('held')).toMatchObject({
      level: 'ok',
      code: 'lock_held',
      message: expect.stringContaining('process 17 on optica'),
    });
    expect(lockFinding('unclear')).toMatchObject({
      level: 'warn',
      code: 'lock_unclear',
      message: expect.stringContaining('process 17 on optica'),
    });
  });
});

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
