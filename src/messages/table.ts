/**
 * The table of messages: gathers writes, and lets a row be read as soon as its write began, so that two
 * changes of a row do not undo each other.
 */
import { gatherWrites } from '../base/gathered-writes.ts';
import type { Table, TableChange, TableKey, TableRange } from '../database/table.ts';

/** Rows of one range that are removed in one transaction. */
const removedAtOnce = 500;

export class MessageTable {
  readonly #table: Table;
  readonly #writes: ReturnType<typeof gatherWrites<TableChange>>;
  readonly #pending = new Map<string, TableChange>();

  constructor(table: Table) {
    this.#table = table;
    this.#writes = gatherWrites((changes) => table.write(changes));
  }
  get(key: TableKey): unknown {
    const pending = this.#pending.get(JSON.stringify(key));
    return pending === undefined ? this.#table.get(key) : pending.value;
  }
  /** Rows on disk: keys whose write is under way are absent. The values are the newest. */
  range(range: TableRange): readonly (readonly [TableKey, unknown])[] {
    return this.#table.range(range).flatMap(([key]) => {
      const value = this.get(key);
      return value === undefined ? [] : [[key, value] as const];
    });
  }
  /** All or none. Rejects with `DatabaseFault`; then nothing was changed. */
  async write(changes: readonly TableChange[]): Promise<void> {
    const named = changes.map((change) => [JSON.stringify(change.key), change] as const);
    for (const [name, change] of named) this.#pending.set(name, change);
    try {
      await this.#writes.write(changes);
    } finally {
      for (const [name, change] of named) if (this.#pending.get(name) === change) this.#pending.delete(name);
    }
  }
  /** Removes a whole range, a part at a time. Resolves with the number of rows. */
  async clear(range: TableRange): Promise<number> {
    for (let removed = 0; ; ) {
      const rows = this.#table.range({ ...range, limit: removedAtOnce });
      if (rows.length === 0) return removed;
      await this.write(rows.map(([key]) => ({ key })));
      removed += rows.length;
    }
  }
  /** Resolves when no write is under way. */
  idle(): Promise<void> {
    return this.#writes.idle();
  }
}
