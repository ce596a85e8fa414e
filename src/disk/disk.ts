/**
 * The file system as the rest of Vigía uses it: few operations, each with one meaning, so that a test can
 * tear a write, lose unsynced content, or return EACCES (`test/support/`). Only ENOENT means "not there";
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
  /** The user id of the owner. */
  readonly uid: number;
}

export interface Disk {
  /** The names in a directory; `undefined` when it does not exist. */
  list(directory: string): Promise<readonly string[] | undefined>;
  /** The stat of the entry itself, never of the target of a symlink; `undefined` when it does not exist. */
  stat(path: string): Promise<Stat | undefined>;
  /**
   * The whole content; `undefined` when it does not exist. Refuses to follow a symlink at the last component
   * (`ELOOP`), and to read more than `mostBytes` (`EFBIG`; 64 MiB by default): one file must not take the
   * memory of all.
   */
  read(path: string, mostBytes?: number): Promise<Buffer | undefined>;
  /**
   * Creates or truncates the file and returns once its content is on the medium (fsync). Not atomic: see
   * `replaceFile`.
   */
  write(path: string, content: string | Uint8Array, mode?: number): Promise<Stat>;
  /**
   * Like `write`, without the fsync: until `syncFileSystem`, a power cut may lose the content, or a part of
   * it.
   */
  writeUnsynced(path: string, content: string | Uint8Array, mode?: number): Promise<void>;
  /**
   * Overwrites a part of an existing file, and resolves when that is on the medium (O_DSYNC). `at`: bytes
   * from the beginning of the file. After a failure any part of it may have been written.
   */
  overwrite(path: string, at: number, content: Uint8Array): Promise<void>;
  rename(from: string, to: string): Promise<void>;
  /** Makes creations, renames and removals in the directory durable (fsync of the directory). */
  syncDirectory(directory: string): Promise<void>;
  /**
   * Makes everything durable that was written before in the file system of `path` (syncfs). `EIO`: some
   * content is lost, and a second call does not report that again. Any other code: the sync was not
   * attempted.
   */
  syncFileSystem(path: string): Promise<void>;
  /** Removes one file; no error when it does not exist. */
  remove(path: string): Promise<void>;
  /** Creates the directory and missing ones above it; no error when it exists. */
  makeDirectory(path: string, mode?: number): Promise<void>;
  /** Removes an empty directory; no error when it does not exist. */
  removeDirectory(path: string): Promise<void>;
  /**
   * Opens a directory and passes a path that leads to this very directory until `use` has settled, even if it
   * is renamed meanwhile: a check and a write through that path cannot concern two directories. Operations
   * use that path like any other. `undefined` when the directory does not exist; `ENOTDIR` for anything else,
   * also for a symlink.
   */
  hold<T>(directory: string, use: (path: string) => Promise<T>): Promise<T | undefined>;
}

/**
 * An error of the disk other than "not there". `code` is the system's (`EACCES`, `ENOSPC`, `EMFILE`, ...).
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
