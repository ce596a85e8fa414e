/** What the history needs of the rest: plugged in by `src/app/`. */
import type { Table } from '../database/table.ts';

export type HistoryTable = Pick<Table, 'range' | 'write'>;

/** Messages are constants, so that logs can be counted by them. */
export interface HistoryLog {
  info(fields: Readonly<Record<string, unknown>>, message: string): void;
  warn(fields: Readonly<Record<string, unknown>>, message: string): void;
}
