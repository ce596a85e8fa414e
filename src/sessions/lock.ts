import {
  chmodSync,
  closeSync,
  constants,
  existsSync,
  fstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
} from 'node:fs';
import { lstat } from 'node:fs/promises';
import { hostname } from 'node:os';
import { basename } from 'node:path';
import type { WriteLog } from '../base/log.ts';
import { missingProgram } from '../base/programs.ts';
import { createSerialQueue } from '../base/serial-queue.ts';
import { flock } from '../disk/flock.ts';
import { directoryMode, type Layout, layoutOf } from './layout.ts';
import { lockFileOf, openLockFile, writeHolder, writtenBefore } from './lock-file.ts';
import { parseHolder, processThatLocked } from './lock-holder.ts';
import { type Held, type Standing, standingOf } from './lock-standing.ts';

export interface Lock {
  /**
   * The version that held the lock before: one without the journal of the keys, or any other (also none, or
   * unreadable).
   */
  readonly wasTakenBy: 'older version' | 'other';
  /** Puts the lock file back when it was removed. Never rejects. */
  check(): Promise<Standing>;
  /** Whether `check` finds it `ours`. */
  stillOurs(): Promise<boolean>;
  /** The end of the process also releases the lock. */
  release(): void;
}

/** Another supervisor runs on this root. The message names it. */
export class LockHeld extends Error {
  override readonly name = 'LockHeld';
}
/** Whether the lock is free cannot be found out. The message says what to do. */
export class LockUnavailable extends Error {
  override readonly name = 'LockUnavailable';
}

const holderMessage = async (locked: number, file: number | undefined): Promise<string> => {
  const pid = await processThatLocked(fstatSync(locked));
  const named = file === undefined ? undefined : parseHolder(readFileSync(file));
  if (named && (pid === undefined || pid === named.pid))
    return `process ${named.pid} on ${named.host} has held it since ${named.since}`;
  // it locked the file a moment ago, or it is another program, or the lock file was removed
  return pid === undefined
    ? 'its holder has not written its name into it'
    : `process ${pid} on ${hostname()} holds it`;
};

/** The path that `Disk.hold` needs (proc(5)). It exists on every Linux, except in a bare chroot. */
const descriptors = '/proc/self/fd';

const heldElsewhere = async (layout: Layout, locked: number): Promise<LockHeld> => {
  const file = lockFileOf(layout);
  try {
    return new LockHeld(
      `another supervisor runs here: ${layout.lock} is locked, ${await holderMessage(locked, file)}. Stop ` +
        'that process first, or use another directory. Removing the file does not help: the directory ' +
        'itself is locked.',
    );
  } finally {
    if (file !== undefined) closeSync(file);
  }
};

/** Locks the open file. False: this file system has no locks for it. */
const locked = async (fd: number, layout: Layout): Promise<boolean> => {
  const result = await flock(fd);
  switch (result.kind) {
    case 'locked':
      return true;
    case 'held':
      throw await heldElsewhere(layout, fd);
    case 'missing':
      throw new LockUnavailable(
        `${missingProgram('flock')}. Without a lock two supervisors could log in twice.`,
        { cause: result.cause },
      );
    case 'failed':
      if (fstatSync(fd).isDirectory()) return false;
      throw new LockUnavailable(`cannot lock ${layout.lock}: ${result.why}.`, { cause: result.cause });
  }
};

/**
 * The content of `auth_sessions` in a clone of the project, which git can only create readable for every
 * user.
 */
const clonedNames: ReadonlySet<string> = new Set(['README.md']);

/**
 * Closes a new root to other users before the first session is stored in it. An operator set up a root that
 * holds anything else: the doctor reports its permissions.
 */
const closeNewRoot = (root: string, own: string): void => {
  const isNew = readdirSync(root).every((name) => name === basename(own) || clonedNames.has(name));
  if (isNew) chmodSync(root, directoryMode);
};

const closing = async <T>(fd: number, use: () => Promise<T>): Promise<T> => {
  try {
    return await use();
  } catch (error) {
    closeSync(fd);
    throw error;
  }
};

const lockOf = (held: Held, wasTakenBy: Lock['wasTakenBy']): Lock => {
  const queue = createSerialQueue();
  let released = false;
  const check = (): Promise<Standing> =>
    queue.run(async () => {
      // A check that fails is no proof: to freeze is the safe answer.
      if (released) return { is: 'away' };
      return standingOf(held).catch((): Standing => ({ is: 'away' }));
    });
  return {
    wasTakenBy,
    check,
    stillOurs: async () => (await check()).is === 'ours',
    release: () => {
      if (released) return;
      released = true;
      closeSync(held.file);
      closeSync(held.root);
    },
  };
};

/**
 * False when it exists. Never makes the directories above it: a mistyped path must not become a new root, and
 * in `/proc` Node's recursive `mkdir` never returns.
 */
const made = (path: string): boolean => {
  try {
    mkdirSync(path, { mode: directoryMode });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    return false;
  }
};

/** The directory first, because its name cannot be removed under a process that has it open. */
const lockRoot = async (layout: Layout, log: WriteLog): Promise<Omit<Held, 'file' | 'ownIdentity'>> => {
  made(layout.root);
  const root = openSync(layout.root, constants.O_RDONLY | constants.O_DIRECTORY);
  return closing(root, async () => {
    const rootIsLocked = await locked(root, layout);
    if (!rootIsLocked) log('lock.file_only', { path: layout.lock });
    return { layout, log, root, rootIdentity: fstatSync(root), rootIsLocked };
  });
};

const makeOwn = (layout: Layout): void => {
  if (made(layout.own)) closeNewRoot(layout.root, layout.own);
};

/**
 * Makes this process the only supervisor of the root. Creates the root and `.vigia/` (0700) if needed; they
 * are created at no other moment. Throws `LockHeld`, `LockUnavailable`, or the system's error when the
 * directories cannot be created.
 *
 * Two locks: that of the directory itself, which no removal of a name frees and which two paths to one
 * directory share, and that of `.vigia/lock`, the only one that older versions take.
 */
export const takeLock = async (root: string, log: WriteLog = () => undefined): Promise<Lock> => {
  const layout = layoutOf(root);
  if (!existsSync(descriptors)) {
    throw new LockUnavailable(
      `${descriptors} is missing. Vigía needs it to hold a directory open while it writes there: mount ` +
        '/proc.',
    );
  }
  const heldRoot = await lockRoot(layout, log);
  return closing(heldRoot.root, async () => {
    makeOwn(layout);
    const file = openLockFile(layout);
    return closing(file, async () => {
      await locked(file, layout);
      const wasTakenBy = writtenBefore(file);
      writeHolder(file);
      return lockOf({ ...heldRoot, ownIdentity: await lstat(layout.own), file }, wasTakenBy);
    });
  });
};
