import { join } from 'node:path';
import { type Disk, DiskFault, type Stat } from '../../disk/disk.ts';
import type { FileChange } from './types.ts';

const fileMode = 0o600;
/**
 * Enough to hide the latency of a sync, few enough that one organization does not take all 64 slots of the
 * disk.
 */
const atOnce = 16;
/** A name may have 255 bytes; the counter, not the name, makes a temporary file unique. */
const borrowedLength = 40;

let counter = 0;
/**
 * Ends like the names of `replaceFile`, so that `removeLeftovers` finds it. The `k` keeps the two counters
 * apart.
 */
const temporaryNameFor = (name: string): string => {
  counter += 1;
  return `.${name.slice(0, borrowedLength)}.k.${process.pid}.${counter}.tmp~`;
};

/** Runs `work` over all items, sixteen at a time, in their order. */
export const inBatches = async <T>(
  items: readonly T[],
  work: (item: T) => Promise<void>,
  lanes = atOnce,
): Promise<void> => {
  const remaining = items.values();
  const lane = async (): Promise<void> => {
    for (const item of remaining) await work(item);
  };
  await Promise.all(Array.from({ length: Math.min(lanes, items.length) }, lane));
};

/**
 * Temporary file, then rename. `mayReplace` is called when only the rename is left. When it returns false,
 * nothing is replaced and the result is undefined.
 */
const putInPlace = async <T>(
  disk: Disk,
  directory: string,
  name: string,
  write: (temporary: string) => Promise<T>,
  mayReplace?: () => Promise<boolean>,
): Promise<T | undefined> => {
  const temporary = join(directory, temporaryNameFor(name));
  try {
    const written = await write(temporary);
    if (mayReplace && !(await mayReplace())) {
      await disk.remove(temporary);
      return undefined;
    }
    await disk.rename(temporary, join(directory, name));
    return written;
  } catch (error) {
    // the first fault is the one to report; a temporary file that stays is removed after the next start
    await disk.remove(temporary).catch(() => undefined);
    throw error;
  }
};
/**
 * The first three of the four atomic steps: temporary file, fsync, rename. The caller does the fourth, the
 * fsync of the directory, once for many files. Until then a power cut may take the new file back.
 */
export const replaceUnsynced = (
  disk: Disk,
  directory: string,
  name: string,
  content: string | Uint8Array,
  mayReplace?: () => Promise<boolean>,
): Promise<Stat | undefined> =>
  putInPlace(disk, directory, name, (path) => disk.write(path, content, fileMode), mayReplace);

export const codeOf = (error: unknown): string => (error instanceof DiskFault ? error.code : 'EUNKNOWN');

export interface Applied {
  readonly done: readonly FileChange[];
  readonly undone: readonly FileChange[];
  /** The first fault. */
  readonly error?: unknown;
}

/**
 * Without syncs, more at a time than the threads of libuv (four) would only keep other organizations waiting.
 */
const atOnceInBulk = 4;

/**
 * Applies each change on its own: one file that cannot be written does not keep the others from the disk. The
 * directory is not synced. With `bulk` no file is synced either: after a power cut any part of a new one may
 * be missing.
 */
export const applyUnsynced = async (
  disk: Disk,
  directory: string,
  changes: readonly FileChange[],
  bulk = false,
): Promise<Applied> => {
  const write = bulk ? disk.writeUnsynced : disk.write;
  const done: FileChange[] = [];
  const undone: FileChange[] = [];
  let error: unknown;
  const apply = async (change: FileChange): Promise<void> => {
    const { name, content } = change;
    try {
      if (content === null) await disk.remove(join(directory, name));
      else await putInPlace<unknown>(disk, directory, name, (path) => write(path, content, fileMode));
      done.push(change);
    } catch (fault) {
      undone.push(change);
      error ??= fault;
    }
  };
  await inBatches(changes, apply, bulk ? atOnceInBulk : atOnce);
  return { done, undone, error };
};
