/** Everything that reports on the sessions: health, alerts, deliveries, metrics and the control API. */
import { viewOf } from '../../machines/session/context.ts';
import { defaultAlertPolicy } from '../alerts/catalogue.ts';
import type { Log } from '../base/log.ts';
import { monotonicMs } from '../base/monotonic.ts';
import type { Config } from '../config/config.ts';
import { createFeed, type Feed } from '../control/feed/feed.ts';
import type { Supervision } from '../control/port.ts';
import { watchMissedRemovals } from '../delivery/missed-removals.ts';
import type { DroppedLines } from '../log/output.ts';
import { startAlerts } from './alerts.ts';
import { startControl } from './control.ts';
import type { Core } from './core.ts';
import { startDelivery } from './delivery.ts';
import { watchHealth } from './health.ts';
import { createMessageAlerts } from './message-alerts.ts';
import { startMetrics } from './metrics.ts';
import { createReleasedViews, type LiveViews } from './released-views.ts';

export interface OutletDeps {
  readonly config: Config;
  readonly log: Log;
  readonly core: Core;
  readonly logLines: () => DroppedLines;
  readonly isDraining: () => boolean;
}
export type Outlets = Awaited<ReturnType<typeof openOutlets>>;

/** A session has a view once its first report was emitted. */
const liveViewsOf = ({ supervision: { sessions } }: Core): LiveViews => ({
  list: () => [...sessions.all()].filter(([, s]) => s.context.reported).map(([, s]) => viewOf(s.context)),
  get: (org) => {
    const context = sessions.actor(org)?.getSnapshot().context;
    return context?.reported ? viewOf(context) : undefined;
  },
});
const supervisionOf = (
  { supervision: { sessions, executeCommand } }: Core,
  { list, get }: LiveViews,
  feed: Feed,
  isDraining: () => boolean,
): Supervision => ({
  list,
  get,
  command: async (org, command) => {
    const answer = await executeCommand(org, command);
    await feed.released(); // the answer is no earlier than the events that it caused
    return answer;
  },
  isSaved: (org) => sessions.actor(org)?.getSnapshot().context.saved !== 'failed',
  pairingOf: (org) => {
    const code = sessions.actor(org)?.getSnapshot().context.shownCode;
    return code && code.expiresAt > Date.now() ? code : undefined;
  },
  draining: isDraining,
});

const healthOf = ({ core: { storage, supervision }, config, logLines, isDraining }: OutletDeps) =>
  watchHealth(
    {
      isActive: supervision.isActive,
      unwritable: () => supervision.supervisor.getSnapshot().context.unwritable.size,
      isGateHeld: () => supervision.gate()?.getSnapshot().context.held ?? false,
      database: storage.database.status,
      logLines,
      isDraining,
    },
    config.SCAN_INTERVAL_MS,
  );

const connectMessages = (
  { messages }: Core,
  feed: Feed,
  { references }: ReturnType<typeof startDelivery>,
  { onEvent }: Awaited<ReturnType<typeof startAlerts>>,
) => {
  const alerts = createMessageAlerts({
    onEvent,
    restrictionOf: (org) => messages.api.counts(org).restriction,
    now: () => Date.now(),
  });
  messages.connect({ feed, delivery: references, alerts });
  return alerts;
};

/**
 * Rejects with an error whose message is for the operator. Some parts use each other: those uses begin only
 * after the start.
 */
export const openOutlets = async (deps: OutletDeps) => {
  const { config, log, core, logLines, isDraining } = deps;
  const { storage, history, messages, patchStates } = core;
  const { database } = storage;
  const views = createReleasedViews(liveViewsOf(core), () => feed.isHeld());
  const feed: Feed = createFeed({
    recordFirst: (event) => delivery.recordFirst(event),
    onRelease: views.onRelease,
  });
  const health = healthOf(deps);
  const alerting = await startAlerts({
    policy: { ...defaultAlertPolicy, ...config.alerts },
    table: database.table('alerts'),
    log,
    publish: feed.publish,
    deliver: (news) => delivery.deliver(news),
    catchUp: (standing) => delivery.catchUp(standing),
  });
  const delivery = startDelivery({
    config,
    table: database.table('outbox'),
    log,
    onHealth: (endpoint, isWell) =>
      alerting.onEvent({ type: isWell ? 'webhook.well' : 'webhook.failing', endpoint }),
    onAttempt: (endpoint, { kind }, durationMs) => metrics.attempted(endpoint, kind, durationMs),
    alerts: () => alerting.alerts.list(),
    isAlive: health.isAlive,
    messages: {
      table: database.table('message-outbox'),
      resolve: messages.resolve,
      onOverflow: (endpoint) => {
        metrics.messagesDropped();
        messageAlerts.dropped({ endpoint });
      },
    },
  });
  const messageAlerts = connectMessages(core, feed, delivery, alerting);
  const metrics = startMetrics({
    config,
    feed,
    database,
    alertsFiring: alerting.firing,
    outbox: delivery.counts,
    unrecorded: delivery.unrecorded,
    messages: () => ({ ...messages.totals(), unreadable: core.unreadable().gaveUp }),
    patches: () => patchStates,
    logLinesDropped: () => logLines().dropped,
    wsConnections: () => control.connections(),
  });
  const control = await startControl({
    config,
    storage,
    log,
    feed,
    alerts: alerting.alerts,
    webhooks: delivery.webhooks,
    messages: messages.api,
    supervision: supervisionOf(core, views, feed, isDraining),
    history,
    health,
    metrics,
  });
  const onScan = watchMissedRemovals({
    announced: delivery.announced,
    removed: (org, revision) => feed.publish({ type: 'session.removed', org, revision }),
    freezeMs: config.policy.freezeMs,
    elapsed: monotonicMs,
  });
  return { health, alerting, delivery, metrics, messageAlerts, control, onScan };
};
