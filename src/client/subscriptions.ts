/**
 * The subscriptions of one client, over all its connections. They share one bookmark: on a connection, events
 * arrive in order and once. A new connection requests all current subscriptions at once, from the bookmark,
 * so that missed events also arrive in order. A subscription that is added later has a request of its own.
 *
 * The bookmark follows events and heartbeats, but only after the server has answered that first request. A
 * heartbeat before the answer would move the bookmark past the missed events.
 */
import { maxNamedOrgs, resubscribeMs } from './bounds.ts';
import type { Calls } from './calls.ts';
import type { VigiaError } from './client-error.ts';
import type { Frame } from './connection.ts';
import {
  isKnownEvent,
  type Position,
  type Result,
  type Topic,
  topicOf,
  type VigiaEvent,
} from './contract.ts';
import type { Update } from './updates.ts';

export interface Filter {
  readonly topics: readonly Topic[];
  /** '*': every organization of the key. */
  readonly orgs: '*' | readonly string[];
}
export interface Subscriber {
  readonly filter: Filter;
  readonly onUpdate: (update: Update) => void;
  readonly onEnd: (error: VigiaError) => void;
}
/** One request to the server, and the subscribers that it serves. `id` is known from the answer on. */
interface Shared {
  readonly entries: Set<Entry>;
  id?: string;
}
interface Entry extends Subscriber {
  /**
   * `new`: has received nothing yet. `current`: has received everything up to the bookmark. `outdated`: needs
   * a snapshot.
   */
  state: 'new' | 'current' | 'outdated';
  request: Shared | undefined;
}
interface State {
  readonly calls: Calls;
  readonly entries: Set<Entry>;
  /** Requests to be repeated later. */
  readonly retries: Set<ReturnType<typeof setTimeout>>;
  /**
   * `resuming`: the request from the bookmark is not answered yet. `joining`: there was nothing to resume,
   * and no request is answered yet. `live`: the bookmark follows events and heartbeats.
   */
  phase: 'offline' | 'resuming' | 'joining' | 'live';
  bookmark: Position | undefined;
}

/** The longest timer there is. A connection that answers nothing else is dead, and its watchdog ends it. */
const noTimeoutMs = 2 ** 31 - 1;

const union = (filters: readonly Filter[]): Filter => {
  const orgs = new Set(filters.flatMap((filter) => filter.orgs));
  const all = orgs.has('*') || orgs.size > maxNamedOrgs;
  return { topics: [...new Set(filters.flatMap((filter) => filter.topics))], orgs: all ? '*' : [...orgs] };
};
const matches = ({ topics, orgs }: Filter, { type, orgId }: VigiaEvent): boolean => {
  const topic = topicOf[type];
  return (
    topic === 'always' || (topics.includes(topic) && (orgs === '*' || orgId === null || orgs.includes(orgId)))
  );
};

const unsubscribe = ({ calls }: State, subscriptionId: string): void => {
  // It fails only when the connection ends, and the subscription ends with the connection.
  calls.start('unsubscribe', { subscriptionId }).catch(() => undefined);
};
const remove = (state: State, entry: Entry): void => {
  state.entries.delete(entry);
  const { request } = entry;
  request?.entries.delete(entry);
  if (state.phase === 'offline' || request?.id === undefined || request.entries.size > 0) return;
  unsubscribe(state, request.id);
};

const subscribe = (state: State, entries: readonly Entry[], since?: Position): void => {
  const request: Shared = { entries: new Set(entries) };
  for (const entry of entries) entry.request = request;
  const params = { ...union(entries.map(({ filter }) => filter)), since };
  state.calls
    .start('subscribe', params, {
      timeoutMs: noTimeoutMs,
      isFirst: true,
      onAnswer: (result) => onAnswer(state, request, result as Result<'subscribe'>, since),
    })
    .catch((error: VigiaError) => onRefusal(state, entries, since, error));
};

const onAnswer = (
  state: State,
  request: Shared,
  result: Result<'subscribe'>,
  since: Position | undefined,
): void => {
  const { subscriptionId, recovered, position } = result;
  request.id = subscriptionId;
  if (since !== undefined || state.phase !== 'resuming') {
    state.phase = 'live';
    if (!recovered) state.bookmark = position; // after a recovery the missed events move it
  }
  for (const entry of [...request.entries]) {
    const update: Update = recovered ? { kind: 'resumed' } : snapshotFor(entry, result);
    entry.state = 'current';
    entry.onUpdate(update);
  }
  if (request.entries.size === 0) unsubscribe(state, subscriptionId); // all of them left before the answer
};
const snapshotFor = ({ state, filter }: Entry, { snapshot }: Result<'subscribe'>): Update => {
  const { topics, orgs } = filter;
  const sessions = topics.includes('sessions') ? (snapshot?.sessions ?? []) : [];
  const own = orgs === '*' ? sessions : sessions.filter(({ orgId }) => orgs.includes(orgId));
  return { kind: 'snapshot', first: state === 'new', sessions: own };
};

const onRefusal = (
  state: State,
  entries: readonly Entry[],
  since: Position | undefined,
  error: VigiaError,
): void => {
  // the next connection requests them again
  if (state.phase === 'offline' || error.reason === 'disconnected') return;
  if (error.retryable) return retryLater(state, entries, since, error);
  if (since !== undefined) return resubscribeEach(state, entries);
  for (const entry of entries) {
    remove(state, entry);
    entry.onEnd(error);
  }
};
const retryLater = (
  state: State,
  entries: readonly Entry[],
  since: Position | undefined,
  { data }: VigiaError,
): void => {
  const { retryAfterMs } = data;
  const retry = (): void => {
    state.retries.delete(timer);
    const remaining = entries.filter((entry) => state.entries.has(entry));
    if (remaining.length > 0) return subscribe(state, remaining, since);
    // the others began on this connection, and have missed nothing
    if (since !== undefined) state.phase = 'live';
  };
  const timer = setTimeout(
    retry,
    Math.max(resubscribeMs, typeof retryAfterMs === 'number' ? retryAfterMs : 0),
  );
  state.retries.add(timer);
};
/**
 * The key may have lost one of the permissions. The refusal does not say which, so each subscription is
 * requested by itself.
 */
const resubscribeEach = (state: State, entries: readonly Entry[]): void => {
  state.phase = 'joining';
  for (const entry of entries) {
    if (!state.entries.has(entry)) continue;
    entry.state = 'outdated';
    subscribe(state, [entry]);
  }
};

const moveBookmark = (state: State, { epoch, seq }: Position): void => {
  if (state.phase === 'live') state.bookmark = { epoch, seq };
};
const onEvent = (state: State, event: VigiaEvent): void => {
  const { bookmark, entries } = state;
  // A QR that is sent again has the number of the last event, so it does not move the bookmark.
  if (bookmark && event.seq > bookmark.seq) moveBookmark(state, { epoch: bookmark.epoch, seq: event.seq });
  if (!isKnownEvent(event.type)) return; // from a newer server
  for (const entry of [...entries]) {
    if (entry.state === 'current' && matches(entry.filter, event)) entry.onUpdate({ kind: 'event', event });
  }
};

const onOnline = (state: State): void => {
  const { entries, bookmark } = state;
  const current = [...entries].filter((entry) => entry.state === 'current');
  state.phase = current.length > 0 && bookmark !== undefined ? 'resuming' : 'joining';
  if (current.length > 0) subscribe(state, current, bookmark);
  for (const entry of entries) if (entry.state !== 'current') subscribe(state, [entry]);
};
const onOffline = (state: State): void => {
  state.phase = 'offline';
  for (const timer of state.retries) clearTimeout(timer);
  state.retries.clear();
  for (const entry of state.entries) entry.request = undefined;
};

export const createSubscriptions = (calls: Calls) => {
  const state: State = {
    calls,
    entries: new Set(),
    retries: new Set(),
    phase: 'offline',
    bookmark: undefined,
  };
  return {
    /** Returns a function that removes it again. */
    add: (subscriber: Subscriber): (() => void) => {
      const entry: Entry = { ...subscriber, state: 'new', request: undefined };
      state.entries.add(entry);
      if (state.phase !== 'offline') subscribe(state, [entry]);
      return () => remove(state, entry);
    },
    onOnline: (): void => onOnline(state),
    onOffline: (): void => onOffline(state),
    onFrame: ({ method, params }: Frame): void => {
      if (method === 'event' && params) onEvent(state, params as unknown as VigiaEvent);
      if (method === 'heartbeat' && params) moveBookmark(state, params['position'] as Position);
    },
    stop: (because: VigiaError): void => {
      for (const entry of [...state.entries]) entry.onEnd(because);
      state.entries.clear();
    },
  };
};
