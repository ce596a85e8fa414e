/**
 * The file system as the rest of Vigía sees it: few operations, each with one meaning, so that a test can
 * tear a write, lose what was not synced, or answer EACCES (`test/support/`). Only ENOENT means "not there";
 * every other error is a `DiskFault`.
 */
export interface Stat {
  readonly kind: 'file' | 'directory' | 'symlink' | 'other';
  readonly size: number;
  readonly mtimeMs: number;
  readonly ino: number;
  readonly dev: number;
  /** Permission bits only, for example 0o600. */
  readonly mode: number;
  /** Of the owner. */
  readonly uid: number;
}

export interface Disk {
  /** Names in a directory, as they are; `undefined` when the directory is not there. */
  list(directory: string): Promise<readonly string[] | undefined>;
  /** Of the entry itself, never of what a symlink points to; `undefined` when it is not there. */
  stat(path: string): Promise<Stat | undefined>;
  /**
   * Whole content; `undefined` when it is not there. Refuses to follow a symlink at the last component
   * (`ELOOP`).
   */
  read(path: string): Promise<Buffer | undefined>;
  /**
   * Creates or truncates the file and returns once its content is on the medium (fsync). Not atomic: see
   * `replaceFile`.
   */
  write(path: string, content: string | Uint8Array, mode?: number): Promise<Stat>;
  /**
   * Like `write`, without the fsync: after a power cut the content may be gone, or there in part, until
   * `syncFileSystem`.
   */
  writeUnsynced(path: string, content: string | Uint8Array, mode?: number): Promise<void>;
  /**
   * Writes over a part of a file that is there, and returns once that is on the medium (O_DSYNC). `at`: bytes
   * from its beginning. When it fails, any part of it may have been written.
   */
  overwrite(path: string, at: number, content: Uint8Array): Promise<void>;
  rename(from: string, to: string): Promise<void>;
  /** Makes creations, renames and removals in the directory durable (fsync of the directory). */
  syncDirectory(directory: string): Promise<void>;
  /**
   * Makes everything durable that was done before in the file system in which `path` lies (syncfs). `EIO`:
   * something of it is lost, and nobody is told of it a second time. Any other code: it was not tried.
   */
  syncFileSystem(path: string): Promise<void>;
  /** Removes one file; no error when it is not there. */
  remove(path: string): Promise<void>;
  /** Creates it and what is missing above it; no error when it is there. */
  makeDirectory(path: string, mode?: number): Promise<void>;
  /** Removes an empty directory; no error when it is not there. */
  removeDirectory(path: string): Promise<void>;
  /**
   * Opens a directory and hands on a path that leads to this very directory until `use` has settled, whatever
   * is renamed meanwhile: what is looked at there and then written there cannot be two places. Its stat and
   * what is in it are asked for by that path like any other. `undefined` when it is not there; `ENOTDIR` for
   * anything else, a symlink too.
   */
  hold<T>(directory: string, use: (path: string) => Promise<T>): Promise<T | undefined>;
}

/**
 * Something other than "not there" happened on the disk. `code` is the system's (`EACCES`, `ENOSPC`,
 * `EMFILE`, ...).
 */
export class DiskFault extends Error {
  override readonly name = 'DiskFault';
  readonly code: string;
  readonly operation: string;
  readonly path: string;
  constructor(operation: string, path: string, cause: unknown) {
    const code = (cause as NodeJS.ErrnoException | undefined)?.code ?? 'EUNKNOWN';
    super(`cannot ${operation} ${path}: ${code}`, { cause });
    this.code = code;
    this.operation = operation;
    this.path = path;
  }
}
