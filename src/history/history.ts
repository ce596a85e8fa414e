/**
 * The history of every organization: each transition with its cause, kept across restarts, bounded. No
 * session waits for it, and none of its failures reaches a session.
 */
import type { Org } from '../../machines/domain/ports.ts';
import type { SessionView } from '../../machines/domain/view.ts';
import type { WriteLog } from '../base/log.ts';
import { steadyClock } from '../base/saved-time.ts';
import { entryOf, HistoryEntry, type HistoryFact } from './entry.ts';
import type { HistoryTable } from './port.ts';
import { forgetOld, pruneEveryMs } from './pruning.ts';
import { type HistoryRow, keptPerOrg, openWriting } from './writer.ts';

export interface HistoryOptions {
  readonly table: HistoryTable;
  readonly log: WriteLog;
  /** Whether the organization exists now. */
  readonly isKnown: (org: Org) => boolean;
  /** Epoch milliseconds. */
  readonly now: () => number;
}
export interface HistoryPage {
  /** Newest first. `n` grows by one with every entry of this organization. */
  readonly items: readonly (HistoryEntry & { readonly n: number })[];
  /** The next page has the entries with a smaller `n`. Null at the end. */
  readonly next: number | null;
}
export interface History {
  onEvent(fact: HistoryFact): void;
  /** `below`: only entries with a smaller `n`. */
  page(org: Org, limit: number, below?: number): HistoryPage;
  /** Writes the waiting entries, unless the disk refuses. No other call may follow. */
  close(): Promise<void>;
}

export const openHistory = ({ table, log, isKnown, now }: HistoryOptions): History => {
  const writing = openWriting(table, log);
  /** A clock that is set while Vigía runs makes no history older. */
  const ageNow = steadyClock(now);
  const next = new Map<Org, number>();
  const liveness = new Map<Org, SessionView['liveness']>();

  const stored = (org: Org, below: number, limit: number): readonly HistoryRow[] =>
    table.range({ atLeast: [org], below: [org, below], reverse: true, limit }).flatMap(([[, n], value]) => {
      const { success, data } = HistoryEntry.safeParse(value);
      return success && typeof n === 'number' ? [{ org, n, entry: data }] : [];
    });
  const newest = (org: Org): number => {
    const [row] = table.range({
      atLeast: [org],
      below: [org, Number.POSITIVE_INFINITY],
      reverse: true,
      limit: 1,
    });
    return typeof row?.[0][1] === 'number' ? row[0][1] : 0;
  };

  const prune = async () => {
    try {
      const pruned = await forgetOld(table, isKnown, ageNow());
      for (const org of pruned) next.delete(org);
      if (pruned.length > 0) log('history.pruned', { organizations: pruned.length });
    } catch (err) {
      log('history.prune_failed', { err });
    }
  };
  const pruning = setInterval(() => void prune(), pruneEveryMs).unref();

  return {
    onEvent: (fact) => {
      const { org, view } = fact;
      const entry = entryOf(fact, liveness.get(org) ?? null, now());
      if (fact.type === 'session.reported') liveness.set(org, view.liveness);
      else liveness.delete(org);
      if (entry === undefined) return;
      const n = next.get(org) ?? newest(org) + 1;
      next.set(org, n + 1);
      writing.add({ org, n, entry });
    },
    page: (org, limit, below = Number.POSITIVE_INFINITY) => {
      const least = (next.get(org) ?? newest(org) + 1) - keptPerOrg;
      const waiting = writing.of(org).filter(({ n }) => n < below);
      const oldest = waiting[0]?.n ?? below;
      const rows = [...waiting.toReversed(), ...stored(org, oldest, limit + 1)].filter(({ n }) => n >= least);
      const items = rows.slice(0, limit).map(({ n, entry }) => ({ ...entry, n }));
      return { items, next: rows.length > limit ? (items.at(-1)?.n ?? null) : null };
    },
    close: async () => {
      clearInterval(pruning);
      await writing.flush();
    },
  };
};
