/**
 * Subscribing. Everything happens in one tick, so that nothing can slip in between: the answer first, then what was missed, then
 * a QR or code that is still valid, then a heartbeat if there was a replay, then live events.
 */

import type { Principal } from '../../keys/principal.ts';
import type { Alert } from '../../protocol/alerts.ts';
import type { RequestId } from '../../protocol/envelope.ts';
import type { Params, Result } from '../../protocol/methods.ts';
import { topicScopes } from '../../protocol/scopes.ts';
import type { Limits } from '../../protocol/shapes.ts';
import { authorize, sees } from '../access/authorize.ts';
import type { Alerts, Supervision } from '../port.ts';
import { visibleTo } from '../rpc/handlers/alerts.ts';
import { RpcError } from '../rpc/refusal.ts';
import { iso, sessionFor } from '../rpc/translate.ts';
import { bytesOf, type Outbound } from '../ws/outbound.ts';
import type { Feed } from './feed.ts';
import { frameFor, type Subscriptions } from './subscriptions.ts';

export interface Subscribing {
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

/** Answers whether all that was missed since the position was there. Throws `Refused` before anything is sent or kept. */
export const subscribe = (id: RequestId, { topics, orgs, since }: Params<'subscribe'>, context: Subscribing): boolean => {
  const { feed, supervision, alerts, limits, outbound, principal, subscriptions, now } = context;
  if (subscriptions.size() >= limits.maxSubscriptions) {
    const message = `A connection has at most ${limits.maxSubscriptions} subscriptions: unsubscribe from one first.`;
    throw new RpcError('limit_exceeded', message, { limit: limits.maxSubscriptions });
  }
  for (const topic of topics) {
    const scope = topicScopes[topic];
    if (!authorize(principal, { scope }).granted) throw new RpcError('forbidden', `This key may not subscribe to "${topic}".`, { scope });
  }

  const views = supervision.list().filter(({ org }) => sees(principal, org) && (orgs === '*' || orgs.includes(org)));
  const latecomerTo = topics.includes('pairing') ? views.filter(({ org }) => !subscriptions.wants('pairing', org)) : [];
  const missed = since && feed.after(since);
  const position = feed.position();
  const added = subscriptions.add(topics, orgs, missed ? since.seq : position.seq);

  const sessions = topics.includes('sessions') ? views.map((view) => sessionFor(principal, view)) : [];
  const isToBeShown = (alert: Alert) =>
    alert.status === 'firing' && visibleTo(principal)(alert) && (orgs === '*' || alert.orgId === null || orgs.includes(alert.orgId));
  const result: Result<'subscribe'> = {
    subscriptionId: added.id,
    recovered: missed !== undefined,
    position,
    snapshot: missed ? null : { sessions, alerts: topics.includes('alerts') ? alerts.list().filter(isToBeShown) : [] },
  };
  const replay = (missed ?? []).filter((event) => subscriptions.owes(added, event)).map((event) => frameFor(principal, event));
  outbound.sendAtLength([bytesOf({ jsonrpc: '2.0', id, result }), ...replay]);
  for (const { org } of latecomerTo) {
    const update = supervision.pairingOf(org);
    if (update) outbound.send(feed.repeat(org, update).frame);
  }
  // moves the bookmark past what was not for this client, and says that the replay is over
  if (missed) outbound.answer({ jsonrpc: '2.0', method: 'heartbeat', params: { time: iso(now()), position } });
  return result.recovered;
};
