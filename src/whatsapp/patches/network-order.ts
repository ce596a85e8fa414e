/**
 * Patch of the order in which the network reaches Baileys. When a network fails, every session loses its
 * connection at the same moment. The events of all sockets therefore pass through one queue, which shares the
 * event loop (`base/fair-queue.ts`). Before it they pass through the intake of their own connection, so a
 * flood has at most one place in that queue.
 */
import type { WebSocket } from 'ws';
import type { FairQueue } from '../../base/fair-queue.ts';
import type { Intake } from '../intake.ts';
import { listenersOf, type Parts, rewrapListeners } from './socket-parts.ts';

const events = ['open', 'message', 'error', 'close'] as const;

export const networkOrderProblem = ({ raw }: Parts): string | undefined => {
  const silent = events.filter((event) => listenersOf(raw, event).length === 0);
  return silent.length === 0 ? undefined : `the library does not listen to its socket's ${silent.join(', ')}`;
};

const bytesOf = (data: unknown): number => (data instanceof Uint8Array ? data.length : 0);

export interface NetworkOrder {
  readonly queue: FairQueue;
  readonly intake: Intake;
  /** A listener of the library threw; the socket must then be closed. */
  readonly failed: (event: string, error: unknown) => void;
}
export const orderNetworkEvents = (raw: WebSocket | null, { queue, intake, failed }: NetworkOrder): void => {
  for (const event of events)
    rewrapListeners(raw, event, (listener) => (...args) => {
      intake.arrived(bytesOf(args[0]), () =>
        queue.run(() => listener(...args)).catch((error: unknown) => failed(event, error)),
      );
    });
};
