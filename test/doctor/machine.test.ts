/** The findings about the machine and about the directory, from invented facts. */
import { describe, expect, it } from 'vitest';
import { type DirectoryFacts, directoryFindings, type Space } from '../../src/doctor/directory.ts';
import { type MachineFacts, machineFindings } from '../../src/doctor/machine.ts';

const healthy: MachineFacts = {
  node: { version: 'v22.23.3', is: 'supported', endsOn: '2027-04-30' },
  missingPatches: [],
  flock: true,
  configProblems: [],
  port: { host: '127.0.0.1', port: 3000, is: 'free' },
  lockHeld: false,
  descriptors: 20_000,
  organizations: 10,
  unknownInProxies: [],
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
    ['warn', { unknownInProxies: ['Acme', 'b"c'] }, 'proxy_organization_unknown', '2: "Acme", "b\\"c"'],
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
    misplaced: { count: 0, examples: [] },
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
