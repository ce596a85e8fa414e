/**
 * The counters of the control API. `src/app/` connects them to the metrics; without it nothing is counted.
 */
import { monotonicMs } from '../base/monotonic.ts';
import type { ErrorReason } from '../protocol/errors.ts';
import type { MethodName } from '../protocol/methods.ts';

export interface Meter {
  /** A request was answered. `unknown`: it named no method of the registry. */
  answered(method: MethodName | 'unknown', code: ErrorReason | 'ok', seconds: number): void;
  /**
   * A client was rejected: at the upgrade, at `initialize`, or over HTTP. `reason` is the code of the answer.
   */
  rejected(reason: string): void;
  /** The number of subscriptions changed by this much. */
  subscribed(change: number): void;
  /** A client subscribed with a position. */
  resumed(recovered: boolean): void;
  closed(code: number): void;
}
export const noMeter: Meter = {
  answered: () => {},
  rejected: () => {},
  subscribed: () => {},
  resumed: () => {},
  closed: () => {},
};
/** The text that `GET /metrics` answers. */
export type MetricsText = () => Promise<{ readonly contentType: string; readonly body: string }>;

/** `startedMs`: `monotonicMs()` at the beginning; the wall clock may jump. */
export const secondsSince = (startedMs: number): number => (monotonicMs() - startedMs) / 1_000;
