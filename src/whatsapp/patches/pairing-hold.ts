/**
 * Patch of the end of a pairing. Baileys answers WhatsApp's `pair-success` at once, and the phone then shows
 * "linked". A crash before the credentials are durable would lose that device. So nothing leaves the socket
 * until they are durable: WHATSAPP-FACTS.md#pair-success.
 */
import type { Parts } from './socket-parts.ts';

export const pairingHoldProblem = ({ raw }: Parts): string | undefined =>
  typeof raw?.send === 'function' ? undefined : 'the send of a connection cannot be reached';

export interface PairingHold {
  /** Keeps back everything that is sent until `durable` has settled. */
  until(durable: Promise<unknown>): void;
}
export const createPairingHold = ({ raw }: Parts): PairingHold => {
  let held: Promise<unknown> | undefined;
  if (raw !== null && pairingHoldProblem({ raw } as Parts) === undefined) {
    const send = raw.send.bind(raw) as (...args: unknown[]) => void;
    raw.send = ((...args: unknown[]) =>
      held ? void held.then(() => send(...args)) : send(...args)) as typeof raw.send;
  }
  return {
    until: (durable) => {
      const hold = durable.finally(() => {
        if (held === hold) held = undefined;
      });
      held = hold;
    },
  };
};
