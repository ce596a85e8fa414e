/** What the history needs of the rest: plugged in by `src/app/`. */
type Key = readonly (string | number)[];

/** An ordered table of JSON values; keys are compared element by element. */
export interface HistoryTable {
  range(range: {
    readonly atLeast?: Key;
    readonly below?: Key;
    readonly reverse?: boolean;
    readonly limit?: number;
  }): readonly (readonly [Key, unknown])[];
  /** All of the changes or none; resolves when they are durable. Without `value` the key is removed. */
  write(changes: readonly { readonly key: Key; readonly value?: unknown }[]): Promise<void>;
}

/** Messages are constants, so that logs can be counted by them. */
export interface HistoryLog {
  info(fields: Readonly<Record<string, unknown>>, message: string): void;
  warn(fields: Readonly<Record<string, unknown>>, message: string): void;
}
