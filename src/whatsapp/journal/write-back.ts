import { join } from 'node:path';
import type { Disk } from '../../disk/disk.ts';
import { applyUnsynced, codeOf } from '../store/batch.ts';
import { credentialsName } from '../store/ownership.ts';
import type { FileChange, Identify } from '../store/types.ts';
import type { JournalChange } from './record.ts';
import { sortOut } from './sort-out.ts';
import type { Waiting } from './waiting.ts';

/**
 * `done`: in the files; durable unless `bulk`. `kept` are not put there, because the files of another copy
 * stay. `gone`: no such directory. `other`: it holds another identity;
 * nothing was written. `unclear`: not now, for the reason in `code`; a part of it may be in the files.
 */
export type WrittenBack =
  | {
      readonly is: 'done';
      readonly changes: readonly FileChange[];
      readonly kept: readonly JournalChange[];
      readonly bulk: boolean;
    }
  | { readonly is: 'gone' | 'other' }
  | { readonly is: 'unclear'; readonly code: string };

interface WriteBackOptions {
  readonly disk: Disk;
  readonly directory: string;
  readonly identify: Identify;
  /**
   * `syncFileSystem` will sync this file system, for many directories at once. A directory on another one is
   * synced now.
   */
  readonly bulkDev: number | undefined;
}

/**
 * Missing or damaged credentials do not show whose directory it is: perhaps a program is copying into it just
 * now.
 */
const ownerOf = async (
  { disk, identify }: WriteBackOptions,
  here: string,
  fingerprint: string,
): Promise<'ours' | 'other' | 'unclear'> => {
  const bytes = await disk.read(join(here, credentialsName));
  if (!bytes) return 'unclear';
  const found = identify(bytes);
  if (found.stored === 'corrupt') return 'unclear';
  return found.fingerprint === fingerprint ? 'ours' : 'other';
};

/**
 * Writes the waiting changes into the files of their directory, as Baileys has them. The directory is held,
 * so the one that is checked is the one that is written to. The journal keeps all of it until it is durable
 * here, so the order does not matter. Never rejects because of the disk.
 */
export const writeBack = async (
  options: WriteBackOptions,
  { fingerprint, names }: Waiting,
): Promise<WrittenBack> => {
  const { disk, directory, bulkDev } = options;
  const write = async (here: string): Promise<WrittenBack> => {
    const owner = await ownerOf(options, here, fingerprint);
    if (owner === 'other') return { is: 'other' };
    if (owner === 'unclear') return { is: 'unclear', code: 'EBUSY' };
    const bulk = bulkDev !== undefined && (await disk.stat(here))?.dev === bulkDev;
    const { put, kept } = await sortOut(disk, here, [...names.values()]);
    const { done, error } = await applyUnsynced(disk, here, put, bulk);
    if (error !== undefined) return { is: 'unclear', code: codeOf(error) };
    if (!bulk) await disk.syncDirectory(here);
    return { is: 'done', changes: done, kept, bulk };
  };
  try {
    return (await disk.hold(directory, write)) ?? { is: 'gone' };
  } catch (error) {
    return { is: 'unclear', code: codeOf(error) };
  }
};
