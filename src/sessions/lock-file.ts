/** The file `.vigia/lock`: it names the holder, and older versions lock nothing else. */
import { constants, fchmodSync, fsyncSync, ftruncateSync, openSync, readFileSync, writeSync } from 'node:fs';
import { hostname } from 'node:os';
import type { Layout } from './layout.ts';
import { holderFormat } from './lock-holder.ts';

/**
 * In the file since the journal exists: a version that writes this also recovers the journal of a killed
 * process.
 */
const knowsJournal = { journal: 1 } as const;
/** Reads what the previous holder wrote. A killed holder leaves its line behind. */
export const writtenBefore = (fd: number): 'older version' | 'other' => {
  try {
    const holder = holderFormat.loose().parse(JSON.parse(readFileSync(fd, 'utf8')));
    return holder['journal'] === undefined ? 'older version' : 'other';
  } catch {
    return 'other'; // a new file, or one cut short by a kill
  }
};

export const openLockFile = (layout: Layout): number =>
  openSync(
    layout.lock,
    constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW | constants.O_NONBLOCK,
    0o600,
  );

export const writeHolder = (fd: number): void => {
  const holder = { pid: process.pid, since: new Date().toISOString(), host: hostname(), ...knowsJournal };
  fchmodSync(fd, 0o600);
  ftruncateSync(fd);
  writeSync(fd, `${JSON.stringify(holder)}\n`, 0);
  fsyncSync(fd);
};
/** Opens the lock file as it is; `undefined` when there is none. */
export const lockFileOf = (layout: Layout): number | undefined => {
  try {
    return openSync(layout.lock, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch {
    return undefined; // only for the name of the holder
  }
};
