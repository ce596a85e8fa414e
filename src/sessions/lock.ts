import {
  chmodSync,
  closeSync,
  constants,
  existsSync,
  fchmodSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  writeSync,
} from 'node:fs';
import { stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import { basename } from 'node:path';
import { z } from 'zod';
import { isSameFile } from '../base/file-identity.ts';
import { flock } from '../disk/flock.ts';
import { directoryMode, layoutOf } from './layout.ts';

export interface Lock {
  /**
   * The version that held the lock before: one without the journal of the keys, or any other (also none, or
   * unreadable).
   */
  readonly wasTakenBy: 'older version' | 'other';
  /**
   * False when the path leads to another file than the held one, or to none: the volume was unmounted, for
   * example. Never rejects.
   */
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

/** The holder as it described itself. It is shown to a person only, and no decision depends on it. */
export const holderFormat = z.object({
  pid: z.number().int(),
  since: z.string().max(40),
  host: z.string().max(255),
});

export type Holder = z.infer<typeof holderFormat>;

const holderMessage = (fd: number): string => {
  try {
    const { pid, since, host } = holderFormat.parse(JSON.parse(readFileSync(fd, 'utf8')));
    return `process ${pid} on ${host} has held it since ${since}`;
  } catch {
    // it locked the file a moment ago, or it is another program
    return 'its holder has not written its name into it';
  }
};

/**
 * In the file since the journal exists: a version that writes this also recovers the journal of a killed
 * process.
 */
const knowsJournal = { journal: 1 } as const;
/** Reads what the previous holder wrote. A killed holder leaves its line behind. */
const writtenBefore = (fd: number): Lock['wasTakenBy'] => {
  try {
    const holder = holderFormat.loose().parse(JSON.parse(readFileSync(fd, 'utf8')));
    return holder['journal'] === undefined ? 'older version' : 'other';
  } catch {
    return 'other'; // a new file, or one cut short by a kill
  }
};

/** The path that `Disk.hold` needs (proc(5)). It exists on every Linux, except in a bare chroot. */
const descriptors = '/proc/self/fd';

const locked = async (fd: number, path: string): Promise<void> => {
  const result = await flock(fd);
  switch (result.kind) {
    case 'locked':
      return;
    case 'held':
      throw new LockHeld(
        `another supervisor runs here: ${path} is locked, ${holderMessage(fd)}. Stop it first, or use ` +
          'another directory.',
      );
    case 'missing':
      throw new LockUnavailable(
        'the program "flock" is missing, and without a lock two supervisors could log in twice; install ' +
          'util-linux',
        {
          cause: result.cause,
        },
      );
    case 'failed':
      throw new LockUnavailable(`cannot lock ${path}: ${result.why}`, { cause: result.cause });
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

/**
 * Makes this process the only supervisor of the root. Creates the root and `.vigia/` (0700) if needed; they
 * are created at no other moment. Throws `LockHeld`, `LockUnavailable`, or the system's error when the
 * directories cannot be created.
 */
export const takeLock = async (root: string): Promise<Lock> => {
  const layout = layoutOf(root);
  if (!existsSync(descriptors)) {
    throw new LockUnavailable(
      `${descriptors} is missing. Vigía needs it to hold a directory open while it writes there: mount ` +
        '/proc.',
    );
  }
  const made = mkdirSync(layout.own, { recursive: true, mode: directoryMode });
  if (made === layout.own) closeNewRoot(layout.root, layout.own);
  const fd = openSync(layout.lock, constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW, 0o600);
  let wasTakenBy: Lock['wasTakenBy'];
  try {
    await locked(fd, layout.lock);
    wasTakenBy = writtenBefore(fd);
    const holder = { pid: process.pid, since: new Date().toISOString(), host: hostname(), ...knowsJournal };
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
    wasTakenBy,
    stillOurs: async () => {
      if (released) return false;
      // A file that cannot be checked is not ours for certain: to freeze is the safe answer.
      const seen = await stat(layout.lock).catch(() => undefined);
      return isSameFile(seen, held);
    },
    release: () => {
      if (!released) closeSync(fd);
      released = true;
    },
  };
};
