/** Delivery on the database: what the control clients see goes to the endpoints of the configuration too, but for what is secret. */

import type { Log } from '../base/log.ts';
import type { Config } from '../config/config.ts';
import { type FeedEvent, isSecret } from '../control/feed/event.ts';
import type { Feed } from '../control/feed/feed.ts';
import type { Webhooks } from '../control/rpc/handlers/webhooks.ts';
import type { Table } from '../database/table.ts';
import { allowing } from '../delivery/address.ts';
import { openDelivery } from '../delivery/delivery.ts';
import { alertmanagerEveryMs, alertmanagerRequest, startHeartbeat } from '../delivery/heartbeat.ts';
import { type Outcome, openPost } from '../delivery/http-post.ts';
import type { EventMessage, NoticeMessage } from '../delivery/message.ts';
import type { Delivery as Row } from '../delivery/outbox.ts';
import type { Alert } from '../protocol/alerts.ts';
import type { Delivery } from '../protocol/methods/webhooks.ts';
import type { AlertEvent } from './alerts.ts';

const iso = (ms: number) => new Date(ms).toISOString();
const publicOf = ({ endpoint, messageId, nextAt, createdAt, doneAt, ...row }: Row): Delivery => ({
  ...row,
  id: `${endpoint}/${messageId}`,
  endpoint,
  messageId,
  createdAt: iso(createdAt),
  nextAttemptAt: row.status === 'pending' ? iso(nextAt) : null,
  doneAt: doneAt === null ? null : iso(doneAt),
});
/** Undefined for events that this does not deliver: secrets, the end of the server, and alerts, which `deliver` records itself. */
const messageOf = (event: FeedEvent): EventMessage | undefined => {
  const { id, type, timestamp, orgId, data } = event;
  if (isSecret(event)) return undefined;
  if (type === 'alert.firing' || type === 'alert.resolved' || type === 'server.draining') return undefined;
  return { kind: 'event', id, type, timestamp, orgId, data };
};

export interface DeliveryParts {
  readonly config: Config;
  readonly table: Table;
  readonly log: Log;
  readonly feed: Feed;
  /** An endpoint begins to fail, or is well again. */
  readonly health: (endpoint: string, isWell: boolean) => void;
  readonly attempted: (endpoint: string, outcome: Outcome, durationMs: number) => void;
  /** Alerts that fire, and those that ended lately. */
  readonly alerts: () => readonly Alert[];
  /** Whether the supervisor is well: its heart is heard outside only then. */
  readonly alive: () => boolean;
}

export const startDelivery = ({ config, table, log, feed, health, attempted, alerts, alive }: DeliveryParts) => {
  const { endpoints, WEBHOOK_ALLOWED_NETWORKS, ALERTMANAGER_URL, HEARTBEAT_URL, HEARTBEAT_SECONDS } = config;
  const isAllowed = allowing(WEBHOOK_ALLOWED_NETWORKS);
  const line = log.child({ part: 'delivery' });
  const post = openPost({ isAllowed });
  const delivery = openDelivery({
    table,
    endpoints,
    post,
    now: () => Date.now(),
    random: Math.random,
    divisor: config.policy.floorDivisor,
    health,
    attempted,
    log: line,
  });
  const unsubscribe = feed.onEvent((event) => {
    const message = messageOf(event);
    if (message) delivery.enqueue(message);
  });
  const logOutcome = (name: string) => (outcome: Outcome) => {
    health(name, outcome.kind === 'delivered');
    if (outcome.kind !== 'delivered') line('heartbeat.failed', { endpoint: name, status: outcome.status });
  };
  const manager =
    ALERTMANAGER_URL === undefined
      ? undefined
      : startHeartbeat({
          everyMs: alertmanagerEveryMs,
          post,
          next: () => {
            const all = alerts();
            return all.length === 0 ? undefined : alertmanagerRequest(ALERTMANAGER_URL, all, Date.now());
          },
          sent: logOutcome('alertmanager'),
        });
  const heart =
    HEARTBEAT_URL === undefined
      ? undefined
      : startHeartbeat({
          everyMs: HEARTBEAT_SECONDS * 1_000,
          post,
          next: () => (alive() ? { method: 'GET', url: HEARTBEAT_URL, headers: {}, body: '' } : undefined),
          sent: logOutcome('heartbeat'),
        });

  const webhooks: Webhooks = {
    list: () => delivery.list().map(publicOf),
    redeliver: async (id) => {
      const cut = id.indexOf('/');
      const row = await delivery.redeliver(id.slice(0, cut), id.slice(cut + 1));
      return row && publicOf(row);
    },
    test: delivery.test,
  };
  return {
    webhooks,
    counts: delivery.counts,
    /** Resolves when it can no longer be lost. */
    deliver: async (notice: NoticeMessage, events: readonly AlertEvent[]): Promise<void> => {
      const { timestamp } = notice;
      await Promise.all([
        delivery.record(notice),
        ...events.map(({ id, type, alert }) =>
          delivery.record({ kind: 'event', id, type, timestamp, orgId: alert.orgId, data: { alert } }),
        ),
      ]);
      setImmediate(() => manager?.hasten());
    },
    close: async (): Promise<void> => {
      unsubscribe();
      manager?.stop();
      heart?.stop();
      await delivery.close();
    },
  };
};
