import type { Disk } from './disk.ts';

const refuse = (operation: string) => async (): Promise<never> => {
  throw new Error(`bug: ${operation} on a read-only disk`);
};

/**
 * A disk that only reads. A write is a bug of the caller and throws an ordinary error, so that it cannot be
 * mistaken for a broken disk.
 */
export const readOnly = (disk: Disk): Disk => ({
  list: (directory) => disk.list(directory),
  stat: (path) => disk.stat(path),
  read: (path, mostBytes) => disk.read(path, mostBytes),
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
