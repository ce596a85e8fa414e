/**
 * Conditions, read from the reports of the supervisor: pure functions of reports and a clock. A condition is
 * not yet an alert: it may end before it fires (`alert-store.ts`), or before it is sent (`groups.ts`).
 */
import type { Lasting } from '../../machines/domain/disconnect.ts';
import type { Org } from '../../machines/domain/ports.ts';
import type { LastError, SessionReport, SessionView } from '../../machines/domain/view.ts';
import type { GateEmitted } from '../../machines/gate/setup.ts';
import type { SupervisorEmitted } from '../../machines/supervisor/setup.ts';
import type { AlertName } from '../protocol/alerts.ts';
import { type AlertPolicy, alertOfVerdict } from './catalogue.ts';

/** Something that is wrong now. Times are epoch milliseconds. */
export interface Condition {
  readonly name: AlertName;
  /** Null for the whole server. */
  readonly org: Org | null;
  /** The name of the failing endpoint: a label. */
  readonly endpoint?: string;
  readonly since: number;
  /** The reason, where one alert covers several. */
  readonly reason?: string;
  readonly statusCode?: number;
}
export type AlertInput =
  | SupervisorEmitted
  | GateEmitted
  /** From the delivery of webhooks. */
  | { readonly type: 'webhook.failing' | 'webhook.well'; readonly endpoint: string }
  /** Messages for a webhook, or of an organization, were given up; none was for a while. */
  | {
      readonly type: 'messages.dropped' | 'messages.kept';
      readonly endpoint?: string;
      readonly org?: Org;
    }
  /** WhatsApp refuses messages to new contacts, or does no longer. */
  | { readonly type: 'sending.restricted' | 'sending.free'; readonly org: Org };

/** What is remembered of an organization to find its conditions. */
export interface AlertMemory {
  /**
   * The verdict it failed with, kept while it is probed or paired again: a failed probe is not a second
   * alert.
   */
  readonly failed: LastError | undefined;
  /** Since when it lacks the connection that it should have; undefined when it does not. */
  readonly cutSince: number | undefined;
  /** The times of its recent losses. */
  readonly lostAt: readonly number[];
  readonly unwritableSince: number | undefined;
  /** Since when it receives no events, although it got a new connection recently. */
  readonly deafSince: number | undefined;
}
export const nothingRemembered: AlertMemory = {
  failed: undefined,
  cutSince: undefined,
  lostAt: [],
  unwritableSince: undefined,
  deafSince: undefined,
};

type StateReport = Extract<SessionReport, { type: 'session.reported' }>;
/** A session that an operator stopped raises no alert. */
const verdictOf = ({ state, desired, lastError }: SessionView, before: LastError | undefined) => {
  if (desired === 'stopped') return undefined;
  if (state === 'failed') return lastError ?? before;
  return state === 'restoring' || state === 'pairing' ? before : undefined;
};
const isCut = ({ state, attempt }: SessionView) =>
  state === 'retrying' || (state === 'restoring' && attempt > 0);

/** `outage`: every session is cut off, so a loss is no fact about this one. */
export const remember = (
  m: AlertMemory,
  { view, previousState, durable }: StateReport,
  now: number,
  outage: boolean,
): AlertMemory => ({
  failed: verdictOf(view, m.failed),
  cutSince: isCut(view) ? (m.cutSince ?? now) : undefined,
  lostAt:
    view.state === 'connected' || isCut(view)
      ? [...m.lostAt, ...(previousState === 'connected' && view.state === 'retrying' && !outage ? [now] : [])]
      : [], // an operator or a verdict ended it: later losses are counted from zero
  unwritableSince: view.writable && durable ? undefined : (m.unwritableSince ?? now),
  deafSince: view.liveness === 'deaf' ? (m.deafSince ?? now) : undefined,
});

const lostLately = (m: AlertMemory, now: number, p: AlertPolicy) =>
  m.lostAt.filter((at) => at > now - p.flappingWindowMs);

/** The conditions of one organization. */
export const conditionsOf = (
  view: SessionView,
  m: AlertMemory,
  now: number,
  p: AlertPolicy,
): readonly Condition[] => {
  const { org, lastError } = view;
  const found: Condition[] = [];
  if (m.failed) {
    const { reason, statusCode, at } = m.failed;
    const name = alertOfVerdict[reason as Lasting];
    found.push({ name, org, since: at, reason, ...(statusCode !== undefined && { statusCode }) });
  }
  const why = lastError ? { reason: lastError.reason } : {};
  if (m.cutSince !== undefined)
    found.push({ name: 'SessionRetryingTooLong', org, since: m.cutSince, ...why });
  const lost = lostLately(m, now, p);
  const first = lost[0];
  if (first !== undefined && lost.length >= p.flappingCount)
    found.push({ name: 'SessionFlapping', org, since: first, ...why });
  if (m.deafSince !== undefined) found.push({ name: 'SessionDeaf', org, since: m.deafSince });
  if (m.unwritableSince !== undefined)
    found.push({ name: 'StorageUnwritable', org, since: m.unwritableSince });
  return found;
};

/** When a loss leaves the flapping window: the conditions change then without an event. */
export const calmsAt = (m: AlertMemory, now: number, p: AlertPolicy): number | undefined => {
  const lost = lostLately(m, now, p);
  const turning = lost[lost.length - p.flappingCount];
  return turning === undefined ? undefined : turning + p.flappingWindowMs;
};

const placeOf = ({ endpoint, org }: { readonly endpoint?: string; readonly org?: Org }) => ({
  ...(endpoint !== undefined && { endpoint }),
  ...(org !== undefined && { org }),
});
/** The conditions that an event about the server, an endpoint or an account begins or ends. */
export const serverChange = (
  e: AlertInput,
  now: number,
): {
  readonly begins?: Condition;
  readonly ends?: readonly AlertName[];
  readonly endpoint?: string;
  readonly org?: Org;
} => {
  const server = { org: null, since: now } as const;
  switch (e.type) {
    case 'outage.began':
      return {
        begins: {
          ...server,
          name: e.cause === 'outdated' ? 'ClientOutdated' : 'MassDisconnect',
          reason: e.cause,
        },
      };
    case 'outage.ended':
      return { ends: ['MassDisconnect', 'ClientOutdated'] };
    case 'fleet.frozen':
      return { begins: { ...server, name: 'DirectoryFrozen', reason: e.cause } };
    case 'fleet.thawed':
      return { ends: ['DirectoryFrozen'] };
    case 'scan.failed':
      return { begins: { ...server, name: 'ScanFailing' } };
    case 'scan.done':
      return { ends: ['ScanFailing'] };
    case 'webhook.failing':
      return { begins: { ...server, name: 'WebhookFailing', endpoint: e.endpoint } };
    case 'webhook.well':
      return { ends: ['WebhookFailing'], endpoint: e.endpoint };
    case 'messages.dropped':
      return { begins: { ...server, name: 'MessagesDropped', ...placeOf(e) } };
    case 'messages.kept':
      return { ends: ['MessagesDropped'], ...placeOf(e) };
    case 'sending.restricted':
      return { begins: { ...server, name: 'SendingRestricted', org: e.org } };
    case 'sending.free':
      return { ends: ['SendingRestricted'], org: e.org };
    default:
      return {};
  }
};
