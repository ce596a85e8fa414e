/** Every kind of organization, on a disk in memory, examined by the whole doctor. */
import { describe, expect, it } from 'vitest';
import type { Code } from '../../src/doctor/codes.ts';
import { halfPaired, neverScanned, restorable } from '../sessions/harness.ts';
import { type MemoryDisk, memoryDisk } from '../support/memory-disk.ts';
import { device, examined, record, sound, uid } from './harness.ts';

interface Case {
  readonly what: string;
  readonly lay: (disk: MemoryDisk) => void;
  readonly next: string;
  readonly codes: readonly Code[];
}
const cases: readonly Case[] = [
  { what: 'a linked device', lay: sound, next: 'restores it', codes: ['restorable'] },
  {
    what: 'one without its keys',
    lay: (disk) => disk.place('/vault/2/creds.json', restorable(device, 813)),
    next: 'restores it',
    codes: ['restorable', 'pre_keys_missing'],
  },
  {
    what: 'one that was stopped',
    lay: (disk) => (sound(disk), record(disk, '2', { desired: 'stopped' })),
    next: 'leaves it stopped',
    codes: ['restorable', 'stopped'],
  },
  {
    what: 'one that was revoked',
    lay: (disk) => (sound(disk), record(disk, '2', { verdict: { reason: 'revoked', at: 5 } })),
    next: 'leaves it failed: revoked',
    codes: ['restorable', 'verdict'],
  },
  {
    what: 'one that was revoked and has new credentials',
    lay: (disk) => (sound(disk), record(disk, '2', { fingerprint: 'another', verdict: { reason: 'revoked', at: 5 } })),
    next: 'restores it',
    codes: ['restorable', 'identity_changed'],
  },
  {
    what: 'one that crashed an older build',
    lay: (disk) => (sound(disk), record(disk, '2', { verdict: { reason: 'crashed', at: 5, build: '0.0.0' } })),
    next: 'restores it',
    codes: ['restorable'],
  },
  {
    what: 'a record that cannot be read',
    lay: (disk) => (sound(disk), disk.place('/vault/.vigia/orgs/2.json', '{')),
    next: 'leaves it failed: storage',
    codes: ['restorable', 'record_unreadable'],
  },
  {
    what: 'a pairing that was never finished',
    lay: (disk) => disk.place('/vault/2/creds.json', halfPaired(device)),
    next: 'lists it, and waits until it is paired',
    codes: ['half_paired'],
  },
  {
    what: 'one that nobody scanned',
    lay: (disk) => disk.place('/vault/2/creds.json', neverScanned(device)),
    next: 'lists it, and waits until it is paired',
    codes: ['unpaired'],
  },
  {
    what: 'a torn file',
    lay: (disk) => disk.place('/vault/2/creds.json', '{"noise'),
    next: 'waits until it no longer changes, then leaves it failed: creds_corrupt',
    codes: ['corrupt'],
  },
  {
    what: 'a torn file with a backup',
    lay: (disk) => (sound(disk), disk.place('/vault/2/creds.json.bak', restorable(device)), disk.place('/vault/2/creds.json', '{')),
    next: 'waits until it no longer changes, then restores it',
    codes: ['corrupt_with_backup'],
  },
  {
    what: 'a torn file with a backup of another device',
    lay: (disk) => {
      sound(disk);
      record(disk, '2');
      disk.place('/vault/2/creds.json.bak', restorable('5511:9'));
      disk.place('/vault/2/creds.json', '{');
    },
    next: 'waits until it no longer changes, then leaves it failed: creds_corrupt',
    codes: ['corrupt'],
  },
  {
    what: 'a symlink for credentials',
    lay: (disk) => disk.placeSymlink('/vault/2/creds.json'),
    next: 'leaves it failed: creds_corrupt',
    codes: ['not_a_file', 'odd_entries'],
  },
  {
    what: 'credentials that the system will not read',
    lay: (disk) => (sound(disk), void disk.inject({ operation: 'read', path: '/vault/2/creds.json', code: 'EACCES' })),
    next: 'tries again to read it, and goes on trying',
    codes: ['unreadable'],
  },
  {
    what: 'a record and an empty directory',
    lay: (disk) => (disk.placeDirectory('/vault/2'), record(disk, '2')),
    next: 'lists it, and waits until it is paired',
    codes: ['creds_missing'],
  },
  { what: 'a symlink', lay: (disk) => disk.placeSymlink('/vault/2'), next: 'passes it over', codes: ['symlink_ignored'] },
  {
    what: 'one that others may read',
    lay: (disk) => (sound(disk), disk.place('/vault/2/pre-key-1.json', '{}', 0o644)),
    next: 'restores it',
    codes: ['restorable', 'exposed'],
  },
  {
    what: 'backups of no use, damaged keys, leftovers and strange entries',
    lay: (disk) => {
      sound(disk);
      disk.place('/vault/2/creds.json.bak', '{');
      disk.place('/vault/2/session-1.0.json.corrupt-17', '{');
      disk.place('/vault/2/.creds.json.7.1.tmp~', '{');
      disk.placeSymlink('/vault/2/pre-key-9.json');
    },
    next: 'restores it',
    codes: ['restorable', 'odd_entries', 'backup_worthless', 'keys_damaged', 'leftovers'],
  },
];

describe('an organization that is', () => {
  it.each(cases)('$what', async ({ lay, next, codes }) => {
    const disk = memoryDisk({ uid });
    disk.placeDirectory('/vault');
    lay(disk);
    const before = disk.paths();
    const { organizations } = await examined(disk);
    expect(organizations).toHaveLength(1);
    expect(organizations[0]?.findings.map(({ code }) => code)).toEqual(codes);
    expect(organizations[0]?.next.sentence).toBe(next);
    expect(disk.paths()).toEqual(before);
    for (const operation of ['write', 'rename', 'remove', 'makeDirectory', 'removeDirectory', 'syncDirectory'] as const) {
      expect(disk.begun(operation), operation).toBe(0);
    }
  });

  it('a copy of another is told, and which of the two may run is the one that was here first', async () => {
    const disk = memoryDisk({ uid });
    sound(disk, '4');
    sound(disk, '2');
    record(disk, '4', { firstSeen: 1 });
    record(disk, '2', { firstSeen: 2 });
    const report = await examined(disk);
    expect(report.ok).toBe(false);
    expect(report.organizations.map(({ org, next }) => [org, next.does])).toEqual([
      ['2', 'leave_failed'],
      ['4', 'restore'],
    ]);
    expect(report.organizations[0]?.findings[1]).toMatchObject({ code: 'duplicate', message: expect.stringContaining('the other is "4"') });
  });
  it('of another user is told, with the number', async () => {
    const disk = memoryDisk({ uid: uid + 7 });
    sound(disk);
    const { organizations } = await examined(disk);
    expect(organizations[0]?.findings.find(({ code }) => code === 'foreign_owner')?.message).toContain(`uid ${uid + 7}`);
  });
  it('being written just now is not settled, and nothing is said of what it would be', async () => {
    const disk = memoryDisk({ uid });
    sound(disk);
    let writes = 0;
    const stat = disk.stat;
    disk.stat = (path) => {
      if (path === '/vault/2/creds.json') disk.place(path, restorable(device, (writes += 1)));
      return stat(path);
    };
    const { organizations, ok } = await examined(disk);
    expect(organizations[0]).toMatchObject({
      credentials: 'unsettled',
      next: { does: 'wait_until_settled' },
      findings: [{ code: 'unsettled' }],
    });
    expect(ok).toBe(true);
  });
  it('known by its number is shown with most of it hidden', async () => {
    const disk = memoryDisk({ uid });
    disk.place('/vault/2/creds.json', restorable('34600123456:7'));
    const report = await examined(disk);
    expect(report.organizations[0]?.account).toBe('346******56');
    expect(JSON.stringify(report)).not.toContain('34600123456');
  });
});
