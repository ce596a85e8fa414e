/** A disk whose every sync takes longer: what a cheap server's does. */
import { setTimeout as wait } from 'node:timers/promises';
import { createLimit } from '../../src/base/limit.ts';
import type { Disk } from '../../src/disk/disk.ts';

/** A sync parks one of libuv's threads for as long as it takes, and there are four. */
const threads = 4;

export const slowDisk = (disk: Disk, syncMs: number): Disk => {
  if (syncMs === 0) return disk;
  const parked = createLimit(threads);
  const synced = async <T>(work: Promise<T>): Promise<T> => {
    const done = await work;
    await parked(() => wait(syncMs));
    return done;
  };
  return {
    ...disk,
    write: (path, content, mode) => synced(disk.write(path, content, mode)),
    overwrite: (path, at, content) => synced(disk.overwrite(path, at, content)),
    syncDirectory: (path) => synced(disk.syncDirectory(path)),
    syncFileSystem: (path) => synced(disk.syncFileSystem(path)),
  };
};
