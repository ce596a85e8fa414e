import { spawnSync } from 'node:child_process';
import {
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readFileSync,
  writeSync,
} from 'node:fs';
import { stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import { z } from 'zod';
import { directoryMode, layoutOf } from './layout.ts';

export interface Lock {
  /** False when the path leads to another file than the one we hold, or to none: the volume was unmounted, say. Never rejects. */
  stillOurs(): Promise<boolean>;
  /** The lock also ends with the process, however it ends. */
  release(): void;
}

/** Another supervisor works on this root. The message names it. */
export class LockHeld extends Error {
  override readonly name = 'LockHeld';
}
/** The lock can neither be had nor be said to be held. The message says what to do. */
export class LockUnavailable extends Error {
  override readonly name = 'LockUnavailable';
}

/** Told from outside, by whoever wrote it; shown to a person only, never relied on. */
const holderFormat = z.object({ pid: z.number().int(), since: z.string().max(40), host: z.string().max(255) });

const holderSentence = (fd: number): string => {
  try {
    const { pid, since, host } = holderFormat.parse(JSON.parse(readFileSync(fd, 'utf8')));
    return `process ${pid} on ${host} has held it since ${since}`;
  } catch {
    return 'its holder has not written down who it is'; // locked this very moment, or by another program
  }
};

/** flock(1): "a failure to obtain the lock" with -n. */
const conflictStatus = 1;

/**
 * Locks our own open file through a child's copy of the descriptor: flock belongs to the open file, not to the process, so it
 * stays when the child ends and goes when we do (kill -9 included). No native module, and no pid file, which lies across containers.
 */
const flock = (fd: number, path: string): void => {
  const { status, error, stderr } = spawnSync('flock', ['-n', '-x', '3'], { stdio: ['ignore', 'ignore', 'pipe', fd], encoding: 'utf8' });
  if ((error as NodeJS.ErrnoException | undefined)?.code === 'ENOENT') {
    throw new LockUnavailable('the program "flock" is missing, without which two supervisors could log in twice; install util-linux', {
      cause: error,
    });
  }
  if (error) throw new LockUnavailable(`cannot run "flock" to lock ${path}: ${error.message}`, { cause: error });
  if (status === 0) return;
  if (status === conflictStatus) {
    throw new LockHeld(
      `another supervisor is at work here: ${path} is locked, ${holderSentence(fd)}. Stop it first, or use another directory.`,
    );
  }
  throw new LockUnavailable(`cannot lock ${path}: ${stderr.trim()} (flock ended with ${status}); does this file system support locks?`);
};

/**
 * One supervisor per root. Creates the root and `.vigia/` (0700) if need be: this is the only moment at which they may be created.
 * Throws `LockHeld`, `LockUnavailable`, or the system's error when the directories cannot be made.
 */
export const takeLock = async (root: string): Promise<Lock> => {
  const layout = layoutOf(root);
  mkdirSync(layout.own, { recursive: true, mode: directoryMode });
  const fd = openSync(layout.lock, constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW, 0o600);
  try {
    flock(fd, layout.lock);
    const holder = { pid: process.pid, since: new Date().toISOString(), host: hostname() };
    fchmodSync(fd, 0o600);
    ftruncateSync(fd);
    writeSync(fd, `${JSON.stringify(holder)}\n`, 0);
    fsyncSync(fd);
  } catch (error) {
    closeSync(fd);
    throw error;
  }
  const held = fstatSync(fd);
  let released = false;
  return {
    stillOurs: async () => {
      if (released) return false;
      // Whatever keeps us from seeing our file keeps us from claiming it: to freeze is the safe answer.
      const seen = await stat(layout.lock).catch(() => undefined);
      return seen !== undefined && seen.ino === held.ino && seen.dev === held.dev;
    },
    release: () => {
      if (!released) closeSync(fd);
      released = true;
    },
  };
};
