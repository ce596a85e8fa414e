/** Gathers changes of a table into few transactions. */
import { createSerialQueue } from '../base/serial-queue.ts';
import type { Table, TableChange } from '../database/table.ts';

/** Changes that arrive during a write are written together afterwards: a storm makes few transactions. */
export const openBatches = (table: Table) => {
  const queue = createSerialQueue();
  let waiting: TableChange[] = [];
  let next: Promise<void> | undefined;
  const writeWaiting = (): Promise<void> => {
    const batch = waiting;
    waiting = [];
    next = undefined;
    return table.write(batch);
  };
  return {
    write: (changes: readonly TableChange[]): Promise<void> => {
      waiting.push(...changes);
      next ??= queue.run(writeWaiting);
      return next;
    },
  };
};
export type Batches = ReturnType<typeof openBatches>;
