/** The port `connection` of the sessions, with the real client behind it. */
import { type CallbackActorLogic, fromCallback } from 'xstate';
import type { ConnectionInput, ConnectionOrder, Org } from '../../machines/domain/ports.ts';
import { createFairQueue, type FairQueue } from '../base/fair-queue.ts';
import { createLimit } from '../base/limit.ts';
import { Connection, type ConnectionDeps } from './connection.ts';
import { createRegister } from './connection-register.ts';
import type { Sender } from './messages/port.ts';
import { trackUnreadable, type Unreadable } from './messages/unreadable.ts';
import { checkCertificates } from './patches/certificates.ts';
import { boundInflation } from './patches/inflation.ts';
import type { ProxyRoute } from './proxy.ts';
import { openSocket } from './socket.ts';

type Own = 'openSocket' | 'url' | 'proxyFor' | 'queue' | 'register' | 'limit' | 'uploads' | 'unreadable';
type Given = Omit<ConnectionDeps, Own>;
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
  /** Sends through the organization's present connection. Undefined unless its session is connected. */
  sender(org: Org): Sender | undefined;
  /** How many sockets are open. */
  open(): number;
  /** Messages that could not be decrypted since the start. */
  unreadable(): ReturnType<Unreadable['counts']>;
}

/**
 * At most this many connections read their credentials and create their socket at a time. The operator's gate
 * may be wide open, and hundreds of stores that are read together leave holes in the heap that stay. No
 * connection waits here for the network of another, so the limit slows nothing down.
 */
export const openedAtOnce = 8;
/** Uploads of media at a time, of all organizations: each has one temporary file. Our own choice. */
const uploadsAtOnce = 16;

export const openConnections = (options: ConnectionsOptions): Connections => {
  checkCertificates();
  boundInflation();
  const register = createRegister();
  const { messages: door } = options;
  const unreadable = door && trackUnreadable(door);
  const deps: ConnectionDeps = {
    ...options,
    url: options.url,
    openSocket: options.openSocket ?? openSocket,
    proxyFor: options.proxyFor ?? (async () => undefined),
    queue: options.queue ?? createFairQueue(),
    register,
    limit: createLimit(openedAtOnce),
    uploads: createLimit(uploadsAtOnce),
    unreadable,
  };
  /** The newest connection of each organization. */
  const newest = new Map<Org, Connection>();
  return {
    logic: fromCallback<ConnectionOrder, ConnectionInput>(({ input, sendBack, receive }) => {
      const connection = new Connection(input, deps, sendBack);
      newest.set(input.org, connection);
      receive((order) => connection.order(order));
      return () => {
        if (newest.get(input.org) === connection) newest.delete(input.org);
        connection.stop();
      };
    }),
    sender: (org) => newest.get(org)?.sender,
    closed: register.closed,
    allClosed: async () => {
      await register.allClosed();
      unreadable?.close();
    },
    open: register.sockets.count,
    unreadable: () => unreadable?.counts() ?? { gaveUp: 0, askedAgain: 0 },
  };
};
