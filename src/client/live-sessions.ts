/** The sessions as they are now, kept by their revisions: a Map to look into, changes to listen to, a state to wait for. */

import { VigiaError } from './client-error.ts';
import type { Session } from './contract.ts';
import type { Update } from './updates.ts';

/** `undefined`: it is not there (yet, or any more). */
export type Predicate = (session: Session | undefined) => boolean;
export interface WaitOptions {
  /** Milliseconds. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
}
export interface Change {
  readonly orgId: string;
  readonly session: Session | undefined;
  readonly previous: Session | undefined;
}
export interface LiveSessions {
  /** Empty until `ready`; while the connection is lost it holds what was true last. */
  readonly sessions: ReadonlyMap<string, Session>;
  /** Resolves when the Map holds the truth for the first time; rejects with `VigiaError` when it never will. */
  readonly ready: Promise<void>;
  /** Answers its undo. After a gap that the server could not fill, what is different is told as changes too. */
  onChange(listener: (change: Change) => void): () => void;
  /**
   * Resolves with the session (or its absence) as soon as the predicate holds; the Map is looked at first. Rejects with
   * `VigiaError`: `timeout`, `aborted`, or what ended the client. A connection that is lost meanwhile ends nothing.
   */
  waitFor(orgId: string, predicate: Predicate, options: WaitOptions): Promise<Session | undefined>;
  close(): void;
}

/** `leave`: the subscription is not needed any more. */
export const createLiveSessions = (leave: () => void) => {
  const sessions = new Map<string, Session>();
  const listeners = new Set<(change: Change) => void>();
  const failing = new Set<(error: VigiaError) => void>();
  let isReady = false;
  let ended: VigiaError | undefined;
  const { promise: ready, resolve: becomeReady, reject: neverReady } = deferred();
  ready.catch(() => undefined); // whoever does not look at it waits for something else

  const put = (orgId: string, session: Session | undefined) => {
    const previous = sessions.get(orgId);
    if (session) sessions.set(orgId, session);
    else sessions.delete(orgId);
    for (const listener of [...listeners]) listener({ orgId, session, previous });
  };
  const synchronize = (truth: readonly Session[]) => {
    const now = new Map(truth.map((session) => [session.orgId, session]));
    for (const orgId of [...sessions.keys()]) if (!now.has(orgId)) put(orgId, undefined);
    // whatever its revision: after a crash the server may have forgotten the last ones
    for (const [orgId, session] of now) if (sessions.get(orgId)?.revision !== session.revision) put(orgId, session);
    isReady = true;
    becomeReady();
  };
  const end = (error: VigiaError) => {
    if (ended) return;
    ended = error;
    neverReady(error);
    for (const fail of [...failing]) fail(error);
  };

  const face: LiveSessions = {
    sessions,
    ready,
    onChange: (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    waitFor: (orgId, predicate, { timeoutMs, signal }) =>
      new Promise((resolve, reject) => {
        const settle = () => {
          clearTimeout(timer);
          listeners.delete(look);
          failing.delete(fail);
          signal?.removeEventListener('abort', aborted);
        };
        const fail = (error: VigiaError) => {
          settle();
          reject(error);
        };
        const aborted = () => fail(new VigiaError('aborted', `Waiting for "${orgId}" was aborted.`));
        const late = () => {
          const seen = sessions.get(orgId);
          const last = !isReady ? 'nothing was heard' : seen ? `it is ${seen.state}` : 'it is not there';
          fail(new VigiaError('timeout', `Waited ${timeoutMs} ms in vain for "${orgId}": ${last}.`, { data: { session: seen ?? null } }));
        };
        const look = (): void => {
          let holds = false;
          try {
            holds = isReady && predicate(sessions.get(orgId));
          } catch (error) {
            settle();
            reject(error); // a bug of the caller's own
            return;
          }
          if (!holds) return;
          settle();
          resolve(sessions.get(orgId));
        };
        const timer = setTimeout(late, timeoutMs);
        listeners.add(look);
        failing.add(fail);
        signal?.addEventListener('abort', aborted);
        if (ended) fail(ended);
        else if (signal?.aborted) aborted();
        else look();
        // The first snapshot may have nothing in it that changes anything: it is news nevertheless.
        ready.then(look, () => undefined);
      }),
    close: () => {
      end(new VigiaError('client_closed', 'The live sessions were closed.'));
      listeners.clear();
      leave();
    },
  };
  const hear = (update: Update) => {
    if (update.kind === 'snapshot') synchronize(update.sessions);
    if (update.kind !== 'event') return;
    const { event } = update;
    if (event.type === 'session.created' || event.type === 'session.updated') {
      const held = sessions.get(event.data.session.orgId);
      if (!held || event.data.session.revision > held.revision) put(event.data.session.orgId, event.data.session);
    }
    if (event.type === 'session.removed' && event.orgId !== null) {
      const held = sessions.get(event.orgId);
      if (held && event.data.revision >= held.revision) put(event.orgId, undefined);
    }
  };
  return { face, hear, end };
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
