import type { Disk } from './disk.ts';

const refuse = (operation: string) => async (): Promise<never> => {
  throw new Error(`bug: ${operation} on a disk that is only looked at`);
};

/**
 * Looks, and never changes anything: a write is a bug of the caller and thrown as one, so that it cannot pass
 * for a broken disk.
 */
export const readOnly = (disk: Disk): Disk => ({
  list: (directory) => disk.list(directory),
  stat: (path) => disk.stat(path),
  read: (path) => disk.read(path),
  hold: (directory, use) => disk.hold(directory, use),
  write: refuse('write'),
  writeUnsynced: refuse('writeUnsynced'),
  overwrite: refuse('overwrite'),
  rename: refuse('rename'),
  syncDirectory: refuse('syncDirectory'),
  syncFileSystem: refuse('syncFileSystem'),
  remove: refuse('remove'),
  makeDirectory: refuse('makeDirectory'),
  removeDirectory: refuse('removeDirectory'),
});
