/**
 * The metrics of the program: counted from events, and read from the rooms at each scrape. Documented in
 * `docs/operators/METRICS.md`.
 */
import { type AlertName, alertNames, alertTexts } from '../protocol/alerts.ts';
import { closeCodes, databaseStatuses, doorReasons } from './catalogue.ts';
import { countFleet } from './fleet.ts';
import { type MetricsRegistry, openRegistry } from './registry.ts';

/** Read at each scrape. Times are epoch milliseconds. */
export interface Readings {
  alertsFiring(): readonly { readonly name: AlertName }[];
  outbox(): readonly {
    readonly name: string;
    readonly pending: number;
    readonly oldest: number | undefined;
  }[];
  /** The number of events that the disk has not taken yet. */
  unrecorded(): number;
  database(): 'durable' | 'emptied' | 'memory';
  wsConnections(): number;
  logLinesDropped(): number;
  messages(): {
    readonly waiting: number;
    readonly receivedBytes: number;
    readonly sentBytes: number;
    /** Since the start. */
    readonly unreadable: number;
  };
  patches(): readonly { readonly name: string; readonly is: 'applied' | 'not_needed' | 'missing' }[];
}
export interface MetricsOptions {
  readonly version: string;
  /** The names of the endpoints of events and alerts. */
  readonly endpoints: readonly string[];
  readonly perOrg: boolean;
  readonly now: () => number;
  readonly readings: Readings;
}

const read = (
  registry: MetricsRegistry,
  { alertsFiring, outbox, unrecorded, database, wsConnections, patches, logLinesDropped, messages }: Readings,
): void => {
  const firing = new Map<AlertName, number>();
  for (const { name } of alertsFiring()) firing.set(name, (firing.get(name) ?? 0) + 1);
  for (const name of alertNames)
    registry.set('vigia_alerts_firing', { name, severity: alertTexts[name].severity }, firing.get(name) ?? 0);
  for (const { name: endpoint, pending, oldest } of outbox()) {
    registry.set('vigia_outbox_pending', { endpoint }, pending);
    registry.set('vigia_outbox_oldest_timestamp_seconds', { endpoint }, (oldest ?? 0) / 1_000);
  }
  registry.set('vigia_outbox_unrecorded', {}, unrecorded());
  const status = database();
  for (const one of databaseStatuses)
    registry.set('vigia_database_status', { status: one }, Number(one === status));
  registry.raise('vigia_log_lines_dropped_total', logLinesDropped());
  const { waiting, receivedBytes, sentBytes, unreadable } = messages();
  registry.set('vigia_messages_waiting', {}, waiting);
  registry.set('vigia_messages_bytes', { kind: 'received' }, receivedBytes);
  registry.set('vigia_messages_bytes', { kind: 'sent' }, sentBytes);
  registry.raise('vigia_messages_unreadable_total', unreadable);
  registry.set('vigia_ws_connections', {}, wsConnections());
  for (const { name: patch, is } of patches())
    registry.set('vigia_patch_missing', { patch }, Number(is === 'missing'));
};

export const openMetrics = ({ version, endpoints, perOrg, now, readings }: MetricsOptions) => {
  let subscriptions = 0;
  const registry = openRegistry({
    endpoints,
    perOrg,
    collect: (all) => {
      fleet.collect();
      read(all, readings);
      all.set('vigia_ws_subscriptions', {}, subscriptions);
    },
  });
  const fleet = countFleet(registry, now);
  registry.set('vigia_build_info', { version, node: process.version }, 1);

  return {
    /** Takes the events of the supervisor and the gate. */
    onEvent: fleet.onEvent,
    text: registry.text,
    /** Called by the control API. */
    control: {
      answered: (method: string, code: string, seconds: number): void => {
        registry.inc('vigia_rpc_requests_total', { method, code });
        registry.observe('vigia_rpc_request_duration_seconds', { method }, seconds);
      },
      /** Only reasons of authentication and admission are counted. */
      rejected: (reason: string): void => {
        if (doorReasons.includes(reason)) registry.inc('vigia_ws_auth_failures_total', { reason });
      },
      subscribed: (more: number): void => void (subscriptions += more),
      resumed: (recovered: boolean): void =>
        registry.inc('vigia_ws_resume_total', { recovered: String(recovered) }),
      closed: (code: number): void =>
        registry.inc('vigia_ws_closes_total', {
          code: closeCodes.includes(String(code)) ? String(code) : 'other',
        }),
    },
    /** A message became a dead letter of a webhook, because too many waited. */
    messagesDropped: (): void => registry.inc('vigia_messages_dropped_total', {}),
    published: (type: string): void => registry.inc('vigia_events_published_total', { type }),
    /** After each attempt to deliver. */
    attempted: (endpoint: string, result: 'delivered' | 'failed' | 'gone', durationMs: number): void => {
      registry.inc('vigia_webhook_deliveries_total', { endpoint, result });
      registry.observe('vigia_webhook_duration_seconds', { endpoint }, durationMs / 1_000);
    },
  };
};
