import { join } from 'node:path';
import type { Disk } from '../../disk/disk.ts';
import { applyUnsynced, codeOf } from '../store/batch.ts';
import { credentialsName } from '../store/ownership.ts';
import type { FileChange, Identify } from '../store/types.ts';
import type { Waiting } from './waiting.ts';

/**
 * `done`: in the files; durable unless `bulk`. `gone`: no such directory. `other`: another identity lies there; nothing was written.
 * `unclear`: not now, for the reason in `code`; part of it may be in the files.
 */
export type WrittenBack =
  | { readonly is: 'done'; readonly changes: readonly FileChange[]; readonly bulk: boolean }
  | { readonly is: 'gone' | 'other' }
  | { readonly is: 'unclear'; readonly code: string };

interface WriteBackOptions {
  readonly disk: Disk;
  readonly directory: string;
  readonly identify: Identify;
  /** Nothing is synced: `syncFileSystem` will do it for many directories at once. */
  readonly bulk: boolean;
  /** Of the file system that will be synced: what lies on another one is synced at once. */
  readonly dev: number;
}

/** Missing or senseless credentials say nothing of whose directory it is: perhaps somebody is copying just now. */
const whose = async (disk: Disk, here: string, identify: Identify, fingerprint: string): Promise<'ours' | 'other' | 'unclear'> => {
  const bytes = await disk.read(join(here, credentialsName));
  if (!bytes) return 'unclear';
  const found = identify(bytes);
  if (found.stored === 'corrupt') return 'unclear';
  return found.fingerprint === fingerprint ? 'ours' : 'other';
};

/**
 * Puts what waits into the files of its directory, as Baileys has them. The directory is held: what is looked at is what is
 * written to. The journal has all of it until it is durable here, so the order does not matter. Never rejects for the disk.
 */
export const writeBack = async (options: WriteBackOptions, { fingerprint, names }: Waiting): Promise<WrittenBack> => {
  const { disk, directory, identify, dev } = options;
  const write = async (here: string): Promise<WrittenBack> => {
    const owner = await whose(disk, here, identify, fingerprint);
    if (owner === 'other') return { is: 'other' };
    if (owner === 'unclear') return { is: 'unclear', code: 'EBUSY' };
    const bulk = options.bulk && (await disk.stat(here))?.dev === dev;
    const { done, error } = await applyUnsynced(disk, here, [...names.values()], bulk);
    if (error !== undefined) return { is: 'unclear', code: codeOf(error) };
    if (!bulk) await disk.syncDirectory(here);
    return { is: 'done', changes: done, bulk };
  };
  try {
    return (await disk.hold(directory, write)) ?? { is: 'gone' };
  } catch (error) {
    return { is: 'unclear', code: codeOf(error) };
  }
};
