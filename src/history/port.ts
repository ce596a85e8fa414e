/** What the history needs of the rest: plugged in by `src/app/`. */
import type { Table } from '../database/table.ts';

export type HistoryTable = Pick<Table, 'range' | 'write'>;
