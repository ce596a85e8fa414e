/**
 * What this client wants to hear, over all its connections. One bookmark serves all: on a connection events arrive in order
 * and once. A new connection asks for everything that is followed in one request, from the bookmark, so that what was missed
 * arrives in order too; what is subscribed to later has a request of its own.
 *
 * The bookmark moves with events and heartbeats, and only once the server has answered that request: a heartbeat before it
 * would move it over what was missed.
 */
import { maxNamedOrgs, subscribeAgainMs } from './bounds.ts';
import type { Calls } from './calls.ts';
import type { VigiaError } from './client-error.ts';
import type { Frame } from './connection.ts';
import { isKnownEvent, type Position, type Result, type Topic, topicOf, type VigiaEvent } from './contract.ts';
import type { Update } from './updates.ts';

export interface Wish {
  readonly topics: readonly Topic[];
  /** '*': all that the key may see. */
  readonly orgs: '*' | readonly string[];
}
export interface Follower {
  readonly wish: Wish;
  readonly tell: (update: Update) => void;
  readonly end: (error: VigiaError) => void;
}
interface Followed extends Follower {
  /** `new`: never told anything. `following`: told everything up to the bookmark. `astray`: needs a snapshot. */
  state: 'new' | 'following' | 'astray';
  request: { readonly of: Set<Followed>; id?: string } | undefined;
}

/** The longest that a timer can be: a connection that answers nothing else is dead, and noticed as such. */
const noTimeoutMs = 2 ** 31 - 1;

const union = (wishes: readonly Wish[]): Wish => {
  const orgs = new Set(wishes.flatMap((wish) => wish.orgs));
  const all = orgs.has('*') || orgs.size > maxNamedOrgs;
  return { topics: [...new Set(wishes.flatMap((wish) => wish.topics))], orgs: all ? '*' : [...orgs] };
};
const wants = ({ topics, orgs }: Wish, { type, orgId }: VigiaEvent): boolean => {
  const topic = topicOf[type];
  return topic === 'always' || (topics.includes(topic) && (orgs === '*' || orgId === null || orgs.includes(orgId)));
};

export const createSubscriptions = (calls: Calls) => {
  const all = new Set<Followed>();
  let isOnline = false;
  let bookmark: Position | undefined;
  let isCaughtUp = false; // whether the bookmark may move
  let isResuming = false; // whether what was missed is still asked for
  const later = new Set<ReturnType<typeof setTimeout>>();

  const leave = (one: Followed) => {
    all.delete(one);
    const { request } = one;
    request?.of.delete(one);
    if (!isOnline || request?.id === undefined || request.of.size > 0) return;
    calls.start('unsubscribe', { subscriptionId: request.id }, {}).catch(() => undefined); // the connection ended, and the subscription with it
  };
  const ask = (ones: readonly Followed[], since?: Position): void => {
    const request: Followed['request'] = { of: new Set(ones) };
    for (const one of ones) one.request = request;
    const params = { ...union(ones.map(({ wish }) => wish)), ...(since && { since }) };
    calls
      .start('subscribe', params, {
        timeoutMs: noTimeoutMs,
        isFirst: true,
        answered: (result) => answered(request, result as Result<'subscribe'>, since),
      })
      .catch((error: VigiaError) => refused(ones, since, error));
  };
  const refused = (ones: readonly Followed[], since: Position | undefined, error: VigiaError): void => {
    if (!isOnline || error.reason === 'disconnected') return; // the next connection asks again
    if (error.retryable) {
      const { retryAfterMs } = error.data;
      const timer = setTimeout(
        () => {
          later.delete(timer);
          ask(
            ones.filter((one) => all.has(one)),
            since,
          );
        },
        Math.max(subscribeAgainMs, typeof retryAfterMs === 'number' ? retryAfterMs : 0),
      );
      later.add(timer);
      return;
    }
    if (since === undefined) {
      for (const one of ones) {
        leave(one);
        one.end(error);
      }
      return;
    }
    isResuming = false;
    // The key may no longer hear one of them, and which is not said: each is asked for by itself.
    for (const one of ones) {
      if (!all.has(one)) continue;
      one.state = 'astray';
      ask([one]);
    }
  };
  const answered = (
    request: NonNullable<Followed['request']>,
    { subscriptionId, recovered, position, snapshot }: Result<'subscribe'>,
    since: Position | undefined,
  ): void => {
    request.id = subscriptionId;
    if (since) isResuming = false;
    if (!isResuming) {
      if (!recovered) bookmark = position; // otherwise what was missed moves it, and the heartbeat after that
      isCaughtUp = true;
    }
    for (const one of [...request.of]) {
      const first = one.state === 'new';
      one.state = 'following';
      const sessions = one.wish.topics.includes('sessions') ? (snapshot?.sessions ?? []) : [];
      const { orgs } = one.wish;
      one.tell(
        recovered
          ? { kind: 'resumed' }
          : { kind: 'snapshot', first, sessions: orgs === '*' ? sessions : sessions.filter(({ orgId }) => orgs.includes(orgId)) },
      );
    }
    if (request.of.size === 0) calls.start('unsubscribe', { subscriptionId }, {}).catch(() => undefined);
  };
  const advance = ({ epoch, seq }: Position) => {
    if (isCaughtUp) bookmark = { epoch, seq };
  };
  const hearEvent = (event: VigiaEvent) => {
    // A QR that is sent once more carries the number of the last event.
    if (bookmark && event.seq > bookmark.seq) advance({ epoch: bookmark.epoch, seq: event.seq });
    if (!isKnownEvent(event.type)) return; // of a newer server
    for (const one of [...all]) if (one.state === 'following' && wants(one.wish, event)) one.tell({ kind: 'event', event });
  };

  return {
    add: (follower: Follower): (() => void) => {
      const one: Followed = { ...follower, state: 'new', request: undefined };
      all.add(one);
      if (isOnline) ask([one]);
      return () => leave(one);
    },
    online: () => {
      isOnline = true;
      isCaughtUp = false;
      const followed = [...all].filter(({ state }) => state === 'following');
      isResuming = followed.length > 0 && bookmark !== undefined;
      if (followed.length > 0) ask(followed, bookmark);
      for (const one of all) if (one.state !== 'following') ask([one]);
    },
    offline: () => {
      isOnline = false;
      for (const timer of later) clearTimeout(timer);
      later.clear();
      for (const one of all) one.request = undefined;
    },
    hear: ({ method, params }: Frame) => {
      if (method === 'event' && params) hearEvent(params as unknown as VigiaEvent);
      if (method === 'heartbeat' && params) advance(params['position'] as Position);
    },
    stop: (because: VigiaError) => {
      for (const one of [...all]) one.end(because);
      all.clear();
    },
  };
};
