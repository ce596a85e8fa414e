/**
 * Every metric, once: its name, its meaning, and the values of its labels. The registry and
 * `docs/operators/METRICS.md` are both made from this table. Labels come from closed lists, or from the names
 * of the endpoints in the configuration. No label grows with the organizations, except in the two series of
 * METRICS_PER_ORG. Never a phone number.
 *
 * Names and units follow Prometheus ("Metric and label naming"): base units, `_total` for counters, points in
 * time rather than ages.
 */
import { reasons } from '../../machines/domain/disconnect.ts';
import { states } from '../../machines/domain/view.ts';
import type { OutageCause } from '../../machines/gate/setup.ts';
import { alertNames } from '../protocol/alerts.ts';
import { closes, errors } from '../protocol/errors.ts';
import { events } from '../protocol/events.ts';
import { methods } from '../protocol/methods.ts';

/**
 * `endpoint`: the names in the configuration. `org`: the organizations. `given`: one value for each series,
 * set by the caller.
 */
export type Values = readonly string[] | 'endpoint' | 'org' | 'given';
export interface MetricSpec {
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly help: string;
  readonly labels: Readonly<Record<string, Values>>;
  /** Upper bounds, in the unit of the name. */
  readonly buckets?: readonly number[];
}

const outageCauses = ['cut_off', 'outdated'] as const satisfies readonly OutageCause[];
/** Close codes of clients' sockets. 1005 means that there was none (RFC 6455 §7.1.5). */
export const closeCodes: readonly string[] = [
  ...new Set([...Object.values(closes).map(({ code }) => String(code)), '1005']),
  'other',
];
export const databaseStatuses = ['durable', 'emptied', 'memory'] as const;
export const doorReasons: readonly string[] = [
  'unauthenticated',
  'too_many_failures',
  'too_many_connections',
  'host_not_allowed',
  'origin_not_allowed',
  'key_in_address',
];
const connectSeconds = [0.5, 1, 2.5, 5, 10, 20, 30, 60, 120];
const requestSeconds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
/** A QR lives for 20 seconds, a pairing for a few minutes. */
const pairingSeconds = [5, 10, 20, 30, 60, 120, 180, 300];
const postSeconds = [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 15];

const counter = (help: string, labels: MetricSpec['labels'] = {}) =>
  ({ type: 'counter', help, labels }) as const;
const gauge = (help: string, labels: MetricSpec['labels'] = {}) => ({ type: 'gauge', help, labels }) as const;
const histogram = (help: string, buckets: readonly number[], labels: MetricSpec['labels'] = {}) =>
  ({ type: 'histogram', help, labels, buckets }) as const;

export const metrics = {
  vigia_build_info: gauge('Always 1; the version of this program and of Node.', {
    version: 'given',
    node: 'given',
  }),

  vigia_patch_missing: gauge(
    '1 for a workaround of this program that does not fit the installed client library or Node.',
    {
      patch: 'given',
    },
  ),

  vigia_sessions: gauge('Sessions in each state.', { state: states }),
  vigia_sessions_suspect: gauge(
    'Connected sessions that are not well: unanswered pings, unwritable credentials, or deaf.',
  ),
  vigia_session_transitions_total: counter(
    'Changes of state; "none" before the first, "removed" after the last.',
    {
      from: ['none', ...states],
      to: [...states, 'removed'],
    },
  ),
  vigia_session_restore_attempts_total: counter('Attempts to connect that succeeded, failed or timed out.', {
    result: ['ok', 'error', 'timeout'],
  }),
  vigia_session_restore_duration_seconds: histogram(
    'From its turn to connect until it was proven, or failed.',
    connectSeconds,
    {
      result: ['ok', 'error', 'timeout'],
    },
  ),
  vigia_session_disconnects_total: counter('Ends of connected sessions.', { reason: [...reasons, 'other'] }),
  vigia_session_crashes_total: counter(
    'Sessions that crashed by a fault of this program, and were loaded again.',
  ),
  vigia_session_up: gauge('1 when connected. Only with METRICS_PER_ORG=true.', { org: 'org' }),
  vigia_session_last_connected_timestamp_seconds: gauge(
    'When it was last connected, 0: never. Only with METRICS_PER_ORG=true.',
    {
      org: 'org',
    },
  ),

  vigia_pairing_total: counter('Pairings that ended.', {
    method: ['qr', 'code'],
    result: ['completed', 'expired', 'cancelled', 'failed'],
  }),
  vigia_pairing_duration_seconds: histogram('From the start of a pairing to its end.', pairingSeconds, {
    method: ['qr', 'code'],
    result: ['completed', 'expired', 'cancelled', 'failed'],
  }),

  vigia_scans_total: counter('Scans of the directory of the sessions.', { result: ['ok', 'error'] }),
  vigia_last_scan_timestamp_seconds: gauge(
    'When the last successful scan of the directory ended, 0: not yet.',
  ),
  vigia_outage: gauge('1 during an outage of all: WhatsApp cannot be reached, or refuses our version.', {
    cause: outageCauses,
  }),
  vigia_directory_frozen: gauge(
    '1 while many session directories are missing at once, so that nothing is started or stopped.',
  ),
  vigia_database_status: gauge(
    '1 for the status of the database: its content outlives the process only as "durable" or "emptied".',
    {
      status: databaseStatuses,
    },
  ),

  vigia_log_lines_dropped_total: counter(
    'Lines of the log that could not be written: full disk, or a reader that is gone or too slow.',
  ),

  vigia_alerts_firing: gauge('Alerts that fire, silenced or not.', { name: alertNames, severity: 'given' }),
  vigia_events_published_total: counter('Events of the control API, with or without subscribers.', {
    type: Object.keys(events),
  }),
  vigia_outbox_pending: gauge('Deliveries that wait for an endpoint.', { endpoint: 'endpoint' }),
  vigia_outbox_oldest_timestamp_seconds: gauge(
    'When the oldest waiting delivery was recorded, 0: none waits.',
    { endpoint: 'endpoint' },
  ),
  vigia_outbox_unrecorded: gauge(
    'Events for webhooks that the disk has not taken yet: a kill would lose them.',
    {},
  ),
  vigia_messages_waiting: gauge('Messages of message.send that wait to be sent.'),
  vigia_messages_bytes: gauge('Content of messages on disk.', { kind: ['received', 'sent'] }),
  vigia_messages_unreadable_total: counter(
    'Received messages that could not be decrypted, after every repeat.',
  ),
  vigia_messages_dropped_total: counter('Deliveries of messages that were given up: too many waited.'),
  vigia_webhook_deliveries_total: counter('Attempts to deliver. "gone": the receiver answered 410.', {
    endpoint: 'endpoint',
    result: ['delivered', 'failed', 'gone'],
  }),
  vigia_webhook_duration_seconds: histogram('How long an attempt to deliver took.', postSeconds, {
    endpoint: 'endpoint',
  }),

  vigia_rpc_requests_total: counter(
    'Answered requests, over WebSocket and HTTP. "unknown": a method that does not exist.',
    {
      method: [...Object.keys(methods), 'unknown'],
      code: ['ok', ...Object.keys(errors)],
    },
  ),
  vigia_rpc_request_duration_seconds: histogram('From a request to its answer.', requestSeconds, {
    method: [...Object.keys(methods), 'unknown'],
  }),
  vigia_ws_connections: gauge('Open WebSocket connections of the control API.'),
  vigia_ws_subscriptions: gauge('Subscriptions of those connections.'),
  vigia_ws_auth_failures_total: counter('Rejected clients: at the upgrade, at initialize, or over HTTP.', {
    reason: doorReasons,
  }),
  vigia_ws_closes_total: counter('Connections that ended, by close code.', { code: closeCodes }),
  vigia_ws_resume_total: counter(
    'Subscribers that resumed from a position. "recovered": every missed event was still buffered.',
    {
      recovered: ['true', 'false'],
    },
  ),
} as const satisfies Record<string, MetricSpec>;

export type MetricName = keyof typeof metrics;
export type NameOf<T extends MetricSpec['type']> = {
  [N in MetricName]: (typeof metrics)[N] extends { readonly type: T } ? N : never;
}[MetricName];
