import { join } from 'node:path';
import type { Org } from '../../machines/domain/ports.ts';
import { type Disk, DiskFault, type Stat } from '../disk/disk.ts';
import { isLeftover } from '../disk/replace-file.ts';
import { type Counters, countersOf } from './counters.ts';
import { classify } from './credentials.ts';
import { backupName, credentialsName, type Layout, largestCredentialsBytes } from './layout.ts';
import type { RecordRead } from './record-file.ts';
import { type Backup, inspectBackup } from './recovery.ts';

/**
 * Key files of an organization that are checked one by one. All files of 10,000 directories would take
 * minutes.
 */
const sampledKeys = 64;

/** The content of an organization's directory, counted. */
export interface Inventory {
  readonly keyFiles: number;
  readonly preKeys: number;
  /** Key files that could not be parsed and were moved aside by the store. */
  readonly damagedKeys: number;
  /** Temporary files that a killed process left behind. */
  readonly leftovers: number;
  /** Names (`.` is the directory itself) that other users than the owner may read. */
  readonly exposed: readonly { readonly name: string; readonly mode: number }[];
  /** Owners (uids) other than the running user. */
  readonly foreignOwners: readonly number[];
  /** Symlinks and directories among the files. They are never followed. */
  readonly oddEntries: readonly string[];
  /**
   * An account is named in the credentials, but no phone has confirmed the link: a pairing code was
   * requested.
   */
  readonly halfPaired: boolean;
  /** Why the credentials are corrupt; '' when they are not. */
  readonly flaw: string;
  readonly backup: Backup['is'];
  readonly counters: Counters;
  /** The newest pre-key is missing. */
  readonly latestPreKeyMissing: boolean;
  /** When creds.json was last changed, by the clock of the file system; null without one. */
  readonly changedAt: number | null;
}

const isPreKey = (name: string): boolean => /^pre-key-\d+\.json$/u.test(name);
const isKey = (name: string): boolean =>
  name.endsWith('.json') && name !== credentialsName && !name.startsWith('.');

/**
 * Reads only. `uid` is the running user; `undefined` on systems without user numbers. Rejects with
 * `DiskFault`.
 */
export const takeInventory = async (
  { disk, layout, uid }: { readonly disk: Disk; readonly layout: Layout; readonly uid: number | undefined },
  org: Org,
  record: RecordRead,
): Promise<Inventory> => {
  const directory = layout.organization(org);
  const names = (await disk.list(directory)) ?? [];
  const keys = names.filter(isKey);
  const looked = ['.', credentialsName, backupName, ...keys.slice(0, sampledKeys)];
  const stats: [string, Stat | undefined][] = [];
  for (const name of looked) stats.push([name, await disk.stat(join(directory, name))]);
  const seen = stats.flatMap(([name, stat]) => (stat ? [{ name, stat }] : []));
  const creds = seen.find(({ name }) => name === credentialsName)?.stat;

  const isReadable = creds?.kind === 'file' && creds.size <= largestCredentialsBytes;
  const bytes = isReadable ? await disk.read(layout.credentials(org), largestCredentialsBytes) : undefined;
  const counters = bytes ? countersOf(bytes) : {};
  const latest = (counters.nextPreKeyId ?? 1) - 1;
  const isStranger = (owner: number): boolean => uid !== undefined && owner !== uid;
  const { half, because = '' } = bytes ? classify(bytes) : {};
  return {
    keyFiles: keys.length,
    preKeys: keys.filter(isPreKey).length,
    damagedKeys: names.filter((name) => /\.corrupt-\d+$/u.test(name)).length,
    leftovers: names.filter(isLeftover).length,
    exposed: seen.flatMap(({ name, stat }) =>
      stat.kind !== 'symlink' && (stat.mode & 0o077) !== 0 ? [{ name, mode: stat.mode }] : [],
    ),
    foreignOwners: [...new Set(seen.map(({ stat }) => stat.uid).filter(isStranger))],
    oddEntries: seen.filter(({ name, stat }) => name !== '.' && stat.kind !== 'file').map(({ name }) => name),
    halfPaired: half === true,
    flaw: because,
    backup: await inspectBackup(disk, directory, record).then(
      ({ is }) => is,
      (fault: unknown) => {
        // it is of no use while it cannot be read
        if (fault instanceof DiskFault) return 'worthless' as const;
        throw fault;
      },
    ),
    counters,
    latestPreKeyMissing: latest > 0 && !keys.includes(`pre-key-${latest}.json`),
    changedAt: creds?.mtimeMs ?? null,
  };
};
