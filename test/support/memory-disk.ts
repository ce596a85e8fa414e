import type { Disk } from '../../src/disk/disk.ts';
import { type Fault, MemoryFaults, type Operation } from './memory-faults.ts';
import { ifThere, MemoryFiles } from './memory-files.ts';
import { MemoryTree } from './memory-tree.ts';

export type { Fault } from './memory-faults.ts';

export interface MemoryDiskOptions {
  /** 0 <= n < 1. Chooses what an unsynced name and a torn write become. Default: always 0.5. */
  readonly random?: () => number;
  readonly now?: () => number;
  readonly foldsCase?: boolean;
  /** The owner of every entry. */
  readonly uid?: number;
}

/** What a test does to the disk. None of it is subject to faults. */
interface Controls {
  /** Makes matching operations fail; returns a function that ends it. */
  inject(fault: Fault): () => void;
  /** Operations begun so far, of one kind or of all. */
  begun(operation?: Operation): number;
  /**
   * The power fails during the nth operation from now: the operation takes effect (a write only in part), its
   * caller gets an error, and no later operation happens.
   */
  cutPower(atOperation: number): void;
  /** Everything that was not synced is lost, or survives by chance; the power is back. */
  crash(): void;
  /** Durable, with the directories above it: how a test prepares the disk. */
  place(path: string, content: string | Uint8Array, mode?: number): void;
  placeDirectory(path: string, mode?: number): void;
  placeSymlink(path: string): void;
  /** Undefined when there is no such file. */
  peek(path: string): Buffer | undefined;
  /** All paths, sorted. */
  paths(): readonly string[];
}
export interface MemoryDisk extends Disk, Controls {}

const diskOver = (tree: MemoryTree, files: MemoryFiles, faults: MemoryFaults): Disk => {
  const run = faults.run.bind(faults);
  return {
    list: (path) => run('list', path, () => ifThere(() => files.names(path))),
    stat: (path) => run('stat', path, () => ifThere(() => files.stat(files.present(path)))),
    read: (path, mostBytes = Number.POSITIVE_INFINITY) =>
      run('read', path, () => {
        const bytes = ifThere(() => files.read(path));
        if (bytes && bytes.length > mostBytes) throw Object.assign(new Error('too large'), { code: 'EFBIG' });
        return bytes;
      }),
    write: (path, content, mode = 0o600) => {
      const bytes = Buffer.from(content as Uint8Array); // a string is taken as UTF-8
      const write = (tear = bytes.length) => files.stat(files.put(path, bytes.subarray(0, tear), mode));
      return run('write', path, write, bytes.length);
    },
    writeUnsynced: (path, content, mode = 0o600) => {
      const bytes = Buffer.from(content as Uint8Array);
      const write = (tear = bytes.length) => void files.put(path, bytes.subarray(0, tear), mode, true);
      return run('writeUnsynced', path, write, bytes.length);
    },
    overwrite: (path, at, content) => {
      const bytes = Buffer.from(content);
      const write = (tear = bytes.length) => files.overwrite(path, at, bytes.subarray(0, tear));
      return run('overwrite', path, write, bytes.length);
    },
    rename: (from, to) => run('rename', from, () => files.rename(from, to)),
    syncDirectory: (path) => run('syncDirectory', path, () => tree.sync(files.directory(path))),
    syncFileSystem: (path) => run('syncFileSystem', path, () => tree.syncAll()),
    remove: (path) => run('remove', path, () => ifThere(() => files.drop(path, 'file'))),
    makeDirectory: (path, mode = 0o700) =>
      run('makeDirectory', path, () => void files.makeDirectories(path, mode)),
    removeDirectory: (path) =>
      run('removeDirectory', path, () => ifThere(() => files.drop(path, 'directory'))),
    hold: async (path, use) => {
      const held = await run('hold', path, () => ifThere(() => tree.hold(path, files.realDirectory(path))));
      if (held === undefined) return undefined;
      try {
        return await use(held);
      } finally {
        tree.letGo(held);
      }
    },
  };
};

/** A deterministic disk in memory. Paths are absolute; symlinks exist but lead nowhere (`ELOOP`). */
export const memoryDisk = ({
  random = () => 0.5,
  now = Date.now,
  foldsCase = false,
  uid = 1_000,
}: MemoryDiskOptions = {}): MemoryDisk => {
  let lastTick = 0;
  // Never the same time twice, so that every change shows in the modification time. A real disk counts
  // nanoseconds.
  const tick = (): number => {
    lastTick = Math.max(now(), lastTick + 0.001);
    return lastTick;
  };
  const tree = new MemoryTree(foldsCase, tick);
  const files = new MemoryFiles(tree, tick, uid);
  const faults = new MemoryFaults(random);
  return {
    ...diskOver(tree, files, faults),
    inject: (fault) => faults.inject(fault),
    begun: (operation) => faults.begun(operation),
    cutPower: (atOperation) => faults.cutPower(atOperation),
    crash: () => {
      faults.restorePower();
      tree.crash(random);
    },
    place: (path, content, mode = 0o600) => {
      files.makeParents(path);
      files.put(path, Buffer.from(content as Uint8Array), mode).mode = mode;
      files.makeDurable(path);
    },
    placeDirectory: (path, mode = 0o700) => {
      files.makeDirectories(path, mode).mode = mode;
      files.makeDurable(path);
    },
    placeSymlink: (path) => {
      files.makeParents(path);
      tree.link(tree.find(path), tree.make('symlink', 0o777));
      files.makeDurable(path);
    },
    peek: (path) => ifThere(() => tree.find(path).entry)?.content,
    paths: () => [...tree.walk()].map(([path]) => path).sort(),
  };
};
