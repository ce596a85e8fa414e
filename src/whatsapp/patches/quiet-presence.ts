/**
 * Patch of Baileys' presence. The library sends WhatsApp a bare presence with every change of its
 * credentials, which silences the notifications of the phone. This takes it back: WHATSAPP-FACTS.md#presence.
 */
import type { Parts } from './socket-parts.ts';

/** Changes of credentials come in bursts; one answer for each burst is enough. */
const unavailableAfterMs = 2_000;

export const quietPresenceProblem = ({ sock }: Parts): string | undefined =>
  typeof sock.sendPresenceUpdate === 'function' ? undefined : 'the library has no sendPresenceUpdate';

export interface QuietPresence {
  /** The library may just have sent a presence. */
  schedule(): void;
  stop(): void;
}
/** `run` guards what is sent, and drops it when the socket is no longer in use or not open. */
export const createQuietPresence = (parts: Parts, run: (send: () => unknown) => void): QuietPresence => {
  let timer: NodeJS.Timeout | undefined;
  const isPossible = quietPresenceProblem(parts) === undefined;
  return {
    schedule: () => {
      if (!isPossible) return;
      clearTimeout(timer);
      timer = setTimeout(() => run(() => parts.sock.sendPresenceUpdate('unavailable')), unavailableAfterMs);
      timer.unref();
    },
    stop: () => clearTimeout(timer),
  };
};
