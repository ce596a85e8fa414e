/**
 * `vigia/client`: a client for the control API that stays connected. In browsers and on Node; typed from the protocol's registry.
 *
 * ```ts
 * const vigia = connect({ url: 'http://127.0.0.1:3000', apiKey });
 * const { session } = await vigia.call('session.restore', { orgId: 'acme' });
 * await vigia.waitFor('acme', (session) => session?.state === 'connected', { timeoutMs: 60_000 });
 * for await (const update of vigia.subscribe({ topics: ['sessions'] })) console.log(update);
 * ```
 *
 * It reconnects with growing waits and jitter and goes on from where it was; a gap that the server cannot fill is told. It never
 * repeats a command by itself. It stops when trying again does not help (a wrong key), and says why.
 */
import { type CallOptions, createCalls } from './calls.ts';
import { VigiaError } from './client-error.ts';
import { type ConnectionState, openConnection } from './connection.ts';
import type { Args, CallableMethod, Result, Session, Topic, Welcome } from './contract.ts';
import { createLiveSessions, type LiveSessions, type Predicate, type WaitOptions } from './live-sessions.ts';
import { addressOf, type SocketConstructor } from './socket.ts';
import { createSubscriptions } from './subscriptions.ts';
import { createStream, type Update } from './updates.ts';

export type { CallOptions } from './calls.ts';
export { type ClientReason, VigiaError } from './client-error.ts';
export type { ConnectionState } from './connection.ts';
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
export type { Change, LiveSessions, Predicate, WaitOptions } from './live-sessions.ts';
export type { SocketConstructor, SocketLike } from './socket.ts';
export type { Update } from './updates.ts';

export interface ClientOptions {
  /** `http://127.0.0.1:3000`, `wss://vigia.example.com/behind/a/proxy`, ... Never with a key in it. */
  readonly url: string;
  /** The key, or where to get it anew at every connection. It travels in the first message. */
  readonly apiKey: string | (() => string | Promise<string>);
  /** Shown in the server's log and nowhere else. */
  readonly client?: { readonly name: string; readonly version: string };
  /** Where there is none on the platform, and the package `ws` is not installed. */
  readonly WebSocket?: SocketConstructor;
  /** Whether a connection is tried again: `always` (the default), only if there has been one (`once_online`), or `never`. */
  readonly reconnect?: 'always' | 'once_online' | 'never';
  /** 0…1, for tests. */
  readonly random?: () => number;
}
export interface Wanted {
  readonly topics: readonly Topic[];
  /** At most 500 are asked for by name. Left out: all that the key may see. */
  readonly orgs?: '*' | readonly string[];
}
export interface Subscription extends AsyncIterable<Update, undefined> {
  /** Ends it. */
  close(): void;
  /** Resolves when it has ended: with what ended it, or undefined after `close`. */
  readonly ended: Promise<VigiaError | undefined>;
}
export interface Client {
  /**
   * Asks once. Rejects with `VigiaError`, whose `reason` is one of the server's or one of `ClientReason`; `sent` says whether the
   * request left this client. Waits for a connection, at most `timeoutMs` (30 s).
   */
  call<M extends CallableMethod>(method: M, ...args: [...Args<M>, options?: CallOptions]): Promise<Result<M>>;
  /**
   * A snapshot, then every event, over all the connections of this client. To a listener, or to be read with `for await`
   * (which must begin before anything is awaited, or updates are missed; it throws what ended it).
   */
  subscribe(wanted: Wanted, listener?: (update: Update) => void): Subscription;
  /** Sessions of all organizations that the key may see, or of some. */
  live(orgs?: '*' | readonly string[]): LiveSessions;
  /** See `LiveSessions.waitFor`. All that wait at a time share one subscription, to every organization that the key may see. */
  waitFor(orgId: string, predicate: Predicate, options: WaitOptions): Promise<Session | undefined>;
  state(): ConnectionState;
  /** Answers its undo. */
  onState(listener: (state: ConnectionState) => void): () => void;
  /** Resolves when there is a connection; rejects when there will be none. */
  online(): Promise<Welcome>;
  /** For good: what waits is rejected, and no timer is left. */
  close(): void;
}

/** Begins to connect at once. Throws `VigiaError` `bad_address`. */
export const connect = (options: ClientOptions): Client => {
  const address = addressOf(options.url);
  const calls = createCalls();
  const subscriptions = createSubscriptions(calls);
  const watchers = new Set<(state: ConnectionState) => void>();
  let state: ConnectionState = { status: 'connecting' };
  let shared: { readonly live: LiveSessions; waiting: number } | undefined;

  const connection = openConnection(
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
      online: ({ limits }, send) => {
        calls.online(send, limits.maxInFlight);
        subscriptions.online();
        calls.flush();
      },
      frame: (frame) => {
        if (!calls.hear(frame)) subscriptions.hear(frame);
      },
      offline: () => {
        subscriptions.offline();
        calls.offline();
      },
      changed: (next) => {
        state = next;
        if (next.status === 'stopped') {
          calls.stop(next.because);
          subscriptions.stop(next.because);
        }
        for (const watcher of [...watchers]) watcher(next);
      },
    },
  );
  const stopped = () => (state.status === 'stopped' ? state.because : undefined);

  const subscribe = ({ topics, orgs = '*' }: Wanted, listener?: (update: Update) => void): Subscription => {
    let settle: (error: VigiaError | undefined) => void = () => undefined;
    const ended = new Promise<VigiaError | undefined>((resolve) => {
      settle = resolve;
    });
    let leave: () => void = () => undefined;
    const finish = (error?: VigiaError) => {
      stream.end(error);
      settle(error);
    };
    const stream = createStream(() => {
      leave();
      settle(undefined);
    });
    const tell = (update: Update) => {
      stream.push(update);
      listener?.(update);
    };
    const because = stopped();
    if (because) finish(because);
    else leave = subscriptions.add({ wish: { topics, orgs }, tell, end: finish });
    return {
      ended,
      close: () => {
        leave();
        finish();
      },
      [Symbol.asyncIterator]: stream.read,
    };
  };
  const live = (orgs: '*' | readonly string[] = '*'): LiveSessions => {
    const { face, hear, end } = createLiveSessions(() => subscription.close());
    const subscription = subscribe({ topics: ['sessions'], orgs }, hear);
    void subscription.ended.then((error) => end(error ?? new VigiaError('client_closed', 'The live sessions were closed.')));
    return face;
  };

  return {
    call: async (method, ...args) => {
      const [params, callOptions = {}] = args as unknown as [unknown, CallOptions?];
      const because = stopped();
      if (because) throw because;
      return (await calls.start(method, params, callOptions)) as never;
    },
    subscribe,
    live,
    waitFor: async (orgId, predicate, waiting) => {
      shared ??= { live: live(), waiting: 0 };
      const mine = shared;
      mine.waiting += 1;
      try {
        return await mine.live.waitFor(orgId, predicate, waiting);
      } finally {
        mine.waiting -= 1;
        if (mine.waiting === 0) {
          mine.live.close();
          if (shared === mine) shared = undefined;
        }
      }
    },
    state: () => state,
    onState: (watcher) => {
      watchers.add(watcher);
      return () => void watchers.delete(watcher);
    },
    online: () =>
      new Promise((resolve, reject) => {
        const look = () => {
          if (state.status === 'online') resolve(state.welcome);
          else if (state.status === 'stopped') reject(state.because);
          else return;
          watchers.delete(look);
        };
        watchers.add(look);
        look();
      }),
    close: () => connection.close(new VigiaError('client_closed', 'The client was closed.')),
  };
};
