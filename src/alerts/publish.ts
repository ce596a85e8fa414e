/**
 * An alert and a notice in the form of the protocol. Equal facts get equal ids, so a receiver recognises a
 * repetition after a crash.
 */
import { createHash } from 'node:crypto';
import { type AlertName, alertTexts, type Alert as PublicAlert, type Severity } from '../protocol/alerts.ts';
import { reasonTexts } from '../protocol/reasons.ts';
import type { FiredAlert } from './alert-store.ts';
import type { Notice } from './groups.ts';

export interface AlertEvent {
  readonly type: 'alert.firing' | 'alert.resolved';
  readonly id: string;
  readonly alert: PublicAlert;
}
/** A notice for people. */
export interface PublicNotice {
  readonly id: string;
  /** ISO 8601. */
  readonly timestamp: string;
  readonly name: AlertName;
  readonly severity: Severity;
  readonly isOver: boolean;
  readonly isReminder: boolean;
  /** In a reminder: all that fire. */
  readonly started: PublicAlert[];
  readonly resolved: PublicAlert[];
  /** The number that fire now. */
  readonly firing: number;
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

const eventOf = (type: AlertEvent['type'], alert: FiredAlert): AlertEvent => ({
  type,
  id: `evt_${alert.fingerprint}_${alert.since}_${type.slice('alert.'.length)}`,
  alert: publicAlertOf(alert),
});
export const alertEventsOf = ({ started, resolved }: Notice): readonly AlertEvent[] => [
  ...started.map((alert) => eventOf('alert.firing', alert)),
  ...resolved.map((alert) => eventOf('alert.resolved', alert)),
];

/** A reminder has the time in its id: each reminder is a notice of its own. */
const noticeIdOf = ({ name, started, resolved, isReminder }: Notice, now: number): string => {
  const news = [...started, ...resolved].map(({ fingerprint, since, endsAt }) => [
    fingerprint,
    since,
    endsAt ?? null,
  ]);
  const content = JSON.stringify([name, isReminder ? now : news]);
  return `ntc_${createHash('sha256').update(content).digest('hex').slice(0, 24)}`;
};
/** `now` in epoch milliseconds. */
export const publicNoticeOf = (notice: Notice, now: number): PublicNotice => {
  const { name, severity, isOver, isReminder, started, resolved, firing } = notice;
  return {
    id: noticeIdOf(notice, now),
    timestamp: iso(now),
    name,
    severity,
    isOver,
    isReminder,
    started: (isReminder ? firing : started).map(publicAlertOf),
    resolved: resolved.map(publicAlertOf),
    firing: firing.length,
  };
};
