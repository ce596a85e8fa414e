/** The life of one organization as segments of time, from its history. Pure. */
import type { HistoryEntry } from '../../protocol/methods/history.ts';
import type { Look } from './appearance.ts';

export interface Segment {
  readonly from: number;
  readonly to: number;
  readonly look: Look;
  readonly reason: HistoryEntry['reason'];
}
export const ranges = { hour: 3_600_000, day: 86_400_000, week: 7 * 86_400_000 } as const;
export type Range = keyof typeof ranges;

export const lookOfEntry = ({
  to,
  liveness,
  nextRetryAt,
  desired,
  reason,
}: HistoryEntry): Look | undefined => {
  switch (to) {
    case null:
      return undefined; // removed
    case 'connected':
      return liveness === 'suspect' || liveness === 'deaf' ? liveness : 'ok';
    case 'restoring':
      return 'connecting';
    case 'pairing':
      return 'pair';
    case 'retrying':
      return 'wait';
    case 'failed':
      if (desired === 'stopped') return 'stop';
      return nextRetryAt === null ? 'bad' : 'held';
    case 'idle':
      return reason === 'stopped' ? 'stop' : 'none';
  }
};

/** Neighbours that look the same are one. What is before the oldest entry is unknown, and absent. */
export const segmentsOf = (
  newestFirst: readonly HistoryEntry[],
  from: number,
  now: number,
): readonly Segment[] => {
  const segments: Segment[] = [];
  let to = now;
  for (const entry of newestFirst) {
    const at = Date.parse(entry.at);
    const look = lookOfEntry(entry);
    const begin = Math.max(at, from);
    const last = segments.at(-1);
    if (look !== undefined && begin < to) {
      if (last && last.look === look && last.reason === entry.reason && last.from === to)
        segments[segments.length - 1] = { ...last, from: begin };
      else segments.push({ from: begin, to, look, reason: entry.reason });
    }
    to = at;
    if (at <= from) break;
  }
  return segments.reverse();
};
/** Milliseconds connected, well or not. */
export const connectedMs = (segments: readonly Segment[]): number =>
  segments
    .filter(({ look }) => look === 'ok' || look === 'suspect' || look === 'deaf')
    .reduce((sum, { from, to }) => sum + to - from, 0);
