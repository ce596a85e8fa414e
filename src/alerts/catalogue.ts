/**
 * When each alert counts. What it says is in `src/protocol/alerts.ts`; where the numbers come from in
 * `docs/engineering/decisions/0006-alerts.md`.
 */
import type { Lasting } from '../../machines/domain/disconnect.ts';
import type { AlertName } from '../protocol/alerts.ts';

export interface AlertPolicy {
  /** Without a connection, and trying, for so long. */
  readonly retryingTooLongMs: number;
  /** Lost so often within `flappingWindowMs`. */
  readonly flappingCount: number;
  readonly flappingWindowMs: number;
  /** Looks at the directory, or writes, that go on failing for so long. */
  readonly faultMs: number;
  /**
   * From the first alert of a name until it is told, so that those that come with it are told in the same
   * breath.
   */
  readonly groupWaitMs: number;
  /** Between two notices of one name. */
  readonly groupIntervalMs: number;
  /** What goes on is told again after so long. */
  readonly repeatMs: number;
  /**
   * After a start, and after an outage, single sessions have so long to come back before anything is said of
   * them.
   */
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
  /** How long what it is about must hold before it counts. */
  readonly lasts: (policy: AlertPolicy) => number;
  /** An outage of all explains it: nothing is said of single sessions meanwhile. */
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
};

/** Which alert a verdict raises. Every lasting reason has one: nobody fails in silence. */
export const alertOfVerdict: Readonly<Record<Lasting, AlertName>> = {
  revoked: 'SessionLoggedOut',
  banned_temporarily: 'SessionRestoreFailed',
  locked: 'SessionRestoreFailed',
  wrong_account: 'SessionWrongNumber',
  conflict: 'SessionConflict',
  creds_corrupt: 'SessionCredentialsUnusable',
  creds_lost: 'SessionCredentialsUnusable',
  storage: 'SessionRestoreFailed',
  crashed: 'SessionRestoreFailed',
  exhausted: 'SessionRestoreFailed',
  unknown: 'SessionRestoreFailed',
};
