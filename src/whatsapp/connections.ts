/** The port `connection` of the sessions, with the real client behind it. */
import { type CallbackActorLogic, fromCallback } from 'xstate';
import type { ConnectionInput, ConnectionOrder, Org } from '../../machines/domain/ports.ts';
import { createFairQueue, type FairQueue } from '../base/fair-queue.ts';
import { createLimit } from '../base/limit.ts';
import { Connection, type ConnectionDeps } from './connection.ts';
import { createRegister } from './connection-register.ts';
import { checkCertificates } from './patches/certificates.ts';
import { boundInflation } from './patches/inflation.ts';
import type { ProxyRoute } from './proxy.ts';
import { openSocket } from './socket.ts';

type Given = Omit<ConnectionDeps, 'openSocket' | 'url' | 'proxyFor' | 'queue' | 'register' | 'limit'>;
export interface ConnectionsOptions extends Given {
  /** Another server than WhatsApp's. */
  readonly url?: string | undefined;
  /** Called for each connection. Without it, and when it returns undefined, the connection is direct. */
  readonly proxyFor?: (org: Org) => Promise<ProxyRoute | undefined>;
  /** Another socket than the real client's, for the simulation of a fleet. */
  readonly openSocket?: typeof openSocket | undefined;
  readonly queue?: FairQueue;
}
export interface Connections {
  readonly logic: CallbackActorLogic<ConnectionOrder, ConnectionInput>;
  /** Resolves when the organization has no socket and nothing left to write. */
  closed(org: Org): Promise<void>;
  allClosed(): Promise<void>;
  /** How many sockets are open. */
  open(): number;
}

/**
 * At most this many connections read their credentials and create their socket at a time. The operator's gate
 * may be wide open, and hundreds of stores that are read together leave holes in the heap that stay. No
 * connection waits here for the network of another, so the limit slows nothing down.
 */
export const openedAtOnce = 8;

export const openConnections = (options: ConnectionsOptions): Connections => {
  checkCertificates();
  boundInflation();
  const register = createRegister();
  const deps: ConnectionDeps = {
    ...options,
    url: options.url,
    openSocket: options.openSocket ?? openSocket,
    proxyFor: options.proxyFor ?? (async () => undefined),
    queue: options.queue ?? createFairQueue(),
    register,
    limit: createLimit(openedAtOnce),
  };
  return {
    logic: fromCallback<ConnectionOrder, ConnectionInput>(({ input, sendBack, receive }) => {
      const connection = new Connection(input, deps, sendBack);
      receive((order) => connection.order(order));
      return () => connection.stop();
    }),
    closed: register.closed,
    allClosed: register.allClosed,
    open: register.sockets.count,
  };
};
