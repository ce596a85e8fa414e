/**
 * Patch of Baileys' handling of frames. A frame that cannot be decrypted or decoded rejects a promise inside
 * the library, where no code handles it, and leaves the socket deaf: WHATSAPP-FACTS.md#unreadable-frame.
 */
import { listenersOf, type Parts, rewrapListeners } from './socket-parts.ts';

export const frameGuardProblem = ({ sock }: Parts): string | undefined =>
  listenersOf(sock.ws, 'message').length > 0
    ? undefined
    : 'the library does not listen to the frames of its socket';

/**
 * `decodes`: receives what settles when a message of the socket is decoded. `unreadable`: the library could
 * not read a frame; the socket must then be closed.
 */
export const guardFrames = (
  { sock }: Parts,
  decodes: (done: Promise<unknown>) => void,
  unreadable: (error: unknown) => void,
): void =>
  rewrapListeners(sock.ws, 'message', (listener) => (...args) => {
    decodes((async () => listener(...args))().catch(unreadable));
  });
