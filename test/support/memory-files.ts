/** The operations of a file system on a tree in memory. They throw the errors of the system. */
import type { Stat } from '../../src/disk/disk.ts';
import { errno, type MemoryTree, type TreeEntry } from './memory-tree.ts';

const above = (path: string): string => path.slice(0, path.lastIndexOf('/'));
const partsOf = (path: string): readonly string[] => path.split('/').filter((name) => name !== '');

/** The result of `read`; undefined for a path that does not exist. */
export const ifThere = <T>(read: () => T): T | undefined => {
  try {
    return read();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
};
const expectKind = (entry: TreeEntry, kind: TreeEntry['kind']): TreeEntry => {
  if (entry.kind === kind) return entry;
  if (entry.kind === 'symlink') throw errno('ELOOP');
  throw errno(kind === 'directory' ? 'ENOTDIR' : 'EISDIR');
};

export class MemoryFiles {
  readonly #tree: MemoryTree;
  readonly #tick: () => number;
  readonly #uid: number;
  constructor(tree: MemoryTree, tick: () => number, uid: number) {
    this.#tree = tree;
    this.#tick = tick;
    this.#uid = uid;
  }

  present(path: string): TreeEntry {
    const { entry } = this.#tree.find(path);
    if (!entry) throw errno('ENOENT');
    return entry;
  }
  directory(path: string): TreeEntry {
    return expectKind(this.present(path), 'directory');
  }
  /** The directory itself: a symlink to one is `ENOTDIR`. */
  realDirectory(path: string): TreeEntry {
    const entry = this.present(path);
    if (entry.kind !== 'directory') throw errno('ENOTDIR');
    return entry;
  }
  names(path: string): readonly string[] {
    return [...this.directory(path).names.values()].map(({ name }) => name);
  }
  stat(entry: TreeEntry): Stat {
    const { kind, mtimeMs, ino, mode, content } = entry;
    return { kind, size: content.length, mtimeMs, ino, dev: 1, mode, uid: this.#uid };
  }
  read(path: string): Buffer {
    return Buffer.from(expectKind(this.present(path), 'file').content);
  }

  put(path: string, content: Buffer, mode: number, unsynced = false): TreeEntry {
    const place = this.#tree.find(path);
    const entry = place.entry ? expectKind(place.entry, 'file') : this.#tree.make('file', mode);
    if (!place.entry) this.#tree.link(place, entry);
    entry.content = content;
    entry.unsynced = unsynced;
    entry.mtimeMs = this.#tick();
    return entry;
  }
  overwrite(path: string, at: number, bytes: Buffer): void {
    const entry = expectKind(this.present(path), 'file');
    const before = Buffer.concat([entry.content, Buffer.alloc(Math.max(0, at - entry.content.length))]);
    const after = before.subarray(Math.min(before.length, at + bytes.length));
    this.put(path, Buffer.concat([before.subarray(0, at), bytes, after]), entry.mode);
  }
  makeDirectories(path: string, mode: number): TreeEntry {
    let here = '';
    for (const part of partsOf(path)) {
      here += `/${part}`;
      const place = this.#tree.find(here);
      if (place.entry) expectKind(place.entry, 'directory');
      else this.#tree.link(place, this.#tree.make('directory', mode));
    }
    return this.present(path);
  }
  makeParents(path: string): void {
    this.makeDirectories(above(path), 0o700);
  }
  /** Makes the entry durable, with the directories above it. */
  makeDurable(path: string): void {
    const parts = partsOf(path);
    for (let depth = 0; depth < parts.length; depth += 1)
      this.#tree.sync(this.present(`/${parts.slice(0, depth).join('/')}`));
  }

  rename(from: string, to: string): void {
    const source = this.#tree.find(from);
    const target = this.#tree.find(to);
    if (!source.entry) throw errno('ENOENT');
    if (to.startsWith(`${from}/`)) throw errno('EINVAL');
    if (source.entry === target.entry) return;
    if (target.entry?.kind === 'directory') {
      if (source.entry.kind !== 'directory') throw errno('EISDIR');
      if (target.entry.names.size > 0) throw errno('ENOTEMPTY');
    } else if (target.entry && source.entry.kind === 'directory') throw errno('ENOTDIR');
    this.#tree.move(source, target, source.entry);
  }
  drop(path: string, kind: 'file' | 'directory'): void {
    const place = this.#tree.find(path);
    if (!place.entry) return;
    if (kind === 'directory') expectKind(place.entry, 'directory');
    else if (place.entry.kind === 'directory') throw errno('EISDIR');
    if (place.entry.names.size > 0) throw errno('ENOTEMPTY');
    this.#tree.unlink(place, place.entry);
  }
}
