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
  /** Whose lock it was before: a version of Vigía from before the journal of the keys, or any other (or nobody's, or not readable). */
  readonly wasTakenBy: 'older version' | 'other';
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
export const holderFormat = z.object({ pid: z.number().int(), since: z.string().max(40), host: z.string().max(255) });

export type Holder = z.infer<typeof holderFormat>;

const holderMessage = (fd: number): string => {
  try {
    const { pid, since, host } = holderFormat.parse(JSON.parse(readFileSync(fd, 'utf8')));
    return `process ${pid} on ${host} has held it since ${since}`;
  } catch {
    return 'its holder has not written down who it is'; // locked this very moment, or by another program
  }
};

/** In the file since there is a journal: who writes this puts into the files what a killed process left in it. */
const knowsJournal = { journal: 1 } as const;
/** Of the one before, who left without a word if it was killed. */
const writtenBefore = (fd: number): Lock['wasTakenBy'] => {
  try {
    const holder = holderFormat.loose().parse(JSON.parse(readFileSync(fd, 'utf8')));
    return holder['journal'] === undefined ? 'older version' : 'other';
  } catch {
    return 'other'; // new, or cut short by a kill
  }
};

/** What `Disk.hold` goes through (proc(5)). Everywhere on Linux, but in a bare chroot. */
const descriptors = '/proc/self/fd';

const locked = async (fd: number, path: string): Promise<void> => {
  const result = await flock(fd);
  switch (result.kind) {
    case 'locked':
      return;
    case 'held':
      throw new LockHeld(
        `another supervisor is at work here: ${path} is locked, ${holderMessage(fd)}. Stop it first, or use another directory.`,
      );
    case 'missing':
      throw new LockUnavailable('the program "flock" is missing, without which two supervisors could log in twice; install util-linux', {
        cause: result.cause,
      });
    case 'failed':
      throw new LockUnavailable(`cannot lock ${path}: ${result.why}`, { cause: result.cause });
  }
};

/** What a clone of the project has in `auth_sessions`, which git can only create readable for everybody. */
const clonedNames: ReadonlySet<string> = new Set(['README.md']);

/** Closes a root to others before the first session lies in it. One that holds anything else was set up by somebody: the doctor says what it thinks of it. */
const closeNewRoot = (root: string, own: string): void => {
  const isNew = readdirSync(root).every((name) => name === basename(own) || clonedNames.has(name));
  if (isNew) chmodSync(root, directoryMode);
};

/**
 * One supervisor per root. Creates the root and `.vigia/` (0700) if need be: this is the only moment at which they may be created.
 * Throws `LockHeld`, `LockUnavailable`, or the system's error when the directories cannot be made.
 */
export const takeLock = async (root: string): Promise<Lock> => {
  const layout = layoutOf(root);
  if (!existsSync(descriptors)) {
    throw new LockUnavailable(`${descriptors} is missing, without which a directory cannot be held while it is written to: mount /proc.`);
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
      // Whatever keeps us from seeing our file keeps us from claiming it: to freeze is the safe answer.
      const seen = await stat(layout.lock).catch(() => undefined);
      return isSameFile(seen, held);
    },
    release: () => {
      if (!released) closeSync(fd);
      released = true;
    },
  };
};
