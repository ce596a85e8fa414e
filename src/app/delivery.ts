/**
 * Delivery, plugged into the database, the feed of events and the alerts: endpoints get the events of the
 * clients, except secrets.
 */
import type { Log } from '../base/log.ts';
import type { Config } from '../config/config.ts';
import type { UnnumberedEvent } from '../control/feed/feed.ts';
import type { Webhooks } from '../control/rpc/handlers/webhooks.ts';
import type { Table } from '../database/table.ts';
import { allowing } from '../delivery/address.ts';
import type { AlertNews } from '../delivery/alert-channels.ts';
import { Deliveries, type DeliveryOptions } from '../delivery/delivery.ts';
import { alertmanagerEveryMs, alertmanagerRequest, startHeartbeat } from '../delivery/heartbeat.ts';
import { type Outcome, openPost, type Post } from '../delivery/http-post.ts';
import type { ReferenceMessage } from '../delivery/message.ts';
import { isInPage, partsOfId, publicDeliveryOf } from '../delivery/public-delivery.ts';
import type { StandingAlerts } from '../delivery/send-alerts.ts';
import type { Alert } from '../protocol/alerts.ts';

export interface DeliveryDeps {
  readonly config: Config;
  readonly table: Table;
  readonly log: Log;
  /** Called when an endpoint begins to fail, and when it takes a message again. */
  readonly onHealth: (endpoint: string, isWell: boolean) => void;
  readonly onAttempt: (endpoint: string, outcome: Outcome, durationMs: number) => void;
  /** The alerts that fire or ended lately. */
  readonly alerts: () => readonly Alert[];
  /** Whether the supervisor is well: the heartbeat is sent only then. */
  readonly isAlive: () => boolean;
  /** See `DeliveryOptions`. */
  readonly messages: DeliveryOptions['messages'];
}

/**
 * The requests that are repeated: the alerts for an Alertmanager, and the heartbeat for a dead man's switch.
 */
const startRepeated = ({ config, log, onHealth, alerts, isAlive }: DeliveryDeps, post: Post) => {
  const { ALERTMANAGER_URL, HEARTBEAT_URL, HEARTBEAT_SECONDS } = config;
  const sent = (endpoint: string) => (outcome: Outcome) => {
    onHealth(endpoint, outcome.kind === 'delivered');
    if (outcome.kind !== 'delivered') log('heartbeat.failed', { endpoint, status: outcome.status });
  };
  const alertmanager =
    ALERTMANAGER_URL === undefined
      ? undefined
      : startHeartbeat({
          everyMs: alertmanagerEveryMs,
          post,
          next: () => alertmanagerRequest(ALERTMANAGER_URL, alerts(), Date.now()),
          sent: sent('alertmanager'),
        });
  const heartbeat =
    HEARTBEAT_URL === undefined
      ? undefined
      : startHeartbeat({
          everyMs: HEARTBEAT_SECONDS * 1_000,
          post,
          next: () => (isAlive() ? { method: 'GET', url: HEARTBEAT_URL, headers: {}, body: '' } : undefined),
          sent: sent('heartbeat'),
        });
  return {
    alertsChanged: () => alertmanager?.hasten(),
    stop: () => {
      alertmanager?.stop();
      heartbeat?.stop();
    },
  };
};

export const startDelivery = (deps: DeliveryDeps) => {
  const { config, table, onHealth, onAttempt } = deps;
  const log = deps.log.child({ part: 'delivery' });
  const post = openPost({ isAllowed: allowing(config.WEBHOOK_ALLOWED_NETWORKS) });
  const deliveries = new Deliveries({
    table,
    endpoints: config.endpoints,
    post,
    now: () => Date.now(),
    random: Math.random,
    divisor: config.policy.floorDivisor,
    onHealth,
    onAttempt,
    ...(deps.messages && { messages: deps.messages }),
    log,
  });
  const repeated = startRepeated({ ...deps, log }, post);

  const webhooks: Webhooks = {
    newest: ({ limit, ...page }) => deliveries.list(limit, isInPage(page)).map(publicDeliveryOf),
    redeliver: async (id) => {
      const { endpoint, messageId } = partsOfId(id);
      const delivery = await deliveries.redeliver(endpoint, messageId);
      return delivery && publicDeliveryOf(delivery);
    },
    test: (name) => deliveries.test(name),
  };
  return {
    webhooks,
    counts: () => deliveries.counts(),
    /** Of messages of WhatsApp. */
    references: {
      recordReferences: (all: readonly ReferenceMessage[]) => deliveries.recordReferences(all),
      isNeeded: (id: string) => deliveries.isNeeded(id),
      isAnyWanted: (types: readonly string[]) => deliveries.isAnyWanted(types),
    },
    unrecorded: () => deliveries.unrecorded(),
    announced: () => deliveries.announced(),
    /** See `Deliveries.recordFirst`. */
    recordFirst: (event: UnnumberedEvent) => deliveries.recordFirst(event),
    /** Resolves when the news can no longer be lost. The same news again change nothing. */
    deliver: async (news: AlertNews): Promise<void> => {
      await deliveries.recordAlerts(news);
      setImmediate(repeated.alertsChanged); // the alerts count as sent only after this returns
    },
    catchUp: (standing: StandingAlerts) => deliveries.catchUp(standing),
    close: async (): Promise<void> => {
      repeated.stop();
      await deliveries.close();
    },
  };
};
