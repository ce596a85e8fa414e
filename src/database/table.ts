/** An ordered table of JSON values, as those who keep something in the database use it. */
export type TableKey = readonly (string | number)[];

/** Keys from `atLeast` (included) to `below` (not included), in the order of the keys, or against it. */
export interface TableRange {
  readonly atLeast?: TableKey;
  readonly below?: TableKey;
  readonly reverse?: boolean;
  readonly limit?: number;
}
/** Without `value`: the key is removed. */
export interface TableChange {
  readonly key: TableKey;
  readonly value?: unknown;
}

/**
 * Keys are compared element by element; numbers come before strings, and a key before every longer one that
 * begins with it, so that `[org]` and `[org, Infinity]` enclose all that is kept under `org`.
 */
export interface Table {
  get(key: TableKey): unknown;
  range(range: TableRange): readonly (readonly [TableKey, unknown])[];
  /**
   * All of the changes or none. Resolves when they are on the medium. Rejects with `DatabaseFault`, and then
   * nothing was changed: the same changes can be written again later.
   */
  write(changes: readonly TableChange[]): Promise<void>;
}

/** `code`: what the system calls it (`ENOSPC`, `EIO`, ...), or `EUNKNOWN`. */
export class DatabaseFault extends Error {
  override readonly name = 'DatabaseFault';
  readonly code: string;
  constructor(code: string, cause: unknown) {
    super(`the database cannot be written: ${code}`, { cause });
    this.code = code;
  }
}
