import { normalize } from 'node:path';
import type { Disk } from '../../src/disk/disk.ts';

export interface DiskCall {
  readonly operation: keyof Disk;
  /** The name by which a person knows it, also inside a held directory. For a rename, the new name. */
  readonly path: string;
}
export interface CountingDisk extends Disk {
  /** Every call so far, in the order in which the calls began. */
  readonly calls: readonly DiskCall[];
  /** Forgets the calls so far. */
  forget(): void;
}

/**
 * Notes every call that reaches a disk. A temporary file is noted by the name of the file that it becomes.
 */
export const countingDisk = (disk: Disk): CountingDisk => {
  const calls: DiskCall[] = [];
  const held = new Map<string, string>();
  const shown = (path: string): string => {
    const normal = normalize(path);
    for (const [link, directory] of held)
      if (normal === link || normal.startsWith(`${link}/`))
        return plain(`${directory}${normal.slice(link.length)}`);
    return plain(normal);
  };
  const plain = (path: string): string => path.replace(/\/\.([^/]+?)(?:\.k)?\.\d+\.\d+\.tmp~$/u, '/$1');
  const note = (operation: keyof Disk, path: string): void =>
    void calls.push({ operation, path: shown(path) });
  return {
    calls,
    forget: () => void calls.splice(0),
    list: (path) => (note('list', path), disk.list(path)),
    stat: (path) => (note('stat', path), disk.stat(path)),
    read: (path, mostBytes) => (note('read', path), disk.read(path, mostBytes)),
    write: (path, content, mode) => (note('write', path), disk.write(path, content, mode)),
    writeUnsynced: (path, content, mode) => (
      note('writeUnsynced', path), disk.writeUnsynced(path, content, mode)
    ),
    overwrite: (path, at, content) => (note('overwrite', path), disk.overwrite(path, at, content)),
    rename: (from, to) => (note('rename', to), disk.rename(from, to)),
    syncDirectory: (path) => (note('syncDirectory', path), disk.syncDirectory(path)),
    syncFileSystem: (path) => (note('syncFileSystem', path), disk.syncFileSystem(path)),
    remove: (path) => (note('remove', path), disk.remove(path)),
    makeDirectory: (path, mode) => (note('makeDirectory', path), disk.makeDirectory(path, mode)),
    removeDirectory: (path) => (note('removeDirectory', path), disk.removeDirectory(path)),
    hold: (directory, use) => {
      note('hold', directory);
      return disk.hold(directory, (here) => {
        const link = normalize(here);
        held.set(link, normalize(directory));
        return use(here).finally(() => held.delete(link));
      });
    },
  };
};
