/** One connection of a session: its store, then its socket, from `connection.open` to the end of both. */
import type { Reason } from '../../machines/domain/disconnect.ts';
import type { ConnectionFact, ConnectionInput, ConnectionOrder, Org } from '../../machines/domain/ports.ts';
import type { FairQueue } from '../base/fair-queue.ts';
import type { Limit } from '../base/limit.ts';
import type { WriteLog } from '../base/log.ts';
import type { ConnectionRegister } from './connection-register.ts';
import { libraryLog } from './library-log.ts';
import { createInbox, type Inbox } from './messages/inbox.ts';
import type { MessageDoor, Sender } from './messages/port.ts';
import type { Sending } from './messages/sending.ts';
import type { Unreadable } from './messages/unreadable.ts';
import type { ProxyRoute } from './proxy.ts';
import type { openSocket, Socket } from './socket.ts';
import type { Report } from './socket-facts.ts';
import type { Store, StoreEvents, StoreRefusal } from './store/types.ts';
import type { Versions } from './version.ts';

/** What every connection of the process shares. */
export interface ConnectionDeps {
  readonly versions: Versions;
  /** Opens the stored credentials, or fresh ones in the pairing's own directory. */
  readonly openStore: (input: ConnectionInput, on: StoreEvents) => Promise<Store | StoreRefusal>;
  readonly openSocket: typeof openSocket;
  readonly url: string | undefined;
  readonly proxyFor: (org: Org) => Promise<ProxyRoute | undefined>;
  readonly pingDeadlineMs: number;
  readonly deafMs: number;
  readonly pairingMs: number;
  readonly now: () => number;
  readonly log: (org: Org) => WriteLog;
  /** Another identity was put in an organization's place: a scan of the directory will find it. */
  readonly onReplaced: (org: Org) => void;
  readonly queue: FairQueue;
  readonly register: ConnectionRegister;
  /** Bounds how many stores are read at a time. */
  readonly limit: Limit;
  /** Where messages come from and go to. Without it none are sent, and none is read. */
  readonly messages?: MessageDoor | undefined;
  readonly unreadable: Unreadable | undefined;
  /** Bounds the uploads of all organizations. */
  readonly uploads: Limit;
}

type Resources =
  | { readonly have: 'nothing' }
  | { readonly have: 'store'; readonly store: Store }
  | { readonly have: 'socket'; readonly store: Store; readonly socket: Socket };

export class Connection {
  readonly #input: ConnectionInput;
  readonly #deps: ConnectionDeps;
  readonly #send: (fact: ConnectionFact) => void;
  readonly #log: WriteLog;
  readonly #report: Report;
  /** '' in a pairing, which has no identity yet. */
  readonly #identity: string;
  #phase: 'current' | 'stopped' = 'current';
  #resources: Resources = { have: 'nothing' };
  #opening: Promise<void> = Promise.resolve();
  /** The session calls it connected. */
  #isProven = false;
  #isStorageFailing = false;

  constructor(input: ConnectionInput, deps: ConnectionDeps, send: (fact: ConnectionFact) => void) {
    this.#input = input;
    this.#deps = deps;
    this.#send = send;
    this.#log = deps.log(input.org);
    this.#report = (event, error, fields) =>
      this.#log(event, {
        ...fields,
        why: error instanceof Error ? error.message.slice(0, 200) : String(error),
      });
    this.#identity = input.mode === 'restore' ? input.fingerprint : '';
  }

  get #store(): Store | undefined {
    return this.#resources.have === 'nothing' ? undefined : this.#resources.store;
  }
  get #socket(): Socket | undefined {
    return this.#resources.have === 'socket' ? this.#resources.socket : undefined;
  }

  /** Undefined unless the session is connected through this connection. */
  get sender(): Sender | undefined {
    return this.#isProven && this.#phase === 'current' ? this.#socket?.sender?.() : undefined;
  }

  /** Never throws or rejects: a failure is logged. */
  order(order: ConnectionOrder): void {
    this.#obey(order)?.catch((error: unknown) =>
      this.#report('connection.command_failed', error, { order: order.type }),
    );
  }
  /** Ends the socket and then the store. From now on no fact leaves the connection. */
  stop(): void {
    if (this.#phase === 'stopped') return;
    this.#phase = 'stopped';
    const disposed = this.#dispose().catch((error: unknown) =>
      this.#report('connection.dispose_failed', error),
    );
    this.#deps.register.ending(this.#input.org, disposed);
  }

  #emit(fact: ConnectionFact): void {
    if (this.#phase === 'stopped') return;
    // a QR in a restore: the library lost its credentials, and what it writes from now on is another identity
    if (fact.type === 'connection.qr' && this.#input.mode === 'restore') this.#store?.fence();
    // the session may be stopped before this turn: then it receives no more facts
    this.#deps.queue
      .run(() => this.#send(fact))
      .catch((error: unknown) => this.#report('connection.event_failed', error));
  }
  #end(reason: Reason): void {
    this.#emit({ type: 'connection.closed', reason });
  }

  #obey(order: ConnectionOrder): Promise<unknown> | undefined {
    switch (order.type) {
      case 'connection.open':
        this.#opening = this.#open().catch((error: unknown) => {
          this.#report('connection.open_failed', error);
          this.#end('internal');
        });
        return this.#opening;
      case 'connection.ping':
        return this.#socket?.ping();
      case 'connection.proven':
        this.#isProven = true;
        return this.#store?.backUp();
      case 'connection.unlink':
        return this.#socket?.unlink();
    }
  }

  async #open(): Promise<void> {
    const { register, limit } = this.#deps;
    await register.closed(this.#input.org);
    if (this.#phase === 'stopped') return;
    const before = register.claim(this.#identity, this.#input.org);
    if (before !== undefined) return this.#openAfter(before);
    await limit(() => this.#openStore());
  }
  /** The directory was renamed, for example: the socket of the holder may be ending. */
  async #openAfter(before: Org): Promise<void> {
    const { register, limit } = this.#deps;
    await register.closed(before);
    if (this.#phase === 'stopped') return;
    const holder = register.claim(this.#identity, this.#input.org);
    if (holder !== undefined) {
      this.#log('connection.identity_in_use', { holder });
      return this.#end('conflict');
    }
    await limit(() => this.#openStore());
  }
  async #openStore(): Promise<void> {
    if (this.#phase === 'stopped') return;
    const { openStore, proxyFor, queue } = this.#deps;
    const store = await openStore(this.#input, this.#storeEvents());
    if (store.kind === 'refused') {
      this.#log('credentials.refused', { reason: store.reason, why: store.message });
      return this.#end(store.reason);
    }
    this.#resources = { have: 'store', store };
    const proxy = await proxyFor(this.#input.org);
    await queue.runWhenQuiet(() => this.#openSocket(store, proxy));
  }
  #storeEvents(): StoreEvents {
    return {
      failed: (code) => {
        this.#isStorageFailing = true;
        this.#log('credentials.write_failed', { code });
        this.#emit({ type: 'storage.failed' });
      },
      recovered: () => {
        this.#isStorageFailing = false;
        this.#emit({ type: 'storage.recovered' });
      },
      replaced: () => this.#deps.onReplaced(this.#input.org),
      log: this.#log,
    };
  }
  /** A pairing has none: its store keeps no messages. */
  #inbox({ auth, find }: Store): Inbox | undefined {
    const { messages: door, unreadable, now } = this.#deps;
    if (!door || !unreadable || !find) return undefined;
    const { org } = this.#input;
    return createInbox({ org, door, unreadable, auth, find, now, report: this.#report });
  }
  #openSocket(store: Store, proxy: ProxyRoute | undefined): void {
    if (this.#phase === 'stopped') return store.fence();
    const { openSocket, versions, register, url, pairingMs, pingDeadlineMs, deafMs, now, queue } = this.#deps;
    const { org } = this.#input;
    const logger = libraryLog((severity, said) => this.#log('library.logged', { severity, said }));
    const socket = openSocket({
      settings: {
        auth: store.auth,
        version: versions.current(),
        logger,
        retries: register.retriesOf(org),
        url,
        proxy,
        inbox: this.#inbox(store),
      },
      store,
      pairing: this.#input.mode === 'pair' ? this.#input.pairing : undefined,
      pairingMs,
      pingDeadlineMs,
      deafMs,
      isHeld: () => this.#isStorageFailing,
      now,
      queue,
      sending: this.#sending(proxy),
      emit: (fact) => this.#emit(fact),
      report: this.#report,
    });
    this.#resources = { have: 'socket', store, socket };
    register.sockets.opened();
  }

  /** A pairing sends nothing. */
  #sending(proxy: ProxyRoute | undefined): Sending | undefined {
    const { messages: door, register, uploads, url, now } = this.#deps;
    const { org, mode } = this.#input;
    if (door === undefined || mode === 'pair') return undefined;
    return {
      org,
      door,
      uploads,
      mayAskForRestriction: () => register.mayAskForRestriction(org),
      proxy,
      isOtherServer: url !== undefined,
      now,
      log: this.#log,
      report: this.#report,
    };
  }

  async #dispose(): Promise<void> {
    await this.#opening;
    await this.#deps.queue.run(() => this.#socket?.dispose());
    this.#store?.fence();
    await this.#store?.drained();
    if (this.#socket) this.#deps.register.sockets.closed();
    this.#resources = { have: 'nothing' };
    this.#deps.register.release(this.#identity, this.#input.org);
  }
}
