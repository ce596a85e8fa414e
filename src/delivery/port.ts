/** The table that the outbox is kept in, as the database gives it: plugged in by `src/app/`. */
type Key = readonly (string | number)[];
export interface OutboxTable {
  get(key: Key): unknown;
  /** In the order of the keys: element by element. */
  range(range: { readonly atLeast?: Key; readonly below?: Key }): readonly (readonly [Key, unknown])[];
  /** All of the changes or none; without `value` the key is removed. Resolves when they are on the medium. */
  write(changes: readonly Change[]): Promise<void>;
}
export interface Change {
  readonly key: Key;
  readonly value?: unknown;
}
