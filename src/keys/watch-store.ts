/** Keys that another process made or revoked take effect here within two seconds: a hint of the file system, and a look each second. */
import { type FSWatcher, watch } from 'node:fs';
import { basename, dirname } from 'node:path';
import { versionOf } from '../base/file-identity.ts';
import type { WriteLog } from '../base/log.ts';
import { createSerialQueue } from '../base/serial-queue.ts';
import { type Disk, DiskFault } from '../disk/disk.ts';
import type { Keys } from './accepted-keys.ts';

/** One stat a second. The watcher alone would not do: it sees nothing on NFS, and may be refused. */
const lookEveryMs = 1_000;
/** A replacement is several events; one look is enough. */
const hintMs = 20;

interface KeyWatchParts {
  readonly disk: Disk;
  /** Path of the stored keys. */
  readonly file: string;
  readonly keys: Keys;
  readonly log: WriteLog;
  readonly everyMs?: number;
}

/** Answers its end, which resolves when no look is under way any more. */
export const watchKeys = ({ disk, file, keys, log, everyMs = lookEveryMs }: KeyWatchParts): (() => Promise<void>) => {
  let seen: string | undefined;
  let isWarned = false;
  const checks = createSerialQueue();
  let hinted: NodeJS.Timeout | undefined;

  const warn = (code: string | undefined) => {
    if (!isWarned) log('keys.unreadable', { file, code });
    isWarned = true;
  };
  const read = async (): Promise<void> => {
    const stat = await disk.stat(file);
    const now = stat && versionOf(stat);
    if (now === seen && !isWarned) return;
    if (!(await keys.refresh())) return warn(undefined);
    if (isWarned || seen !== undefined) log('keys.reloaded', { file });
    isWarned = false;
    seen = now; // taken before the reading: what changed meanwhile is seen at the next look
  };
  const look = (): void => {
    checks.run(read).catch((error: unknown) => {
      if (error instanceof DiskFault) return warn(error.code);
      log('keys.reload_failed', { err: error }); // a fault of ours: the next look comes all the same
    });
  };
  const hint = (): void => {
    clearTimeout(hinted);
    hinted = setTimeout(look, hintMs).unref();
  };

  let watcher: FSWatcher | undefined;
  try {
    watcher = watch(dirname(file), { persistent: false }, (_event, name) => {
      if (name === null || name === basename(file)) hint();
    });
    watcher.on('error', () => watcher?.close());
  } catch {
    // No watch left, or none on this file system: the look each second is enough.
  }
  const looks = setInterval(look, everyMs).unref();
  look();
  return async () => {
    clearInterval(looks);
    clearTimeout(hinted);
    watcher?.close();
    await checks.idle();
  };
};
