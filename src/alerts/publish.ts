/**
 * An alert and a notice in the form of the protocol. Equal facts get equal ids, so a receiver recognises a
 * repetition after a crash.
 */
import { type AlertName, alertTexts, type Alert as PublicAlert, type Severity } from '../protocol/alerts.ts';
import { reasonTexts } from '../protocol/reasons.ts';
import type { FiredAlert } from './alert-store.ts';
import type { Notice } from './groups.ts';

export interface AlertEvent {
  readonly type: 'alert.firing' | 'alert.resolved';
  readonly id: string;
  readonly alert: PublicAlert;
}
/** An alert with the ids of its events. */
interface IdentifiedAlert {
  readonly firingId: string;
  /** Absent while it fires. */
  readonly resolvedId?: string;
  readonly alert: PublicAlert;
}
/** A notice for the delivery, which decides which endpoint needs which part of it. */
export interface PublicNews {
  /** ISO 8601. */
  readonly timestamp: string;
  readonly name: AlertName;
  readonly severity: Severity;
  readonly isReminder: boolean;
  /** All that fire and are not silenced. */
  readonly firing: readonly IdentifiedAlert[];
  readonly resolved: readonly IdentifiedAlert[];
}

const iso = (ms: number) => new Date(ms).toISOString();
const isoOrNull = (ms: number | undefined) => (ms === undefined ? null : iso(ms));

/**
 * The text of the reason is more precise than that of the alert. `SessionRestoreFailed` needs both: its
 * reasons differ most.
 */
const textsOf = ({ name, reason }: FiredAlert): { readonly summary: string; readonly action: string } => {
  const { summary, action } = alertTexts[name];
  const texts = reason === undefined ? undefined : reasonTexts[reason as keyof typeof reasonTexts];
  if (texts === undefined) return { summary, action };
  return {
    summary: name === 'SessionRestoreFailed' ? `${summary} ${texts.summary}` : texts.summary,
    action: texts.action,
  };
};

export const publicAlertOf = (alert: FiredAlert): PublicAlert => {
  const { fingerprint, name, org, since, endsAt, silencedUntil, reason, statusCode, endpoint } = alert;
  const labels = { reason, endpoint, statusCode: statusCode === undefined ? undefined : String(statusCode) };
  return {
    fingerprint,
    name,
    severity: alertTexts[name].severity,
    status: endsAt === undefined ? 'firing' : 'resolved',
    orgId: org,
    labels: Object.fromEntries(
      Object.entries(labels).filter((entry): entry is [string, string] => entry[1] !== undefined),
    ),
    ...textsOf(alert),
    startsAt: iso(since),
    endsAt: isoOrNull(endsAt),
    silencedUntil: isoOrNull(silencedUntil),
  };
};

const idOf = (type: AlertEvent['type'], { fingerprint, since }: FiredAlert): string =>
  `evt_${fingerprint}_${since}_${type.slice('alert.'.length)}`;
const eventOf = (type: AlertEvent['type'], alert: FiredAlert): AlertEvent => ({
  type,
  id: idOf(type, alert),
  alert: publicAlertOf(alert),
});
export const alertEventsOf = ({ started, resolved }: Notice): readonly AlertEvent[] => [
  ...started.map((alert) => eventOf('alert.firing', alert)),
  ...resolved.map((alert) => eventOf('alert.resolved', alert)),
];
export const identified = (alert: FiredAlert): IdentifiedAlert => ({
  firingId: idOf('alert.firing', alert),
  ...(alert.endsAt !== undefined && { resolvedId: idOf('alert.resolved', alert) }),
  alert: publicAlertOf(alert),
});

/** `now` in epoch milliseconds. */
export const newsOf = (
  { name, severity, isReminder, firing, resolved }: Notice,
  now: number,
): PublicNews => ({
  timestamp: iso(now),
  name,
  severity,
  isReminder,
  firing: firing.map(identified),
  resolved: resolved.map(identified),
});
