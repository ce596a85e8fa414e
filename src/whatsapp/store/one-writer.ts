import { resolve } from 'node:path';
import type { FileIdentity } from '../../base/file-identity.ts';
import type { Disk } from '../../disk/disk.ts';
import type { Drained } from './types.ts';

/**
 * What the stores of this process, one after the other, know about a directory. It spares the next one work.
 */
export interface DirectoryMemory {
  /** The directory from which temporary files of a killed process were removed. */
  tidied?: FileIdentity;
  /** The backup that a store of this process made durable. */
  backup?: { readonly version: string; readonly digest: string };
}
interface WriterHolder {
  readonly fenced: () => boolean;
  readonly drained: () => Promise<Drained>;
}
export interface Claim {
  readonly memory: DirectoryMemory;
  /** `holder` has the directory from now on. */
  readonly hold: (holder: WriterHolder) => void;
  /** The directory is free again. */
  readonly release: () => void;
}
export type Denied = 'in_use' | 'still_writing';

interface Directory {
  readonly memory: DirectoryMemory;
  holder: WriterHolder | 'opening' | undefined;
}
/** An entry stays when its store has ended: there are about as many as organizations. */
const directories = new WeakMap<Disk, Map<string, Directory>>();

const directoryAt = (disk: Disk, path: string): Directory => {
  const known = directories.get(disk) ?? new Map<string, Directory>();
  directories.set(disk, known);
  const directory = known.get(path) ?? { memory: {}, holder: undefined };
  known.set(path, directory);
  return directory;
};
/** For a directory that is about to move, as that of a pairing is. */
const forget = (disk: Disk, path: string): void => void directories.get(disk)?.delete(path);

/**
 * One writer per directory and process. A superseded store may still have a slow write on its way, and a new
 * one must neither read before it nor race with it. So a store that opens waits for the pending writes of a
 * fenced predecessor (10 s at most, then `still_writing`). A predecessor that is not fenced keeps the
 * directory (`in_use`). The lock on the root keeps other processes out. `isPassing`: nothing is remembered
 * about the directory once it is released.
 */
export const claimDirectory = async (
  disk: Disk,
  path: string,
  isPassing = false,
): Promise<Claim | Denied> => {
  const name = resolve(path);
  const directory = directoryAt(disk, name);
  const before = directory.holder;
  if (before === 'opening') return 'in_use';
  if (before) {
    if (!before.fenced()) return 'in_use';
    if ((await before.drained()) === 'pending') return 'still_writing';
    if (directory.holder !== undefined && directory.holder !== before) return 'in_use';
  }
  let mine: WriterHolder | 'opening' = 'opening';
  directory.holder = mine;
  return {
    memory: directory.memory,
    hold: (holder) => {
      mine = holder;
      directory.holder = mine;
    },
    release: () => {
      if (directory.holder !== mine) return;
      directory.holder = undefined;
      if (isPassing) forget(disk, name);
    },
  };
};
