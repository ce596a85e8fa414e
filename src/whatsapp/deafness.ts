/**
 * Detects that the client library is deaf. Known faults leave it connected and answering pings, while it
 * emits no event for any message for hours, because the code that handles messages waits for ever
 * (WHATSAPP-FACTS.md#deaf). The sign is visible from outside: messages arrive, and no event follows.
 */
import type { ConnectionFact } from '../../machines/domain/ports.ts';

export interface DeafnessOptions {
  /** How long messages may arrive without an event, in milliseconds. */
  readonly deafMs: number;
  readonly now: () => number;
  /** The disk takes no keys, so messages have to wait, and nothing is deaf. */
  readonly isHeld: () => boolean;
  readonly emit: (fact: ConnectionFact) => void;
}

/**
 * Neither silence nor a single message without an event is deafness. Messages have to keep arriving for
 * `deafMs` without any event in between. The fact is repeated every `deafMs` while that lasts, and its end is
 * reported once.
 */
export const detectDeafness = ({ deafMs, now, isHeld, emit }: DeafnessOptions) => {
  /** When the first message arrived that no event followed yet. */
  let unansweredSince: number | undefined;
  let isDeaf = false;
  return {
    messageArrived: (): void => {
      if (isHeld()) {
        unansweredSince = undefined;
        return;
      }
      const at = now();
      unansweredSince ??= at;
      if (at - unansweredSince < deafMs) return;
      unansweredSince = at;
      isDeaf = true;
      emit({ type: 'connection.deaf' });
    },
    /** The library emitted an event for a message. */
    eventEmitted: (): void => {
      unansweredSince = undefined;
      if (isDeaf) emit({ type: 'connection.heard' });
      isDeaf = false;
    },
  };
};
