/**
 * The method `subscribe`. Everything happens in one tick, so that no event can come between: first the
 * answer, then the events that the client missed, then a QR or code that is still valid, then a heartbeat if
 * there was a replay, then live events.
 */
import type { Org } from '../../../machines/domain/ports.ts';
import type { SessionView } from '../../../machines/domain/view.ts';
import type { Principal } from '../../keys/principal.ts';
import type { Alert } from '../../protocol/alerts.ts';
import type { RequestId } from '../../protocol/envelope.ts';
import type { Params, Result } from '../../protocol/methods.ts';
import { topicScopes } from '../../protocol/scopes.ts';
import type { Limits } from '../../protocol/shapes.ts';
import { authorize, canSee } from '../access/authorize.ts';
import type { Alerts, Supervision } from '../port.ts';
import { visibleTo } from '../rpc/handlers/alerts.ts';
import { RequestError } from '../rpc/request-error.ts';
import { iso, sessionFor } from '../rpc/translate.ts';
import { type Outbound, serializeFrame } from '../ws/outbound.ts';
import type { Feed } from './feed.ts';
import { frameFor, type Subscriptions } from './subscriptions.ts';

export interface SubscribeDeps {
  readonly feed: Feed;
  readonly supervision: Supervision;
  readonly alerts: Alerts;
  readonly limits: Limits;
  readonly outbound: Outbound;
  readonly principal: Principal;
  readonly subscriptions: Subscriptions;
  /** Epoch milliseconds. */
  readonly now: () => number;
}
type SubscribeParams = Params<'subscribe'>;

/**
 * Throws `RequestError` when the client has too many subscriptions, or its key lacks the scope of a topic.
 */
const checkSubscribe = (
  { topics }: SubscribeParams,
  { subscriptions, limits, principal }: SubscribeDeps,
): void => {
  const limit = limits.maxSubscriptions;
  if (subscriptions.size() >= limit) {
    const message = `A connection has at most ${limit} subscriptions: unsubscribe from one first.`;
    throw new RequestError('limit_exceeded', message, { limit });
  }
  for (const topic of topics) {
    const scope = topicScopes[topic];
    if (!authorize(principal, { scope }).ok)
      throw new RequestError('forbidden', `This key may not subscribe to "${topic}".`, { scope });
  }
};

const asksForOrg = ({ orgs }: SubscribeParams, org: Org): boolean => orgs === '*' || orgs.includes(org);

/** What the client sees first when it resumes nothing. */
const snapshotFor = (
  params: SubscribeParams,
  views: readonly SessionView[],
  { principal, alerts }: SubscribeDeps,
): Result<'subscribe'>['snapshot'] => {
  const isShown = (alert: Alert) =>
    alert.status === 'firing' &&
    visibleTo(principal)(alert) &&
    (alert.orgId === null || asksForOrg(params, alert.orgId));
  return {
    sessions: params.topics.includes('sessions') ? views.map((view) => sessionFor(principal, view)) : [],
    alerts: params.topics.includes('alerts') ? alerts.list().filter(isShown) : [],
  };
};

/**
 * Returns whether all events since the position were replayed. Throws `RequestError` before anything is sent
 * or stored.
 */
export const subscribe = (id: RequestId, params: SubscribeParams, deps: SubscribeDeps): boolean => {
  checkSubscribe(params, deps);
  const { feed, supervision, outbound, principal, subscriptions } = deps;
  const { topics, orgs, since } = params;
  const views = supervision.list().filter(({ org }) => canSee(principal, org) && asksForOrg(params, org));
  const newToPairing = topics.includes('pairing')
    ? views.filter(({ org }) => !subscriptions.wants('pairing', org))
    : [];
  const missed = since && feed.after(since, topics);
  const position = feed.position();
  const added = subscriptions.add(topics, orgs, missed ? since.seq : position.seq);

  const result: Result<'subscribe'> = {
    subscriptionId: added.id,
    recovered: missed !== undefined,
    position,
    snapshot: missed ? null : snapshotFor(params, views, deps),
  };
  const replay = (missed ?? []).filter((event) => subscriptions.owes(added, event));
  const frames = replay.map((event) => frameFor(principal, event));
  outbound.sendLong([serializeFrame({ jsonrpc: '2.0', id, result }), ...frames]);
  for (const { org } of newToPairing) {
    const update = supervision.pairingOf(org);
    if (update) outbound.send(feed.repeat(org, update).frame);
  }
  // The heartbeat moves the client's position past the events of other clients, and marks the end of the
  // replay.
  if (missed)
    outbound.answer({ jsonrpc: '2.0', method: 'heartbeat', params: { time: iso(deps.now()), position } });
  return result.recovered;
};
