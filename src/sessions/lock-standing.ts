/** Whether a lock that was taken still keeps every other supervisor out. */
import { closeSync, fstatSync } from 'node:fs';
import { lstat, readdir, stat } from 'node:fs/promises';
import { type FileIdentity, isSameFile } from '../base/file-identity.ts';
import type { WriteLog } from '../base/log.ts';
import { flock } from '../disk/flock.ts';
import type { Layout } from './layout.ts';
import { openLockFile, writeHolder } from './lock-file.ts';

/**
 * `away`: the path leads to no directory, to an empty one, or to one without our `.vigia/`. The volume may be
 * unmounted, and may come back. `lost`: another process may log in here.
 */
export type Standing = { readonly is: 'ours' | 'away' } | { readonly is: 'lost'; readonly why: string };

/** What is held: the descriptors, and the identities that the paths must lead to. */
export interface Held {
  readonly layout: Layout;
  readonly log: WriteLog;
  readonly root: number;
  readonly rootIdentity: FileIdentity;
  /** False on a file system that locks only files. */
  readonly rootIsLocked: boolean;
  readonly ownIdentity: FileIdentity;
  file: number;
}

/** Whether the path leads elsewhere, and whether another supervisor could run there. */
const standingOfRoot = async ({ layout, rootIdentity }: Held): Promise<Standing> => {
  const seen = await stat(layout.root).catch(() => undefined);
  if (isSameFile(seen, rootIdentity)) return { is: 'ours' };
  const names = seen?.isDirectory() ? await readdir(layout.root).catch(() => []) : [];
  return names.length === 0
    ? { is: 'away' } // an unmounted volume leaves an empty directory
    : { is: 'lost', why: `${layout.root} is another directory than the locked one` };
};

/** Puts the lock file back, for older versions, which lock nothing else, and for the name of the holder. */
const restoreFile = async (held: Held): Promise<Standing> => {
  const { layout, log, rootIsLocked } = held;
  const own = await lstat(layout.own).catch(() => undefined);
  if (!isSameFile(own, held.ownIdentity)) return { is: 'away' };
  let file: number;
  try {
    file = openLockFile(layout);
  } catch {
    return { is: rootIsLocked ? 'ours' : 'away' }; // a full disk, for example: the next check tries again
  }
  const result = await flock(file);
  if (result.kind !== 'locked') {
    closeSync(file);
    if (result.kind === 'held')
      return { is: 'lost', why: `${layout.lock} was removed, and another process has locked its successor` };
    return { is: rootIsLocked ? 'ours' : 'away' };
  }
  writeHolder(file);
  closeSync(held.file);
  held.file = file;
  log('lock.restored', { path: layout.lock });
  return { is: 'ours' };
};

export const standingOf = async (held: Held): Promise<Standing> => {
  const root = await standingOfRoot(held);
  if (root.is !== 'ours') return root;
  const seen = await lstat(held.layout.lock).catch(() => undefined);
  return isSameFile(seen, fstatSync(held.file)) ? root : restoreFile(held);
};
