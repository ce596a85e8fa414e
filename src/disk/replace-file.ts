import { basename, dirname, join } from 'node:path';
import type { Disk, Stat } from './disk.ts';

/** `.<name>.<pid>.<n>.tmp~`: hidden, and its ending shows that Vigía made it. */
const temporaryName = /^\..*\.\d+\.\d+\.tmp~$/su;
/** Whether a file with this name was left by an unfinished write (or is being written now). */
export const isLeftover = (name: string): boolean => temporaryName.test(name);
/**
 * A name may have 255 bytes. A longer one gives only its beginning to its temporary file; the counter keeps
 * the temporary name unique.
 */
const borrowedLength = 60;

let counter = 0;
/**
 * Temporary names that are being written. By name alone: a held directory has two paths, and the counter
 * makes a name unique.
 */
const inFlight = new Set<string>();

const temporaryNameFor = (path: string): string => {
  counter += 1;
  return `.${basename(path).slice(0, borrowedLength)}.${process.pid}.${counter}.tmp~`;
};

/**
 * Like `replaceFile`, but calls `mayReplace` when the new content is already beside the old file and only the
 * rename is left, so that the answer is fresh. If it returns false, nothing is replaced and the result is
 * undefined.
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
 * Replaces the content of `path` so that a reader, or a power cut, finds either the old file or the new one,
 * complete. Resolves when the new one is durable, with the stat of the file that now has the name (for later
 * comparisons of inode and mtime). Never creates a directory.
 *
 * Rejects with `DiskFault`; then the old file is still there. Only if the last step failed (the fsync of the
 * directory), the new file is there, and may be lost in a power cut.
 */
export const replaceFile = async (
  disk: Disk,
  path: string,
  content: string | Uint8Array,
  mode?: number,
): Promise<Stat> => (await replaceFileIf(disk, path, content, async () => true, mode)) as Stat;

/**
 * Removes the temporary files that a killed process left in the directory; resolves with their number. Files
 * that are being written now stay. The pid does not decide: in a container it is the same after every
 * restart. Call it under the lock.
 */
export const removeLeftovers = async (disk: Disk, directory: string): Promise<number> => {
  const names = (await disk.list(directory)) ?? [];
  const stale = names.filter((name) => isLeftover(name) && !inFlight.has(name));
  for (const name of stale) await disk.remove(join(directory, name));
  return stale.length;
};
