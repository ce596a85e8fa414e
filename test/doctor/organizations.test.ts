/** Every kind of organization, on a disk in memory, examined by the whole doctor. */
import { describe, expect, it } from 'vitest';
import type { Code } from '../../src/doctor/codes.ts';
import { halfPaired, neverScanned, restorable } from '../sessions/harness.ts';
import { type MemoryDisk, memoryDisk } from '../support/memory-disk.ts';
import { aWhileAgo, device, examined, record, sound, uid } from './harness.ts';

interface Case {
  readonly what: string;
  readonly place: (disk: MemoryDisk) => void;
  readonly next: string;
  readonly codes: readonly Code[];
}
const cases: readonly Case[] = [
  { what: 'a linked device', place: sound, next: 'restores it', codes: ['restorable'] },
  {
    what: 'one without its keys',
    place: (disk) => disk.place('/vault/2/creds.json', restorable(device, 813)),
    next: 'restores it',
    codes: ['restorable', 'pre_keys_missing'],
  },
  {
    what: 'one that was stopped',
    place: (disk) => (sound(disk), record(disk, '2', { desired: 'stopped' })),
    next: 'leaves it stopped',
    codes: ['restorable', 'stopped'],
  },
  {
    what: 'one that was revoked',
    place: (disk) => (sound(disk), record(disk, '2', { verdict: { reason: 'revoked', at: 5 } })),
    next: 'leaves it failed: revoked',
    codes: ['restorable', 'verdict'],
  },
  {
    what: 'one that was revoked and has new credentials',
    place: (disk) => (
      sound(disk), record(disk, '2', { fingerprint: 'another', verdict: { reason: 'revoked', at: 5 } })
    ),
    next: 'restores it',
    codes: ['restorable', 'identity_changed'],
  },
  {
    what: 'one that crashed an older build',
    place: (disk) => (
      sound(disk), record(disk, '2', { verdict: { reason: 'crashed', at: 5, build: '0.0.0' } })
    ),
    next: 'restores it',
    codes: ['restorable'],
  },
  {
    what: 'a record that cannot be read',
    place: (disk) => (sound(disk), disk.place('/vault/.vigia/orgs/2.json', '{')),
    next: 'leaves it failed: storage',
    codes: ['restorable', 'record_unreadable'],
  },
  {
    what: 'a pairing that was never finished',
    place: (disk) => disk.place('/vault/2/creds.json', halfPaired(device)),
    next: 'lists it as not paired',
    codes: ['half_paired'],
  },
  {
    what: 'one that no phone scanned',
    place: (disk) => disk.place('/vault/2/creds.json', neverScanned(device)),
    next: 'lists it as not paired',
    codes: ['unpaired'],
  },
  {
    what: 'a torn file',
    place: (disk) => disk.place('/vault/2/creds.json', '{"noise'),
    next: 'waits until it stops changing, then leaves it failed: creds_corrupt',
    codes: ['corrupt'],
  },
  {
    what: 'a torn file with a backup',
    place: (disk) => (
      sound(disk),
      disk.place('/vault/2/creds.json.bak', restorable(device)),
      disk.place('/vault/2/creds.json', '{')
    ),
    next: 'waits until it stops changing, then restores it',
    codes: ['corrupt_with_backup'],
  },
  {
    what: 'a torn file with a backup of another device',
    place: (disk) => {
      sound(disk);
      record(disk, '2');
      disk.place('/vault/2/creds.json.bak', restorable('5511:9'));
      disk.place('/vault/2/creds.json', '{');
    },
    next: 'waits until it stops changing, then leaves it failed: creds_corrupt',
    codes: ['corrupt'],
  },
  {
    what: 'a symlink for credentials',
    place: (disk) => disk.placeSymlink('/vault/2/creds.json'),
    next: 'leaves it failed: creds_corrupt',
    codes: ['not_a_file', 'odd_entries'],
  },
  {
    what: 'credentials that the system will not read',
    place: (disk) => (
      sound(disk), void disk.inject({ operation: 'read', path: '/vault/2/creds.json', code: 'EACCES' })
    ),
    next: 'tries again to read it, until it succeeds',
    codes: ['unreadable'],
  },
  {
    what: 'a record and an empty directory',
    place: (disk) => (disk.placeDirectory('/vault/2'), record(disk, '2')),
    next: 'lists it as not paired',
    codes: ['creds_missing'],
  },
  {
    what: 'a symlink',
    place: (disk) => disk.placeSymlink('/vault/2'),
    next: 'ignores it',
    codes: ['symlink_ignored'],
  },
  {
    what: 'one that others may read',
    place: (disk) => (sound(disk), disk.place('/vault/2/pre-key-1.json', '{}', 0o644)),
    next: 'restores it',
    codes: ['restorable', 'exposed'],
  },
  {
    what: 'backups of no use, damaged keys, leftovers and strange entries',
    place: (disk) => {
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
  it.each(cases)('$what', async ({ place, next, codes }) => {
    const disk = memoryDisk({ uid, now: aWhileAgo });
    disk.placeDirectory('/vault');
    place(disk);
    const before = disk.paths();
    const { organizations } = await examined(disk);
    expect(organizations).toHaveLength(1);
    expect(organizations[0]?.findings.map(({ code }) => code)).toEqual(codes);
    expect(organizations[0]?.next.sentence).toBe(next);
    expect(disk.paths()).toEqual(before);
    for (const operation of [
      'write',
      'rename',
      'remove',
      'makeDirectory',
      'removeDirectory',
      'syncDirectory',
    ] as const) {
      expect(disk.begun(operation), operation).toBe(0);
    }
  });

  it('an older copy of another organization fails, and the newer one is restored', async () => {
    const disk = memoryDisk({ uid, now: aWhileAgo });
    sound(disk, '4');
    disk.place('/vault/2/creds.json', restorable(device, 1));
    record(disk, '4', { firstSeen: 1 });
    record(disk, '2', { firstSeen: 2 });
    const report = await examined(disk);
    expect(report.ok).toBe(false);
    expect(report.organizations).toMatchObject([
      { org: '2', next: { does: 'leave_failed' } },
      { org: '4', next: { does: 'restore' } },
    ]);
    expect(report.organizations[0]?.findings[1]).toMatchObject({
      code: 'duplicate',
      message: expect.stringContaining('the other is "4"'),
    });
  });
  it('files of another user are a finding with the uid', async () => {
    const disk = memoryDisk({ uid: uid + 7, now: aWhileAgo });
    sound(disk);
    const { organizations } = await examined(disk);
    expect(organizations[0]?.findings.find(({ code }) => code === 'foreign_owner')?.message).toContain(
      `uid ${uid + 7}`,
    );
  });
  it('credentials that are being written are unsettled, and the doctor predicts nothing for them', async () => {
    const disk = memoryDisk({ uid, now: aWhileAgo });
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
  it('a phone number is masked', async () => {
    const disk = memoryDisk({ uid, now: aWhileAgo });
    disk.place('/vault/2/creds.json', restorable('34600123456:7'));
    const report = await examined(disk);
    expect(report.organizations[0]?.account).toBe('346******56');
    expect(JSON.stringify(report)).not.toContain('34600123456');
  });
});
