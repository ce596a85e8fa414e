/**
 * Entries on their way to the disk. Entries of one moment are written in one transaction, so a storm of two
 * thousand transitions needs few flushes. A failed write is repeated; until then its entries are kept and
 * read here.
 */
import type { Org } from '../../machines/domain/ports.ts';
import type { WriteLog } from '../base/log.ts';
import type { HistoryEntry } from './entry.ts';
import type { HistoryTable } from './port.ts';

/** The most entries of an organization: each new one removes the oldest. About 150 bytes each. */
export const keptPerOrg = 200;
const gatherMs = 100;
const retryMs = 10_000;
/** The most entries that wait for the disk: the newest are kept. About 3 MB. */
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
      const written = new Set(rows); // some may have been dropped meanwhile, above `maxWaiting`
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
    /** The entries of one organization that are not on disk yet, oldest first. */
    of: (org: Org): readonly HistoryRow[] => waiting.filter((row) => row.org === org),
    /** Resolves when every entry is written, or at the first failure. */
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
