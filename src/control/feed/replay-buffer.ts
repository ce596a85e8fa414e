/**
 * The latest events, so that a client that was away for a moment can resume. `after` returns every event that
 * followed a number, or undefined when one of them was evicted: the whole gap or nothing. The client then
 * starts from a snapshot, and is informed of it.
 */
import type { Org } from '../../../machines/domain/ports.ts';
import type { SerializedEvent } from './serialize.ts';

/** The oldest events are evicted when any of the three is exceeded. */
export interface ReplayBounds {
  readonly maxEvents: number;
  readonly maxBytes: number;
  readonly maxAgeMs: number;
}
export interface ReplayBuffer {
  push(event: SerializedEvent): void;
  after(seq: number): readonly SerializedEvent[] | undefined;
  /** Evicts the events of an organization: positions before them can no longer be resumed. */
  evictOrg(org: Org): void;
}

const bytesOf = ({ frame, redacted }: SerializedEvent): number =>
  frame.length + (redacted?.frame.length ?? 0);

/**
 * `now` in milliseconds. When the clock is changed, events are evicted earlier or later than they should be,
 * but a gap is never partial.
 */
export const createReplayBuffer = (
  { maxEvents, maxBytes, maxAgeMs }: ReplayBounds,
  now: () => number,
): ReplayBuffer => {
  const held: { readonly event: SerializedEvent; readonly at: number }[] = [];
  let bytes = 0;
  /** Highest evicted seq. A client at or past it can be resumed from the buffer. */
  let evictedSeq = 0;

  const evict = () => {
    for (let oldest = held[0]; oldest !== undefined; oldest = held[0]) {
      if (held.length <= maxEvents && bytes <= maxBytes && now() - oldest.at <= maxAgeMs) return;
      held.shift();
      bytes -= bytesOf(oldest.event);
      evictedSeq = Math.max(evictedSeq, oldest.event.seq);
    }
  };
  const evictOrg = (org: Org) => {
    const last = held.findLast(({ event }) => event.org === org);
    if (last === undefined) return;
    evictedSeq = Math.max(evictedSeq, last.event.seq);
    const kept = held.filter(({ event }) => event.org !== org);
    held.splice(0, held.length, ...kept);
    bytes = kept.reduce((sum, { event }) => sum + bytesOf(event), 0);
  };
  return {
    evictOrg,
    push: (event) => {
      held.push({ event, at: now() });
      bytes += bytesOf(event);
      evict();
    },
    after: (seq) => {
      evict();
      if (seq < evictedSeq) return undefined;
      const last = held.findLastIndex(({ event }) => event.seq <= seq);
      return held.slice(last + 1).map(({ event }) => event);
    },
  };
};
