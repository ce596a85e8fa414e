/**
 * Patch of the order in which the network reaches Baileys. When a network fails, every session loses its
 * connection at the same moment. The events of all sockets therefore pass through one queue, which shares the
 * event loop (`base/fair-queue.ts`).
 */
import type { WebSocket } from 'ws';
import type { FairQueue } from '../../base/fair-queue.ts';
import { listenersOf, type Parts, rewrapListeners } from './socket-parts.ts';

const events = ['open', 'message', 'error', 'close'] as const;

export const networkOrderProblem = ({ raw }: Parts): string | undefined => {
  const silent = events.filter((event) => listenersOf(raw, event).length === 0);
  return silent.length === 0 ? undefined : `the library does not listen to its socket's ${silent.join(', ')}`;
};

/** `failed`: a listener of the library threw; the socket must then be closed. */
export const orderNetworkEvents = (
  raw: WebSocket | null,
  queue: FairQueue,
  failed: (event: string, error: unknown) => void,
): void => {
  for (const event of events)
    rewrapListeners(raw, event, (listener) => (...args) => {
      void queue.run(() => listener(...args)).catch((error: unknown) => failed(event, error));
    });
};
