/**
 * `vigia/client`: a client for the control API that stays connected. For browsers and Node; typed from the
 * protocol's registry.
 *
 * ```ts
 * const vigia = connect({ url: 'http://127.0.0.1:3000', apiKey });
 * const { session } = await vigia.call('session.restore', { orgId: 'acme' });
 * await vigia.waitFor('acme', (session) => session?.state === 'connected', { timeoutMs: 60_000 });
 * for await (const update of vigia.subscribe({ topics: ['sessions'] })) console.log(update);
 * ```
 *
 * It reconnects with growing random waits, and resumes its subscriptions. Subscribers are notified of a gap
 * that the server cannot fill. It never repeats a command by itself. It stops when reconnecting does not help
 * (a wrong key), and reports the reason.
 */
import { type CallOptions, type Calls, createCalls } from './calls.ts';
import { VigiaError } from './client-error.ts';
import type { Args, CallableMethod, Result, Session, Welcome } from './contract.ts';
import { createLiveSessions, type LiveSessions, type Predicate, type WaitOptions } from './live-sessions.ts';
import { type ConnectionState, keepConnected } from './reconnect.ts';
import { addressOf, type SocketConstructor } from './socket.ts';
import { openSubscription, type Subscription, type Wanted } from './subscription.ts';
import { createSubscriptions } from './subscriptions.ts';
import type { Update } from './updates.ts';

export type { CallOptions } from './calls.ts';
export { type ClientReason, VigiaError } from './client-error.ts';
export type {
  CallableMethod,
  ErrorReason,
  EventData,
  EventType,
  Input,
  MethodName,
  Position,
  Result,
  Session,
  Topic,
  VigiaEvent,
  Welcome,
} from './contract.ts';
export type { LiveSessions, Predicate, SessionChange, WaitOptions } from './live-sessions.ts';
export type { ConnectionState } from './reconnect.ts';
export type { SocketConstructor, SocketLike } from './socket.ts';
export type { Subscription, Wanted } from './subscription.ts';
export type { Update } from './updates.ts';

export interface ClientOptions {
  /** `http://127.0.0.1:3000`, `wss://vigia.example.com/behind/a/proxy`, ... Never with a key in it. */
  readonly url: string;
  /** The key, or a function that is called for every connection. The key travels in the first message. */
  readonly apiKey: string | (() => string | Promise<string>);
  /** Appears in the server's log only. */
  readonly client?: { readonly name: string; readonly version: string };
  /** For a platform without a WebSocket, where the package `ws` is not installed. */
  readonly WebSocket?: SocketConstructor;
  /**
   * Whether another connection is tried: `always` (the default), only if there has been one (`once_online`),
   * or `never`.
   */
  readonly reconnect?: 'always' | 'once_online' | 'never';
  /** 0…1, for tests. */
  readonly random?: () => number;
}
export interface Client {
  /**
   * Sends one request. Waits for a connection, at most `timeoutMs` (30 s). Rejects with `VigiaError`; its
   * `reason` is one of the server's or one of `ClientReason`, and `sent` says whether the request left this
   * client.
   */
  call<M extends CallableMethod>(method: M, ...args: [...Args<M>, options?: CallOptions]): Promise<Result<M>>;
  /**
   * A snapshot, then every event, over all the connections of this client. For a listener, or for `for
   * await`. The loop must begin before anything is awaited, or updates are missed; it throws the error that
   * ended the subscription.
   */
  subscribe(wanted: Wanted, listener?: (update: Update) => void): Subscription;
  /** The sessions of the given organizations; by default of every organization of the key. */
  live(orgs?: '*' | readonly string[]): LiveSessions;
  /**
   * See `LiveSessions.waitFor`. Simultaneous waits share one subscription to every organization of the key.
   */
  waitFor(orgId: string, predicate: Predicate, options: WaitOptions): Promise<Session | undefined>;
  state(): ConnectionState;
  /** Returns a function that removes the listener. */
  onState(listener: (state: ConnectionState) => void): () => void;
  /** Resolves when there is a connection; rejects when there will be none. */
  online(): Promise<Welcome>;
  /** For a button "try now": ends the wait before the next attempt. It does nothing in other states. */
  connectNow(): void;
  /** Stops permanently: rejects everything that waits, and leaves no timer. */
  close(): void;
}

/** Starts to connect at once. Throws `VigiaError` `bad_address`. */
export const connect = (options: ClientOptions): Client => {
  const address = addressOf(options.url);
  const calls = createCalls();
  const subscriptions = createSubscriptions(calls);
  const listeners = new Set<(state: ConnectionState) => void>();
  let state: ConnectionState = { status: 'connecting' };

  const connection = keepConnected(
    {
      address,
      apiKey: options.apiKey,
      name: options.client?.name ?? 'vigia-client',
      version: options.client?.version ?? '1',
      WebSocket: options.WebSocket,
      reconnect: options.reconnect ?? 'always',
      random: options.random ?? Math.random,
    },
    {
      onState: (next) => {
        state = next;
        if (next.status === 'stopped') {
          calls.stop(next.because);
          subscriptions.stop(next.because);
        }
        for (const listener of [...listeners]) listener(next);
      },
      onOnline: ({ limits }, send) => {
        calls.onOnline(send, limits.maxInFlight);
        subscriptions.onOnline();
        calls.sendWaiting();
      },
      onFrame: (frame) => {
        if (!calls.onFrame(frame)) subscriptions.onFrame(frame);
      },
      onOffline: () => {
        subscriptions.onOffline();
        calls.onOffline();
      },
    },
  );
  const stateNow = () => state;
  const onState: Client['onState'] = (listener) => {
    listeners.add(listener);
    return () => void listeners.delete(listener);
  };
  const subscribe: Client['subscribe'] = (wanted, listener) => {
    const add: typeof subscriptions.add = (subscriber) => {
      if (state.status !== 'stopped') return subscriptions.add(subscriber);
      subscriber.onEnd(state.because);
      return () => undefined;
    };
    return openSubscription(add, wanted, listener);
  };
  const live = liveWith(subscribe);
  return {
    call: callWith(calls, stateNow),
    subscribe,
    live,
    waitFor: sharedWait(live),
    state: stateNow,
    onState,
    online: () => onlineIn(stateNow, onState),
    connectNow: connection.connectNow,
    close: () => connection.close(new VigiaError('client_closed', 'The client was closed.')),
  };
};

const callWith =
  (calls: Calls, stateNow: () => ConnectionState): Client['call'] =>
  async (method, ...args) => {
    const [params, options] = args as unknown as [unknown, CallOptions?];
    const state = stateNow();
    if (state.status === 'stopped') throw state.because;
    return (await calls.start(method, params, options)) as never;
  };

const liveWith =
  (subscribe: Client['subscribe']): Client['live'] =>
  (orgs = '*') => {
    const { live: sessions, onUpdate, end } = createLiveSessions(() => subscription.close());
    const subscription = subscribe({ topics: ['sessions'], orgs }, onUpdate);
    void subscription.ended.then((error) =>
      end(error ?? new VigiaError('client_closed', 'The live sessions were closed.')),
    );
    return sessions;
  };

/** One subscription serves all the waits of a time; it is closed after the last of them. */
const sharedWait = (live: () => LiveSessions): Client['waitFor'] => {
  let shared: { readonly live: LiveSessions; waits: number } | undefined;
  return async (orgId, predicate, options) => {
    shared ??= { live: live(), waits: 0 };
    const mine = shared;
    mine.waits += 1;
    try {
      return await mine.live.waitFor(orgId, predicate, options);
    } finally {
      mine.waits -= 1;
      if (mine.waits === 0) {
        mine.live.close();
        if (shared === mine) shared = undefined;
      }
    }
  };
};

const onlineIn = (stateNow: () => ConnectionState, onState: Client['onState']): Promise<Welcome> =>
  new Promise((resolve, reject) => {
    const check = (state: ConnectionState) => {
      if (state.status === 'online') resolve(state.welcome);
      else if (state.status === 'stopped') reject(state.because);
      else return;
      removeListener();
    };
    const removeListener = onState(check);
    check(stateNow());
  });
