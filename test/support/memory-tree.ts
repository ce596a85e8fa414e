/**
 * Names and inodes of the in-memory disk, and what survives a crash. The content of a file is durable as soon
 * as it is written; content that was written unsynced may survive in any part, down to nothing. A name is
 * durable only when its directory was synced. A rename between two directories is one change, which is
 * durable when both were synced.
 *
 * A crash keeps or loses each change that is not yet durable. If an earlier change of an inode is lost, so
 * are its later ones; if a later change is durable, so are the earlier ones (no file system shows one
 * directory under two names).
 */
export interface TreeEntry {
  readonly kind: 'file' | 'directory' | 'symlink';
  readonly ino: number;
  mode: number;
  mtimeMs: number;
  content: Buffer;
  /** Written, and not on the medium. */
  unsynced: boolean;
  /** The directory was removed: a holder cannot put anything into it. */
  removed: boolean;
  names: Map<string, Named>;
  durable: Map<string, Named>;
  /** Changes of names in this directory, and of the places of this entry, that are not durable yet. */
  pending: Change[];
  moves: Change[];
}
export interface Named {
  readonly name: string;
  readonly entry: TreeEntry;
}
interface Effect {
  readonly directory: TreeEntry;
  readonly key: string;
  readonly named: Named | undefined;
}
interface Change {
  effects: Effect[];
  readonly moved: TreeEntry;
  readonly unsynced: Set<TreeEntry>;
}
export interface Place {
  readonly directory: TreeEntry;
  readonly key: string;
  readonly name: string;
  readonly entry: TreeEntry | undefined;
}

export const errno = (code: string): Error => Object.assign(new Error(code), { code });

const put = (names: Map<string, Named>, { key, named }: Effect): void => {
  if (named) names.set(key, named);
  else names.delete(key);
};

export class MemoryTree {
  readonly root: TreeEntry;
  readonly #changes = new Set<Change>();
  readonly #keyOf: (name: string) => string;
  readonly #tick: () => number;
  #lastIno = 1;
  readonly #held = new Map<string, TreeEntry>();
  #holds = 0;

  constructor(foldsCase: boolean, tick: () => number) {
    this.#keyOf = foldsCase ? (name) => name.toLowerCase() : (name) => name;
    this.#tick = tick;
    this.root = this.make('directory', 0o755);
  }

  make(kind: TreeEntry['kind'], mode: number): TreeEntry {
    this.#lastIno += 1;
    const none = {
      removed: false,
      unsynced: false,
      names: new Map(),
      durable: new Map(),
      pending: [],
      moves: [],
    };
    return { kind, ino: this.#lastIno, mode, mtimeMs: this.#tick(), content: Buffer.alloc(0), ...none };
  }

  /**
   * A path that leads to this entry until it is let go. It ends like the path it was asked for by, so that a
   * test can recognise it.
   */
  hold(path: string, entry: TreeEntry): string {
    this.#holds += 1;
    const held = `/held/${this.#holds}${path}`;
    this.#held.set(held, entry);
    return held;
  }
  letGo(held: string): void {
    this.#held.delete(held);
  }
  #start(path: string): readonly [TreeEntry, string] {
    for (const [held, entry] of this.#held) {
      if (path === held || path.startsWith(`${held}/`)) return [entry, path.slice(held.length)];
    }
    return [this.root, path];
  }

  /** Where a path leads; throws ENOENT when something above it is missing. Symlinks are never followed. */
  find(path: string): Place {
    const [start, rest] = this.#start(path);
    const parts = rest.split('/').filter((part) => part !== '');
    const name = parts.pop();
    if (name === undefined) return { directory: start, key: '', name: '', entry: start };
    let directory = start;
    for (const part of parts) {
      const next = directory.names.get(this.#keyOf(part))?.entry;
      if (!next) throw errno('ENOENT');
      if (next.kind !== 'directory') throw errno(next.kind === 'symlink' ? 'ELOOP' : 'ENOTDIR');
      directory = next;
    }
    const key = this.#keyOf(name);
    return { directory, key, name, entry: directory.names.get(key)?.entry };
  }

  link(place: Place, entry: TreeEntry): void {
    if (place.directory.removed) throw errno('ENOENT');
    this.#change(entry, [{ directory: place.directory, key: place.key, named: { name: place.name, entry } }]);
  }
  unlink(place: Place, entry: TreeEntry): void {
    entry.removed = true;
    this.#change(entry, [{ directory: place.directory, key: place.key, named: undefined }]);
  }
  move(from: Place, to: Place, entry: TreeEntry): void {
    if (to.directory.removed) throw errno('ENOENT');
    if (to.entry) to.entry.removed = true;
    this.#change(entry, [
      { directory: from.directory, key: from.key, named: undefined },
      { directory: to.directory, key: to.key, named: { name: to.name, entry } },
    ]);
  }

  #change(moved: TreeEntry, effects: Effect[]): void {
    const change: Change = { moved, effects, unsynced: new Set(effects.map((effect) => effect.directory)) };
    for (const effect of effects) {
      put(effect.directory.names, effect);
      effect.directory.mtimeMs = this.#tick();
    }
    for (const directory of change.unsynced) directory.pending.push(change);
    moved.moves.push(change);
    this.#changes.add(change);
  }

  sync(directory: TreeEntry): void {
    for (const change of directory.pending) {
      change.unsynced.delete(directory);
      if (change.unsynced.size === 0) this.#commit(change);
    }
    directory.pending = directory.pending.filter((change) => this.#changes.has(change));
  }

  /** Everything, everywhere. */
  syncAll(): void {
    for (const change of [...this.#changes]) {
      change.unsynced.clear();
      this.#commit(change);
    }
    for (const [, entry] of this.walk()) {
      entry.pending = [];
      entry.unsynced = false;
    }
    this.root.pending = [];
  }

  #commit(change: Change): void {
    if (!this.#changes.delete(change)) return;
    for (const older of change.moved.moves.slice(0, change.moved.moves.indexOf(change))) this.#commit(older);
    change.moved.moves = change.moved.moves.filter((move) => this.#changes.has(move));
    for (const effect of change.effects) {
      put(effect.directory.durable, effect);
      // What is durable now must not be undone by an older change of the same name that becomes durable
      // later.
      for (const older of effect.directory.pending) {
        if (older === change) break;
        older.effects = older.effects.filter(
          (old) => old.directory !== effect.directory || old.key !== effect.key,
        );
      }
    }
  }

  crash(random: () => number): void {
    const lost = new Set<TreeEntry>();
    for (const change of this.#changes) {
      if (lost.has(change.moved) || random() < 0.5) lost.add(change.moved);
      else for (const effect of change.effects) put(effect.directory.durable, effect);
    }
    this.#changes.clear();
    this.#held.clear();
    const forget = (directory: TreeEntry): void => {
      directory.names = new Map(directory.durable);
      directory.pending = [];
      for (const { entry } of directory.names.values()) {
        entry.moves = [];
        entry.removed = false;
        if (entry.unsynced)
          entry.content = entry.content.subarray(0, Math.floor(random() * (entry.content.length + 1)));
        entry.unsynced = false;
        if (entry.kind === 'directory') forget(entry);
      }
    };
    forget(this.root);
  }

  *walk(directory: TreeEntry = this.root, path = ''): Generator<readonly [string, TreeEntry]> {
    for (const { name, entry } of directory.names.values()) {
      yield [`${path}/${name}`, entry];
      if (entry.kind === 'directory') yield* this.walk(entry, `${path}/${name}`);
    }
  }
}
