/**
 * How long each alert's condition must last, and what hides it. The conditions are in `conditions.ts`, the
 * texts are in `src/protocol/alerts.ts`, the sources of the numbers in
 * `docs/engineering/decisions/0006-alerts.md`.
 */
import type { Lasting } from '../../machines/domain/disconnect.ts';
import type { AlertName } from '../protocol/alerts.ts';

export interface AlertPolicy {
  /** A session without a connection, and retrying, for this long. */
  readonly retryingTooLongMs: number;
  /** Losses within `flappingWindowMs`. */
  readonly flappingCount: number;
  readonly flappingWindowMs: number;
  /** Scans or writes that fail for this long. */
  readonly faultMs: number;
  /** From the first alert of a name until its notice, so that simultaneous alerts are one notice. */
  readonly groupWaitMs: number;
  /** Between two notices of one name. */
  readonly groupIntervalMs: number;
  /** From one reminder to the next, while an alert fires. */
  readonly repeatMs: number;
  /** After a start and after an outage: sessions have this long to come back before they raise alerts. */
  readonly settleMs: number;
}
/** Waits and intervals are Alertmanager's defaults (group_wait, group_interval, repeat_interval). */
export const defaultAlertPolicy: AlertPolicy = {
  retryingTooLongMs: 300_000,
  flappingCount: 5,
  flappingWindowMs: 600_000,
  faultMs: 60_000,
  groupWaitMs: 30_000,
  groupIntervalMs: 300_000,
  repeatMs: 14_400_000,
  settleMs: 120_000,
};

export interface AlertRule {
  /** How long the condition must hold before the alert fires. */
  readonly lasts: (policy: AlertPolicy) => number;
  /** Does not fire during an outage of all, which explains it. */
  readonly hiddenByOutage: boolean;
}
const atOnce = () => 0;

export const alertRules: Readonly<Record<AlertName, AlertRule>> = {
  SessionLoggedOut: { lasts: atOnce, hiddenByOutage: false },
  SessionRestoreFailed: { lasts: atOnce, hiddenByOutage: true },
  SessionCredentialsUnusable: { lasts: atOnce, hiddenByOutage: false },
  SessionConflict: { lasts: atOnce, hiddenByOutage: false },
  SessionWrongNumber: { lasts: atOnce, hiddenByOutage: false },
  SessionRetryingTooLong: { lasts: (p) => p.retryingTooLongMs, hiddenByOutage: true },
  SessionFlapping: { lasts: atOnce, hiddenByOutage: true },
  SessionDeaf: { lasts: atOnce, hiddenByOutage: true },
  MassDisconnect: { lasts: atOnce, hiddenByOutage: false },
  ClientOutdated: { lasts: atOnce, hiddenByOutage: false },
  DirectoryFrozen: { lasts: atOnce, hiddenByOutage: false },
  StorageUnwritable: { lasts: (p) => p.faultMs, hiddenByOutage: false },
  ScanFailing: { lasts: (p) => p.faultMs, hiddenByOutage: false },
  WebhookFailing: { lasts: (p) => p.retryingTooLongMs, hiddenByOutage: false },
  MessagesDropped: { lasts: atOnce, hiddenByOutage: false },
  SendingRestricted: { lasts: atOnce, hiddenByOutage: false },
};

/** The alert that a verdict raises. Every lasting reason has one: no session fails silently. */
export const alertOfVerdict: Readonly<Record<Lasting, AlertName>> = {
  revoked: 'SessionLoggedOut',
  banned_temporarily: 'SessionRestoreFailed',
  locked: 'SessionRestoreFailed',
  wrong_account: 'SessionWrongNumber',
  conflict: 'SessionConflict',
  older_copy: 'SessionCredentialsUnusable',
  creds_corrupt: 'SessionCredentialsUnusable',
  creds_lost: 'SessionCredentialsUnusable',
  storage: 'SessionRestoreFailed',
  crashed: 'SessionRestoreFailed',
  exhausted: 'SessionRestoreFailed',
  unknown: 'SessionRestoreFailed',
};
