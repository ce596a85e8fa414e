/** Removed organizations keep their history for a while, because operators look into it after a removal. */
import { setImmediate as turn } from 'node:timers/promises';
import type { Org } from '../../machines/domain/ports.ts';
import type { HistoryTable } from './port.ts';

export const keptGoneMs = 30 * 86_400_000;
/** At most this many removed organizations keep theirs: the last removed. */
export const keptGone = 1_000;
export const pruneEveryMs = 15 * 60_000;
/** Organizations between two turns of the event loop. Each takes some 20 µs. */
const perTurn = 100;

/** Every organization with a history, and when its newest entry was made. Reads one row for each, not all. */
const newestOfEach = async (table: HistoryTable): Promise<Map<Org, number>> => {
  const found = new Map<Org, number>();
  let last: Org | undefined;
  for (;;) {
    const [row] = table.range({ reverse: true, limit: 1, ...(last !== undefined && { below: [last] }) });
    const org = row?.[0][0];
    if (row === undefined || typeof org !== 'string') return found;
    const { at } = (row[1] ?? {}) as { at?: unknown };
    last = org;
    found.set(org, typeof at === 'number' ? at : 0);
    if (found.size % perTurn === 0) await turn();
  }
};

/** Resolves with the organizations whose history was removed. */
export const forgetOld = async (
  table: HistoryTable,
  isKnown: (org: Org) => boolean,
  now: number,
): Promise<readonly Org[]> => {
  const pruned: Org[] = [];
  const gone = [...(await newestOfEach(table))]
    .filter(([org]) => !isKnown(org))
    .sort(([, a], [, b]) => b - a);
  const old = gone.filter(([, at], rank) => rank >= keptGone || now - at > keptGoneMs);
  for (const [org] of old) {
    if (isKnown(org)) continue; // it came back meanwhile
    const rows = table.range({ atLeast: [org], below: [org, Number.POSITIVE_INFINITY] });
    await table.write(rows.map(([key]) => ({ key })));
    pruned.push(org);
  }
  return pruned;
};
