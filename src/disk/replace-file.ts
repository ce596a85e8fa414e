import { basename, dirname, join } from 'node:path';
import type { Disk, Stat } from './disk.ts';

/** `.<name>.<pid>.<n>.tmp~`: hidden, and recognizable as ours by its ending. */
const temporaryName = /^\..*\.\d+\.\d+\.tmp~$/su;
/** A name may have 255 bytes; a longer one lends only its beginning to its temporary file, which the counter keeps unique. */
const borrowedLength = 60;

let counter = 0;
const inFlight = new Set<string>();

const temporaryPathFor = (path: string): string => {
  counter += 1;
  return join(dirname(path), `.${basename(path).slice(0, borrowedLength)}.${process.pid}.${counter}.tmp~`);
};

/**
 * Puts `content` at `path` so that a reader, or a power cut, meets either the old file or the new one, whole. Resolves when the
 * new one is durable, with its stat (of the file that now has the name: inode and mtime are those to compare with later).
 * Never creates a directory. Rejects with `DiskFault`; then the old file is still there, unless only the very last step (the
 * fsync of the directory) failed: then the new one is, without the promise that it stays.
 */
export const replaceFile = async (disk: Disk, path: string, content: string | Uint8Array, mode?: number): Promise<Stat> => {
  const temporary = temporaryPathFor(path);
  inFlight.add(temporary);
  try {
    const stat = await disk.write(temporary, content, mode);
    await disk.rename(temporary, path);
    await disk.syncDirectory(dirname(path));
    return stat;
  } catch (error) {
    // The first fault is the one to report; a temporary file that cannot be removed either is removed by `removeLeftovers`.
    await disk.remove(temporary).catch(() => undefined);
    throw error;
  } finally {
    inFlight.delete(temporary);
  }
};

/**
 * Removes the temporary files that a killed process of ours left in the directory; resolves with their number. Those being
 * written right now are spared. Not by pid: in a container it is the same one after every restart. Call it under the lock.
 */
export const removeLeftovers = async (disk: Disk, directory: string): Promise<number> => {
  const names = (await disk.list(directory)) ?? [];
  const stale = names
    .filter((name) => temporaryName.test(name))
    .map((name) => join(directory, name))
    .filter((path) => !inFlight.has(path));
  for (const path of stale) await disk.remove(path);
  return stale.length;
};
