import { join } from 'node:path';
import type { Account } from '../../../machines/domain/ports.ts';
import { createLimit } from '../../base/limit.ts';
import { type Disk, DiskFault } from '../../disk/disk.ts';
import { isLeftover } from '../../disk/replace-file.ts';
import { type Counters, countersOf } from '../counters.ts';
import { classify } from '../credentials.ts';
import { credentialsName, largestCredentialsBytes } from '../layout.ts';
import { type BundledFile, largestFileBytes, sha256 } from './format.ts';

/** Files read at once: enough to keep the disk busy, and a limit for the memory. */
const atOnce = 16;

/** The files in the directory of a linked device. */
export interface Survey {
  readonly fingerprint: string;
  readonly account: Account;
  readonly counters: Counters;
  readonly credentialsChangedAt: number;
  readonly newestChangeAt: number;
  /** Sorted by name, `creds.json` last. */
  readonly files: readonly BundledFile[];
  /** Entries that are no regular files. They are not exported. */
  readonly leftOut: readonly string[];
}

/** Every file except hidden and temporary ones. */
const isOurs = (name: string): boolean => !name.startsWith('.') && !isLeftover(name);
const order = (a: string, b: string): number =>
  Number(a === credentialsName) - Number(b === credentialsName) || (a < b ? -1 : 1);

/**
 * Reads every file once. Resolves with `undefined` when the directory holds no linked device. Rejects with
 * `DiskFault`, also for a file that is too large (`EFBIG`) or disappears meanwhile (`ENOENT`).
 */
export const surveyDirectory = async (disk: Disk, directory: string): Promise<Survey | undefined> => {
  const creds = await disk.read(join(directory, credentialsName), largestCredentialsBytes);
  const { stored, fingerprint, account } = classify(creds ?? Buffer.alloc(0));
  if (!creds || stored !== 'restorable' || !account) return undefined;
  const names = ((await disk.list(directory)) ?? []).filter(isOurs).sort(order);
  const files = new Map<string, BundledFile>();
  const leftOut: string[] = [];
  let newestChangeAt = 0;
  let credentialsChangedAt = 0;
  const readOne = async (name: string): Promise<void> => {
    const path = join(directory, name);
    const stat = await disk.stat(path);
    if (stat && stat.kind !== 'file') return void leftOut.push(name);
    if ((stat?.size ?? 0) > largestFileBytes)
      throw new DiskFault('read', path, Object.assign(new Error('too large'), { code: 'EFBIG' }));
    const content = stat && (await disk.read(path));
    if (!content) throw new DiskFault('read', path, Object.assign(new Error('gone'), { code: 'ENOENT' }));
    newestChangeAt = Math.max(newestChangeAt, stat.mtimeMs);
    if (name === credentialsName) credentialsChangedAt = stat.mtimeMs;
    files.set(name, { name, size: content.length, sha256: sha256(content) });
  };
  const limit = createLimit(atOnce);
  await Promise.all(names.map((name) => limit(() => readOne(name))));
  return {
    fingerprint,
    account,
    counters: countersOf(creds),
    credentialsChangedAt,
    newestChangeAt,
    files: names.flatMap((name) => files.get(name) ?? []),
    leftOut,
  };
};
