import { join } from 'node:path';
import type { Org } from '../../machines/domain/ports.ts';
import { versionOf } from '../base/file-identity.ts';
import type { Disk, Stat } from '../disk/disk.ts';
import { replaceFile, replaceFileIf } from '../disk/replace-file.ts';
import { type CountedCredentials, countCredentials } from './counters.ts';
import {
  backupName,
  credentialsName,
  freePath,
  type Layout,
  largestCredentialsBytes,
  makeInside,
} from './layout.ts';
import type { RecordRead } from './record-file.ts';

/**
 * A record with fingerprint '' never knew an identity, so the backup cannot contradict it. An unreadable
 * record confirms nothing.
 */
const vouchesFor = (record: RecordRead, fingerprint: string): boolean =>
  record.kind === 'absent' ||
  (record.kind === 'record' && ['', fingerprint].includes(record.record.fingerprint));

/**
 * The content of `creds.json.bak`: the last login of this identity (`usable`), the login of another identity
 * than the record knows (`other`), or nothing that can log in (`worthless`). Rejects with `DiskFault`.
 */
export type Backup =
  | {
      readonly is: 'usable';
      readonly bytes: Buffer;
      readonly stat: Stat;
      readonly classified: CountedCredentials;
    }
  | { readonly is: 'absent' | 'other' | 'worthless' };
export const inspectBackup = async (disk: Disk, directory: string, record: RecordRead): Promise<Backup> => {
  const path = join(directory, backupName);
  const stat = await disk.stat(path);
  if (!stat) return { is: 'absent' };
  if (stat.size > largestCredentialsBytes) return { is: 'worthless' };
  const bytes = await disk.read(path, largestCredentialsBytes);
  if (!bytes) return { is: 'absent' };
  const classified = countCredentials(bytes);
  if (classified.stored !== 'restorable') return { is: 'worthless' };
  return vouchesFor(record, classified.fingerprint)
    ? { is: 'usable', bytes, stat, classified }
    : { is: 'other' };
};

/**
 * Recovers credentials that are corrupt (`found`) or gone; resolves with `undefined` when that is impossible.
 */
export type Recover = (
  org: Org,
  found: Stat | undefined,
  record: RecordRead,
) => Promise<{ readonly creds: Stat; readonly classified: CountedCredentials } | undefined>;

/** Returns what `restoreFromBackup` would return, and changes nothing. For an examination. */
export const wouldRestoreFromBackup =
  ({ disk, layout }: { readonly disk: Disk; readonly layout: Layout }): Recover =>
  async (org, _found, record) => {
    const backup = await inspectBackup(disk, layout.organization(org), record);
    return backup.is === 'usable' ? { creds: backup.stat, classified: backup.classified } : undefined;
  };

/**
 * Replaces a corrupt or missing creds.json by `creds.json.bak`, if that is the last login of the same
 * identity. Only for an organization without a socket.
 *
 * The corrupt file is copied to quarantine and then replaced in one step, so that a crash in between leaves
 * one of the two, never neither. Resolves with `undefined`, and overwrites nothing, when there is no usable
 * backup, or when the file is no longer the one that was found corrupt (`found`). The directory is held
 * meanwhile, so that a directory that takes its place is not written to. Rejects with `DiskFault`.
 */
export const restoreFromBackup =
  ({
    disk,
    layout,
    now,
  }: {
    readonly disk: Disk;
    readonly layout: Layout;
    readonly now: () => number;
  }): Recover =>
  (org, found, record) =>
    disk.hold(layout.organization(org), async (here) => {
      const path = join(here, credentialsName);
      const backup = await inspectBackup(disk, here, record);
      if (backup.is !== 'usable') return undefined;
      const isStillThat = async (): Promise<boolean> => {
        const now = await disk.stat(path);
        return found === undefined || now === undefined ? now === found : versionOf(now) === versionOf(found);
      };

      if (!(await isStillThat())) return undefined;
      const evidence = found && (await disk.read(path));
      if (evidence) {
        const directory = layout.quarantineOf(org);
        await makeInside(disk, layout.quarantine);
        await makeInside(disk, directory);
        await replaceFile(disk, await freePath(disk, directory, 'creds.json', now()), evidence);
      }
      const creds = await replaceFileIf(disk, path, backup.bytes, isStillThat);
      return creds && { creds, classified: backup.classified };
    });
