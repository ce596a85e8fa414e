/**
 * Rows that are looked up by a name and end with their day. A look-up tries each day that has rows: about
 * eight. Days that the clock was wrongly set to are among them, so nothing is missed after it is corrected.
 */
import type { TableKey } from '../database/table.ts';
import { dayMs } from './policy.ts';
import type { MessageTable } from './table.ts';

export const dayOf = (now: number): number => Math.floor(now / dayMs);

export class Days {
  readonly #table: MessageTable;
  readonly #kind: string;
  readonly #days = new Set<number>();

  constructor(table: MessageTable, kind: string) {
    this.#table = table;
    this.#kind = kind;
    for (let from = 0; ; ) {
      const [row] = table.range({ atLeast: [kind, from], below: [kind, '\uffff'], limit: 1 });
      const day = row?.[0][1];
      if (typeof day !== 'number') return;
      this.#days.add(day);
      from = day + 1;
    }
  }
  key(now: number, ...name: TableKey): TableKey {
    const day = dayOf(now);
    this.#days.add(day);
    return [this.#kind, day, ...name];
  }
  /** The key and the value of the newest. */
  find(...name: TableKey): readonly [TableKey, unknown] | undefined {
    for (const day of [...this.#days].sort((a, b) => b - a)) {
      const key = [this.#kind, day, ...name];
      const value = this.#table.get(key);
      if (value !== undefined) return [key, value];
    }
    return undefined;
  }
  /** Removes the rows of one name's prefix, of all days. */
  async clear(...prefix: TableKey): Promise<void> {
    for (const day of this.#days)
      await this.#table.clear({
        atLeast: [this.#kind, day, ...prefix],
        below: [this.#kind, day, ...prefix, '\uffff'],
      });
  }
  /** Removes the days before `now - keptMs`. */
  async expire(now: number, keptMs: number): Promise<void> {
    const first = dayOf(now - keptMs);
    for (const day of [...this.#days].filter((one) => one < first)) {
      await this.#table.clear({ atLeast: [this.#kind, day], below: [this.#kind, day + 1] });
      this.#days.delete(day);
    }
  }
}
