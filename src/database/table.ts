/** An ordered table of JSON values: the port of every room that stores something in the database. */
export type TableKey = readonly (string | number)[];

/** Keys from `atLeast` (included) to `below` (not included), in the order of the keys, or in reverse. */
export interface TableRange {
  readonly atLeast?: TableKey;
  readonly below?: TableKey;
  readonly reverse?: boolean;
  readonly limit?: number;
}
/** Without `value` the key is removed. */
export interface TableChange {
  readonly key: TableKey;
  readonly value?: unknown;
}

/**
 * Keys are compared element by element. Numbers come before strings, and a key before every longer one that
 * begins with it, so `[org]` and `[org, Infinity]` enclose every key of `org`.
 */
export interface Table {
  get(key: TableKey): unknown;
  range(range: TableRange): readonly (readonly [TableKey, unknown])[];
  /**
   * Writes all of the changes or none. Resolves when they are on the medium. Rejects with `DatabaseFault`;
   * then nothing was changed, and the same changes can be written again later.
   */
  write(changes: readonly TableChange[]): Promise<void>;
}

/** `code` is the system's name of the error (`ENOSPC`, `EIO`, ...), or `EUNKNOWN`. */
export class DatabaseFault extends Error {
  override readonly name = 'DatabaseFault';
  readonly code: string;
  constructor(code: string, cause: unknown) {
    super(`the database cannot be written: ${code}`, { cause });
    this.code = code;
  }
}
