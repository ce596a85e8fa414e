/** Gathers changes of a table into few transactions. */
import { type GatheredWrites, gatherWrites } from '../base/gathered-writes.ts';
import type { Table, TableChange } from '../database/table.ts';

/** Changes that arrive during a write are written together afterwards: a storm makes few transactions. */
export const openBatches = (table: Table): Batches => gatherWrites((changes) => table.write(changes));
export type Batches = GatheredWrites<TableChange>;
