/**
 * Is the client library deaf? Known faults leave it connected, answering pings, and telling of no message for hours, because
 * what handles messages waits for ever (WHATSAPP-FACTS.md#deaf). Seen from outside: messages arrive, and no event follows.
 */
import type { ConnectionFact } from '../../machines/domain/ports.ts';

export interface HearingOptions {
  /** How long messages may arrive without an event, in milliseconds. */
  readonly deafMs: number;
  readonly now: () => number;
  readonly tell: (fact: ConnectionFact) => void;
}

/**
 * Silence is not deafness, and neither is one message that the library passes over: it takes messages that keep arriving for so
 * long with nothing told of in between. Told again every `deafMs` while it lasts, and once when it is over.
 */
export const hearing = ({ deafMs, now, tell }: HearingOptions) => {
  let unheardSince: number | undefined;
  let deaf = false;
  return {
    /** A message has arrived. */
    arrived: (): void => {
      const at = now();
      unheardSince ??= at;
      if (at - unheardSince < deafMs) return;
      unheardSince = at;
      deaf = true;
      tell({ type: 'connection.deaf' });
    },
    /** The library told of one. */
    heard: (): void => {
      unheardSince = undefined;
      if (deaf) tell({ type: 'connection.heard' });
      deaf = false;
    },
  };
};
