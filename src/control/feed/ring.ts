/**
 * The last events, for those who were away a moment. `after` answers everything that followed a number, in order, or undefined when
 * something of it is gone: then the subscriber starts from a snapshot, and knows it. All of the gap or none of it.
 */
import type { Org } from '../../../machines/domain/ports.ts';
import type { EventTopic, EventType } from '../../protocol/events.ts';

/** An event as it travels: made into bytes once, whoever gets it. */
export interface Entry {
  readonly seq: number;
  readonly type: EventType;
  readonly topic: EventTopic;
  /** Null for events of the server itself. */
  readonly org: Org | null;
  readonly frame: Buffer;
  /** The frame names another organization: who may not see that one gets `without`. */
  readonly names?: { readonly org: Org; readonly without: Buffer };
}
/** Whichever is reached first. */
export interface RingBounds {
  readonly maxEvents: number;
  readonly maxBytes: number;
  readonly maxAgeMs: number;
}
export interface Ring {
  keep(entry: Entry): void;
  after(seq: number): readonly Entry[] | undefined;
}

const bytesOf = ({ frame, names }: Entry): number => frame.length + (names?.without.length ?? 0);

/** `now` in milliseconds. A clock that is set anew makes it forget sooner or later than it should, never in part. */
export const createRing = ({ maxEvents, maxBytes, maxAgeMs }: RingBounds, now: () => number): Ring => {
  const kept: { readonly entry: Entry; readonly at: number }[] = [];
  let bytes = 0;
  /** The last that was let go of. Who has seen it, and all before, has missed nothing that is not here. */
  let forgotten = 0;

  const forget = () => {
    for (let oldest = kept[0]; oldest !== undefined; oldest = kept[0]) {
      if (kept.length <= maxEvents && bytes <= maxBytes && now() - oldest.at <= maxAgeMs) return;
      kept.shift();
      bytes -= bytesOf(oldest.entry);
      forgotten = oldest.entry.seq;
    }
  };
  return {
    keep: (entry) => {
      kept.push({ entry, at: now() });
      bytes += bytesOf(entry);
      forget();
    },
    after: (seq) => {
      forget();
      if (seq < forgotten) return undefined;
      const last = kept.findLastIndex(({ entry }) => entry.seq <= seq);
      return kept.slice(last + 1).map(({ entry }) => entry);
    },
  };
};
