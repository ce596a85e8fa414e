/**
 * Applies changes that another process made to the stored keys, within two seconds: when the file system
 * reports one, and at a check each second.
 */
import { type FSWatcher, watch } from 'node:fs';
import { basename, dirname } from 'node:path';
import { versionOf } from '../base/file-identity.ts';
import type { WriteLog } from '../base/log.ts';
import { createSerialQueue } from '../base/serial-queue.ts';
import { type Disk, DiskFault } from '../disk/disk.ts';
import type { Keys } from './accepted-keys.ts';
import { KeyStoreBusy } from './key-store.ts';

/**
 * One stat a second. The watcher alone is not enough: it reports nothing on NFS, and the system may refuse
 * it.
 */
const checkEveryMs = 1_000;
/** A replacement is several events, and one check is enough for them. */
const gatherMs = 20;

interface KeyWatchDeps {
  readonly disk: Disk;
  /** Path of the stored keys. */
  readonly file: string;
  readonly keys: Keys;
  readonly log: WriteLog;
  readonly everyMs?: number;
}

/**
 * Undefined where the system has no watch left, or the file system has none: the check each second is enough.
 */
const watchFile = (file: string, onChange: () => void): FSWatcher | undefined => {
  try {
    const watcher = watch(dirname(file), { persistent: false }, (_event, name) => {
      if (name === null || name === basename(file)) onChange();
    });
    watcher.on('error', () => watcher.close());
    return watcher;
  } catch {
    return undefined;
  }
};

/** Returns stop, which resolves when no check is in progress. */
export const startKeyWatch = ({
  disk,
  file,
  keys,
  log,
  everyMs = checkEveryMs,
}: KeyWatchDeps): (() => Promise<void>) => {
  let loadedVersion: string | undefined;
  let isWarned = false;
  let gathering: NodeJS.Timeout | undefined;
  const checks = createSerialQueue();

  const warn = (code: string | undefined) => {
    if (!isWarned) log('keys.unreadable', { file, code });
    isWarned = true;
  };
  /** Two programs may want to write at once: the next check tries again. */
  const saveExpired = async (): Promise<void> => {
    try {
      await keys.saveExpired();
    } catch (error) {
      if (!(error instanceof KeyStoreBusy)) throw error;
    }
  };
  const check = async (): Promise<void> => {
    await saveExpired();
    const stat = await disk.stat(file);
    const version = stat && versionOf(stat);
    if (version === loadedVersion && !isWarned) return;
    if (!(await keys.refresh())) return warn(undefined);
    if (isWarned || loadedVersion !== undefined) log('keys.reloaded', { file });
    isWarned = false;
    loadedVersion = version; // taken before the read, so that the next check sees a change made meanwhile
  };
  const startCheck = (): void => {
    checks.run(check).catch((error: unknown) => {
      if (error instanceof DiskFault) return warn(error.code);
      log('keys.reload_failed', { err: error }); // a fault of ours; the next check comes all the same
    });
  };
  const watcher = watchFile(file, () => {
    clearTimeout(gathering);
    gathering = setTimeout(startCheck, gatherMs).unref();
  });
  const timer = setInterval(startCheck, everyMs).unref();
  startCheck();
  return async () => {
    clearInterval(timer);
    clearTimeout(gathering);
    watcher?.close();
    await checks.idle();
  };
};
