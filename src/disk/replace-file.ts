import { basename, dirname, join } from 'node:path';
import type { Disk, Stat } from './disk.ts';

/** `.<name>.<pid>.<n>.tmp~`: hidden, and recognizable as ours by its ending. */
const temporaryName = /^\..*\.\d+\.\d+\.tmp~$/su;
/**
 * Whether a file of this name was left by a write that never came to its end (or is being written this
 * moment).
 */
export const isLeftover = (name: string): boolean => temporaryName.test(name);
/**
 * A name may have 255 bytes; a longer one lends only its beginning to its temporary file, which the counter
 * keeps unique.
 */
const borrowedLength = 60;

let counter = 0;
/** By name alone: a held directory has two paths, and the counter makes a name unique. */
const inFlight = new Set<string>();

const temporaryNameFor = (path: string): string => {
  counter += 1;
  return `.${basename(path).slice(0, borrowedLength)}.${process.pid}.${counter}.tmp~`;
};

/**
 * Like `replaceFile`, but asks `mayReplace` when the new content already lies beside the old file and only
 * the rename is left, so that the answer has no time to grow old. When it is no, nothing was replaced and the
 * result is undefined.
 */
export const replaceFileIf = async (
  disk: Disk,
  path: string,
  content: string | Uint8Array,
  mayReplace: () => Promise<boolean>,
  mode?: number,
): Promise<Stat | undefined> => {
  const name = temporaryNameFor(path);
  const temporary = join(dirname(path), name);
  inFlight.add(name);
  try {
    const stat = await disk.write(temporary, content, mode);
    if (!(await mayReplace())) {
      await disk.remove(temporary);
      return undefined;
    }
    await disk.rename(temporary, path);
    await disk.syncDirectory(dirname(path));
    return stat;
  } catch (error) {
    // The first fault is the one to report; a temporary file that cannot be removed either is removed by
    // `removeLeftovers`.
    await disk.remove(temporary).catch(() => undefined);
    throw error;
  } finally {
    inFlight.delete(name);
  }
};

/**
 * Puts `content` at `path` so that a reader, or a power cut, meets either the old file or the new one, whole.
 * Resolves when the new one is durable, with its stat (of the file that now has the name: inode and mtime are
 * those to compare with later). Never creates a directory. Rejects with `DiskFault`; then the old file is
 * still there, unless only the very last step (the fsync of the directory) failed: then the new one is,
 * without the promise that it stays.
 */
export const replaceFile = async (
  disk: Disk,
  path: string,
  content: string | Uint8Array,
  mode?: number,
): Promise<Stat> => (await replaceFileIf(disk, path, content, async () => true, mode)) as Stat;

/**
 * Removes the temporary files that a killed process of ours left in the directory; resolves with their
 * number. Those being written right now are spared. Not by pid: in a container it is the same one after every
 * restart. Call it under the lock.
 */
export const removeLeftovers = async (disk: Disk, directory: string): Promise<number> => {
  const names = (await disk.list(directory)) ?? [];
  const stale = names.filter((name) => isLeftover(name) && !inFlight.has(name));
  for (const name of stale) await disk.remove(join(directory, name));
  return stale.length;
};
