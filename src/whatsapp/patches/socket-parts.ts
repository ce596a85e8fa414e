/** The inner parts of a Baileys socket that the patches reach into. Baileys' types do not show them. */
import type { EventEmitter } from 'node:events';
import type { WASocket } from '@whiskeysockets/baileys';
import type { WebSocket } from 'ws';

export interface Parts {
  readonly sock: WASocket;
  /** The `ws` socket of the connection; null when Baileys no longer keeps it where it was. */
  readonly raw: WebSocket | null;
}
type Emitter = Pick<EventEmitter, 'listeners' | 'on' | 'off'>;
export type Listener = (...args: unknown[]) => unknown;

const isEmitter = (value: unknown): value is Emitter =>
  typeof value === 'object' && value !== null && typeof (value as Partial<Emitter>).listeners === 'function';

/** Take it when the socket was just made: the library forgets it when it closes. */
export const partsOf = (sock: WASocket): Parts => {
  const raw: unknown = (sock.ws as unknown as { readonly socket?: unknown } | undefined)?.socket;
  return {
    sock,
    raw:
      isEmitter(raw) && typeof (raw as Partial<WebSocket>).terminate === 'function'
        ? (raw as WebSocket)
        : null,
  };
};

export const listenersOf = (emitter: unknown, event: string): readonly Listener[] =>
  isEmitter(emitter) ? (emitter.listeners(event) as Listener[]) : [];

/**
 * Puts `wrap(listener)` in the place of each listener that the library has for `event`. Their order stays.
 */
export const rewrapListeners = (
  emitter: unknown,
  event: string,
  wrap: (listener: Listener) => Listener,
): void => {
  if (!isEmitter(emitter)) return;
  for (const listener of listenersOf(emitter, event)) {
    emitter.off(event, listener);
    emitter.on(event, wrap(listener));
  }
};
