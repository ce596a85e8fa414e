import { DiskFault, type Stat } from '../../src/disk/disk.ts';
import type { Fault, MemoryDisk, MemoryDiskOptions, Operation } from './memory-disk-types.ts';
import { errno, MemoryTree, type TreeEntry } from './memory-tree.ts';

export type { Fault, MemoryDisk, MemoryDiskOptions, Operation } from './memory-disk-types.ts';

/** A deterministic disk in memory. Paths are absolute; symlinks exist but lead nowhere (`ELOOP`). */
export const memoryDisk = ({
  random = () => 0.5,
  now = Date.now,
  foldsCase = false,
  uid = 1_000,
}: MemoryDiskOptions = {}): MemoryDisk => {
  let lastTick = 0;
  // Never the same twice, so that every change shows in the modification time, as it does within nanoseconds
  // on a real disk.
  const tick = (): number => {
    lastTick = Math.max(now(), lastTick + 0.001);
    return lastTick;
  };
  const tree = new MemoryTree(foldsCase, tick);
  const faults: { fault: Fault; left: number }[] = [];
  let operations = 0;
  const counts = new Map<Operation, number>();
  let powerCutAt = Number.POSITIVE_INFINITY;

  const statOf = (entry: TreeEntry): Stat => {
    const { kind, mtimeMs, ino, mode, content } = entry;
    return { kind, size: content.length, mtimeMs, ino, dev: 1, mode, uid };
  };
  const present = (path: string): TreeEntry => {
    const { entry } = tree.find(path);
    if (!entry) throw errno('ENOENT');
    return entry;
  };
  const ifThere = <T>(look: () => T): T | undefined => {
    try {
      return look();
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
  };
  const must = (entry: TreeEntry, kind: TreeEntry['kind']): TreeEntry => {
    if (entry.kind === kind) return entry;
    if (entry.kind === 'symlink') throw errno('ELOOP');
    throw errno(kind === 'directory' ? 'ENOTDIR' : 'EISDIR');
  };
  const put = (path: string, content: Buffer, mode: number, unsynced = false): TreeEntry => {
    const place = tree.find(path);
    const entry = place.entry ? must(place.entry, 'file') : tree.make('file', mode);
    if (!place.entry) tree.link(place, entry);
    entry.content = content;
    entry.unsynced = unsynced;
    entry.mtimeMs = tick();
    return entry;
  };
  const makeDirectories = (path: string, mode: number): TreeEntry => {
    let here = '';
    for (const part of path.split('/').filter((name) => name !== '')) {
      here += `/${part}`;
      const place = tree.find(here);
      if (place.entry) must(place.entry, 'directory');
      else tree.link(place, tree.make('directory', mode));
    }
    return present(path);
  };
  const makeDurable = (path: string): void => {
    const parts = path.split('/').filter((name) => name !== '');
    for (let depth = 0; depth < parts.length; depth += 1)
      tree.sync(present(`/${parts.slice(0, depth).join('/')}`));
  };
  const above = (path: string): string => path.slice(0, path.lastIndexOf('/'));

  const rename = (from: string, to: string): void => {
    const source = tree.find(from);
    const target = tree.find(to);
    if (!source.entry) throw errno('ENOENT');
    if (to.startsWith(`${from}/`)) throw errno('EINVAL');
    if (source.entry === target.entry) return;
    if (target.entry?.kind === 'directory') {
      if (source.entry.kind !== 'directory') throw errno('EISDIR');
      if (target.entry.names.size > 0) throw errno('ENOTEMPTY');
    } else if (target.entry && source.entry.kind === 'directory') throw errno('ENOTDIR');
    tree.move(source, target, source.entry);
  };
  const drop = (path: string, kind: 'file' | 'directory'): void => {
    const place = tree.find(path);
    if (!place.entry) return;
    if (kind === 'directory') must(place.entry, 'directory');
    else if (place.entry.kind === 'directory') throw errno('EISDIR');
    if (place.entry.names.size > 0) throw errno('ENOTEMPTY');
    tree.unlink(place, place.entry);
  };

  /** Faults are armed, and told of, by the path that a person knows. */
  const shown = (path: string): string => path.replace(/^\/held\/\d+/u, '');
  /** Not even a symlink counts as one. */
  const directoryAt = (path: string): TreeEntry => {
    const entry = present(path);
    if (entry.kind !== 'directory') throw errno('ENOTDIR');
    return entry;
  };
  const injected = (operation: Operation, path: string): Fault | undefined => {
    for (const armed of faults) {
      const { fault } = armed;
      const known = shown(path);
      const matches = typeof fault.path === 'string' ? fault.path === known : fault.path.test(known);
      if (armed.left <= 0 || !matches || (fault.operation !== 'any' && fault.operation !== operation))
        continue;
      armed.left -= 1;
      return fault;
    }
    return undefined;
  };
  /** `tear` says how many bytes of a write arrive; undefined means all. */
  const run = async <T>(
    operation: Operation,
    path: string,
    act: (tear?: number) => T,
    length = 0,
  ): Promise<T> => {
    await Promise.resolve(); // as on a real disk, nothing has happened yet when the call returns
    operations += 1;
    counts.set(operation, (counts.get(operation) ?? 0) + 1);
    try {
      if (operations > powerCutAt) throw errno('EPOWER');
      if (operations === powerCutAt) {
        act(Math.floor(random() * (length + 1)));
        throw errno('EPOWER');
      }
      const fault = injected(operation, path);
      if (!fault) return act();
      if (fault.tear !== undefined) act(fault.tear);
      throw errno(fault.code);
    } catch (error) {
      throw new DiskFault(operation, shown(path), error);
    }
  };

  return {
    list: (path) =>
      run('list', path, () =>
        ifThere(() => [...must(present(path), 'directory').names.values()].map(({ name }) => name)),
      ),
    stat: (path) => run('stat', path, () => ifThere(() => statOf(present(path)))),
    read: (path) => run('read', path, () => ifThere(() => Buffer.from(must(present(path), 'file').content))),
    write: (path, content, mode = 0o600) => {
      const bytes = Buffer.from(content as Uint8Array); // a string is taken as UTF-8
      return run(
        'write',
        path,
        (tear = bytes.length) => statOf(put(path, bytes.subarray(0, tear), mode)),
        bytes.length,
      );
    },
    writeUnsynced: (path, content, mode = 0o600) => {
      const bytes = Buffer.from(content as Uint8Array);
      return run(
        'writeUnsynced',
        path,
        (tear = bytes.length) => void put(path, bytes.subarray(0, tear), mode, true),
        bytes.length,
      );
    },
    overwrite: (path, at, content) => {
      const bytes = Buffer.from(content);
      const over = (tear = bytes.length): void => {
        const entry = must(present(path), 'file');
        const before = Buffer.concat([entry.content, Buffer.alloc(Math.max(0, at - entry.content.length))]);
        const after = before.subarray(Math.min(before.length, at + tear));
        put(path, Buffer.concat([before.subarray(0, at), bytes.subarray(0, tear), after]), entry.mode);
      };
      return run('overwrite', path, over, bytes.length);
    },
    rename: (from, to) => run('rename', from, () => rename(from, to)),
    syncDirectory: (path) => run('syncDirectory', path, () => tree.sync(must(present(path), 'directory'))),
    syncFileSystem: (path) => run('syncFileSystem', path, () => tree.syncAll()),
    remove: (path) => run('remove', path, () => ifThere(() => drop(path, 'file'))),
    makeDirectory: (path, mode = 0o700) => run('makeDirectory', path, () => void makeDirectories(path, mode)),
    removeDirectory: (path) => run('removeDirectory', path, () => ifThere(() => drop(path, 'directory'))),
    hold: async (path, use) => {
      const held = await run('hold', path, () => ifThere(() => tree.hold(path, directoryAt(path))));
      if (held === undefined) return undefined;
      try {
        return await use(held);
      } finally {
        tree.letGo(held);
      }
    },

    inject: (fault) => {
      const armed = { fault, left: fault.times ?? Number.POSITIVE_INFINITY };
      faults.push(armed);
      return () => void faults.splice(faults.indexOf(armed), faults.includes(armed) ? 1 : 0);
    },
    begun: (operation) => (operation ? (counts.get(operation) ?? 0) : operations),
    cutPower: (atOperation) => {
      powerCutAt = operations + atOperation;
    },
    crash: () => {
      powerCutAt = Number.POSITIVE_INFINITY;
      tree.crash(random);
    },
    place: (path, content, mode = 0o600) => {
      makeDirectories(above(path), 0o700);
      put(path, Buffer.from(content as Uint8Array), mode).mode = mode;
      makeDurable(path);
    },
    placeDirectory: (path, mode = 0o700) => {
      makeDirectories(path, mode).mode = mode;
      makeDurable(path);
    },
    placeSymlink: (path) => {
      makeDirectories(above(path), 0o700);
      tree.link(tree.find(path), tree.make('symlink', 0o777));
      makeDurable(path);
    },
    peek: (path) => ifThere(() => tree.find(path).entry)?.content,
    paths: () => [...tree.walk()].map(([path]) => path).sort(),
  };
};
