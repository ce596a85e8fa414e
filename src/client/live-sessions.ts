/** The present sessions, kept up to date by their revisions: a Map, its changes, and a wait for a state. */

import { VigiaError } from './client-error.ts';
import type { Session, VigiaEvent } from './contract.ts';
import type { Update } from './updates.ts';

/** The session is undefined while the organization does not exist. */
export type Predicate = (session: Session | undefined) => boolean;
export interface WaitOptions {
  /** Milliseconds. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
}
export interface SessionChange {
  readonly orgId: string;
  readonly session: Session | undefined;
  readonly previous: Session | undefined;
}
export interface LiveSessions {
  /** Empty until `ready`. While the connection is lost, it keeps the last known state. */
  readonly sessions: ReadonlyMap<string, Session>;
  /** Resolves when the Map is filled for the first time; rejects with `VigiaError` when it never will be. */
  readonly ready: Promise<void>;
  /**
   * Returns a function that removes the listener. After a gap that the server could not fill, the differences
   * are changes too.
   */
  onChange(listener: (change: SessionChange) => void): () => void;
  /**
   * Resolves with the session (or undefined) as soon as the predicate holds; the Map is checked first.
   * Rejects with `VigiaError`: `timeout`, `aborted`, or the error that ended the client. A lost connection
   * does not end the wait.
   */
  waitFor(orgId: string, predicate: Predicate, options: WaitOptions): Promise<Session | undefined>;
  close(): void;
}

interface State {
  readonly sessions: Map<string, Session>;
  readonly listeners: Set<(change: SessionChange) => void>;
  /** The waits of `waitFor`, to be failed at the end. */
  readonly waits: Set<(error: VigiaError) => void>;
  phase:
    | { readonly name: 'loading' }
    | { readonly name: 'ready' }
    | { readonly name: 'ended'; readonly error: VigiaError };
}

const put = ({ sessions, listeners }: State, orgId: string, session: Session | undefined): void => {
  const previous = sessions.get(orgId);
  if (session) sessions.set(orgId, session);
  else sessions.delete(orgId);
  for (const listener of [...listeners]) listener({ orgId, session, previous });
};
/** A snapshot wins whatever its revisions are: a server that crashed may have lost the last ones. */
const applySnapshot = (state: State, snapshot: readonly Session[]): void => {
  const { sessions } = state;
  const next = new Map(snapshot.map((session) => [session.orgId, session]));
  for (const orgId of [...sessions.keys()]) if (!next.has(orgId)) put(state, orgId, undefined);
  for (const [orgId, session] of next)
    if (sessions.get(orgId)?.revision !== session.revision) put(state, orgId, session);
};
const applyEvent = (state: State, event: VigiaEvent): void => {
  const { sessions } = state;
  if (event.type === 'session.created' || event.type === 'session.updated') {
    const { session } = event.data;
    const known = sessions.get(session.orgId);
    if (!known || session.revision > known.revision) put(state, session.orgId, session);
  }
  if (event.type === 'session.removed' && event.orgId !== null) {
    const known = sessions.get(event.orgId);
    if (known && event.data.revision >= known.revision) put(state, event.orgId, undefined);
  }
};

const timeoutOf = ({ sessions, phase }: State, orgId: string, timeoutMs: number): VigiaError => {
  const session = sessions.get(orgId);
  const presence = session ? `it is ${session.state}` : 'it does not exist';
  const last = phase.name === 'loading' ? 'the server has not sent the sessions yet' : presence;
  const message = `"${orgId}" did not reach the wanted state within ${timeoutMs} ms: ${last}.`;
  return new VigiaError('timeout', message, { data: { session: session ?? null } });
};
const waitFor = (
  state: State,
  ready: Promise<void>,
  orgId: string,
  predicate: Predicate,
  { timeoutMs, signal }: WaitOptions,
): Promise<Session | undefined> =>
  new Promise((resolve, reject) => {
    const { sessions, listeners, waits } = state;
    const settle = () => {
      clearTimeout(timer);
      listeners.delete(check);
      waits.delete(fail);
      signal?.removeEventListener('abort', onAbort);
    };
    const fail = (error: unknown) => {
      settle();
      reject(error);
    };
    const onAbort = () => fail(new VigiaError('aborted', `Waiting for "${orgId}" was aborted.`));
    const check = (): void => {
      if (state.phase.name !== 'ready') return;
      try {
        if (!predicate(sessions.get(orgId))) return;
      } catch (error) {
        return fail(error); // a bug in the caller's predicate
      }
      settle();
      resolve(sessions.get(orgId));
    };
    const timer = setTimeout(() => fail(timeoutOf(state, orgId, timeoutMs)), timeoutMs);
    listeners.add(check);
    waits.add(fail);
    signal?.addEventListener('abort', onAbort);
    if (state.phase.name === 'ended') fail(state.phase.error);
    else if (signal?.aborted) onAbort();
    else check();
    // The first snapshot may change nothing, and then no listener is called.
    ready.then(check, () => undefined);
  });

/** `unsubscribe`: ends the subscription that feeds it. */
export const createLiveSessions = (unsubscribe: () => void) => {
  const state: State = {
    sessions: new Map(),
    listeners: new Set(),
    waits: new Set(),
    phase: { name: 'loading' },
  };
  const { promise: ready, resolve: onReady, reject: onNeverReady } = deferred();
  ready.catch(() => undefined); // a caller need not await it

  const end = (error: VigiaError) => {
    if (state.phase.name === 'ended') return;
    state.phase = { name: 'ended', error };
    onNeverReady(error);
    for (const fail of [...state.waits]) fail(error);
  };
  const live: LiveSessions = {
    sessions: state.sessions,
    ready,
    onChange: (listener) => {
      state.listeners.add(listener);
      return () => void state.listeners.delete(listener);
    },
    waitFor: (orgId, predicate, options) => waitFor(state, ready, orgId, predicate, options),
    close: () => {
      end(new VigiaError('client_closed', 'The live sessions were closed.'));
      state.listeners.clear();
      unsubscribe();
    },
  };
  const onUpdate = (update: Update) => {
    if (update.kind === 'event') return applyEvent(state, update.event);
    if (update.kind !== 'snapshot') return;
    applySnapshot(state, update.sessions);
    if (state.phase.name === 'loading') state.phase = { name: 'ready' };
    onReady();
  };
  return { live, onUpdate, end };
};

const deferred = () => {
  let resolve: () => void = () => undefined;
  let reject: (error: VigiaError) => void = () => undefined;
  const promise = new Promise<void>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { promise, resolve, reject };
};
