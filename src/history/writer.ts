/**
 * Entries on their way to the disk. What comes within a moment is written in one transaction, so that a storm
 * of two thousand transitions is a handful of flushes. A write that fails is repeated; until then its entries
 * are kept here, and read from here.
 */
import type { Org } from '../../machines/domain/ports.ts';
import type { WriteLog } from '../base/log.ts';
import type { HistoryEntry } from './entry.ts';
import type { HistoryTable } from './port.ts';

/** So many entries an organization keeps; an older one goes with each that comes. About 150 bytes each. */
export const keptPerOrg = 200;
const gatherMs = 100;
const retryMs = 10_000;
/** Of entries that could not be written, the newest so many are kept. About 3 MB. */
const maxWaiting = 10_000;
/** Entries in one transaction. */
const perWrite = 2_000;

export interface HistoryRow {
  readonly org: Org;
  /** Grows by one with every entry of this organization. */
  readonly n: number;
  readonly entry: HistoryEntry;
}
export const openWriting = (table: HistoryTable, log: WriteLog) => {
  let waiting: HistoryRow[] = [];
  let isFailing = false;
  let lost = 0;
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> | undefined;

  const write = async (): Promise<void> => {
    const rows = waiting.slice(0, perWrite);
    const changes = rows.flatMap(({ org, n, entry }) => [
      { key: [org, n], value: entry },
      { key: [org, n - keptPerOrg] },
    ]);
    try {
      await table.write(changes);
      const written = new Set(rows); // some may have been dropped meanwhile, for want of room
      waiting = waiting.filter((row) => !written.has(row));
      if (isFailing) log('history.written', { lost });
      isFailing = false;
      lost = 0;
    } catch (err) {
      if (!isFailing) log('history.write_failed', { err });
      isFailing = true;
    }
  };
  const start = (): Promise<void> => {
    clearTimeout(timer);
    timer = undefined;
    running ??= write().finally(() => {
      running = undefined;
      plan();
    });
    return running;
  };
  const plan = (): void => {
    if (timer !== undefined || running !== undefined || waiting.length === 0) return;
    timer = setTimeout(() => void start(), isFailing ? retryMs : gatherMs).unref();
  };
  return {
    add: (row: HistoryRow): void => {
      waiting.push(row);
      if (waiting.length > maxWaiting) {
        waiting = waiting.slice(-maxWaiting);
        lost += 1;
      }
      plan();
    },
    /** Those of one organization that are not on the disk yet, oldest first. */
    of: (org: Org): readonly HistoryRow[] => waiting.filter((row) => row.org === org),
    /** Resolves when all is written, or at the first failure. */
    flush: async (): Promise<void> => {
      await running;
      while (waiting.length > 0) {
        await start();
        if (isFailing) break;
      }
      clearTimeout(timer);
      timer = undefined;
    },
  };
};
