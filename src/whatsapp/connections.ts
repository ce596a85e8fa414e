/**
 * The port `connection` of the sessions, with the real client behind it, and the register of all sockets: whatever the machines
 * believe, no organization and no identity has two at once, and a new one opens only after the old one's TCP is closed.
 */
import { type CallbackActorLogic, fromCallback } from 'xstate';
import type { Reason } from '../../machines/domain/disconnect.ts';
import type { ConnectionFact, ConnectionInput, ConnectionOrder, Org } from '../../machines/domain/ports.ts';
import { openTurns, type Turns } from '../base/fair-queue.ts';
import { limitTo } from '../base/limit.ts';
import { retryCounters } from './caches.ts';
import type { LibraryLine } from './library-log.ts';
import { libraryLog } from './library-log.ts';
import { checkCertificates } from './patches/certificates.ts';
import type { Way } from './proxy.ts';
import { openSocket, type Socket } from './socket.ts';
import type { Store, StoreEvents, StoreRefusal } from './store/types.ts';
import type { Versions } from './version.ts';

export interface ConnectionsOptions {
  readonly versions: Versions;
  /** Opens the stored credentials, or fresh ones in the pairing's own directory. */
  readonly openStore: (input: ConnectionInput, on: StoreEvents) => Promise<Store | StoreRefusal>;
  readonly url?: string;
  /** Asked for each connection; without it, and with undefined, straight. */
  readonly wayOf?: (org: Org) => Promise<Way | undefined>;
  readonly pingDeadlineMs: number;
  readonly deafMs: number;
  readonly pairingMs: number;
  readonly now: () => number;
  readonly log: (org: Org) => {
    warn(message: string, fields: Readonly<Record<string, unknown>>): void;
    library: LibraryLine;
  };
  /** Another identity was put in an organization's place: a look at the directory will find it. */
  readonly onReplaced: (org: Org) => void;
  /** Another socket than the real client's, for the simulation of a fleet. */
  readonly openSocket?: typeof openSocket;
  readonly turns?: Turns;
}
export interface Connections {
  readonly logic: CallbackActorLogic<ConnectionOrder, ConnectionInput>;
  /** Resolves when the organization has no socket and nothing left to write. */
  closed(org: Org): Promise<void>;
  allClosed(): Promise<void>;
  open(): number;
}

/**
 * So many read their credentials and are begun at a time. The gate of an operator may be wide open, and hundreds of stores that are
 * read together leave holes in the heap that stay. Nobody waits here for another's network, so it slows nothing down.
 */
export const openedAtOnce = 8;

export const openConnections = (options: ConnectionsOptions): Connections => {
  const { versions, url, pingDeadlineMs, deafMs, pairingMs, now, turns = openTurns() } = options;
  const connect = options.openSocket ?? openSocket;
  checkCertificates();
  /** What each organization's last socket still has to do before the next may open. */
  const endings = new Map<Org, Promise<void>>();
  const retries = new Map<Org, ReturnType<typeof retryCounters>>();
  const identities = new Map<string, Org>();
  const aFewAtATime = limitTo(openedAtOnce);
  let sockets = 0;

  const retriesOf = (org: Org) => {
    const kept = retries.get(org) ?? retryCounters();
    retries.set(org, kept);
    return kept;
  };

  const start = (input: ConnectionInput, send: (fact: ConnectionFact) => void) => {
    const { org } = input;
    const log = options.log(org);
    const report = (message: string, error: unknown) =>
      log.warn(message, { why: error instanceof Error ? error.message.slice(0, 200) : String(error) });
    const identity = input.mode === 'restore' ? input.fingerprint : '';
    let current = true;
    let store: Store | undefined;
    let socket: Socket | undefined;

    const tell = (fact: ConnectionFact) => {
      if (!current) return;
      if (fact.type === 'connection.qr' && input.mode === 'restore') store?.fence(); // it lost its credentials: what it writes now is another identity
      // meanwhile it may have been stopped: then it hears no more
      void turns.take(() => send(fact)).catch((error: unknown) => report('what a connection said could not be taken', error));
    };
    const end = (reason: Reason) => tell({ type: 'connection.closed', reason });

    const open = async () => {
      await endings.get(org);
      if (!current) return;
      const holder = identities.get(identity);
      if (identity !== '' && holder !== undefined) {
        log.warn('this identity already has a socket', { holder });
        return end('conflict');
      }
      if (identity !== '') identities.set(identity, org);
      await aFewAtATime(connectHere);
    };
    const connectHere = async () => {
      if (!current) return;
      const opened = await options.openStore(input, {
        failed: (code) => {
          log.warn('credentials cannot be written', { code });
          tell({ type: 'storage.failed' });
        },
        recovered: () => tell({ type: 'storage.recovered' }),
        replaced: () => options.onReplaced(org),
        warn: log.warn,
      });
      if (opened.kind === 'refused') {
        log.warn('credentials cannot be used', { reason: opened.reason, why: opened.message });
        return end(opened.reason);
      }
      store = opened;
      const way = await options.wayOf?.(org);
      await turns.takeWhenQuiet(() => dial(opened, way));
    };
    const dial = (on: Store, way: Way | undefined) => {
      if (!current) return on.fence();
      sockets += 1;
      socket = connect({
        wish: {
          auth: on.auth,
          version: versions.current(),
          logger: libraryLog(log.library),
          retries: retriesOf(org),
          ...(url !== undefined && { url }),
          ...(way && { way }),
        },
        store: on,
        ...(input.mode === 'pair' && { pairing: input.pairing }),
        pairingMs,
        pingDeadlineMs,
        deafMs,
        now,
        turns,
        tell,
        report,
      });
    };
    let opening: Promise<void> = Promise.resolve();
    const obey = (order: ConnectionOrder): Promise<unknown> | undefined => {
      switch (order.type) {
        case 'connection.open':
          opening = open().catch((error: unknown) => {
            report('a connection could not be opened', error);
            end('internal');
          });
          return opening;
        case 'connection.ping':
          return socket?.ping();
        case 'connection.proven':
          return store?.backUp();
        case 'connection.unlink':
          return socket?.unlink();
      }
    };
    const dispose = async () => {
      await opening;
      await turns.take(() => socket?.dispose());
      store?.fence();
      await store?.drained();
      if (socket) sockets -= 1;
      if (identities.get(identity) === org) identities.delete(identity);
    };
    return {
      order: (order: ConnectionOrder) =>
        void Promise.resolve(obey(order)).catch((error: unknown) => report(`order failed: ${order.type}`, error)),
      stop: () => {
        if (!current) return;
        current = false;
        const ending = Promise.all([endings.get(org), dispose()])
          .catch((error: unknown) => report('a connection could not be disposed', error))
          .then(() => {
            if (endings.get(org) === ending) endings.delete(org);
          });
        endings.set(org, ending);
      },
    };
  };

  return {
    logic: fromCallback<ConnectionOrder, ConnectionInput>(({ input, sendBack, receive }) => {
      const connection = start(input, sendBack);
      receive(connection.order);
      return connection.stop;
    }),
    closed: async (org) => endings.get(org),
    allClosed: async () => {
      while (endings.size > 0) await Promise.all(endings.values());
    },
    open: () => sockets,
  };
};
