/** What the control API counts of itself, and where Prometheus may read it. Plugged in by `src/app/`; without it nothing is counted. */
import { monotonicMs } from '../base/monotonic.ts';
import type { ErrorReason } from '../protocol/errors.ts';
import type { MethodName } from '../protocol/methods.ts';

export interface Meter {
  /** A request got its answer. `unknown`: it named no method that there is. */
  answered(method: MethodName | 'unknown', code: ErrorReason | 'ok', seconds: number): void;
  /** Somebody was not let in, or not served: at the upgrade, at `initialize`, over HTTP. `reason` is the code of the answer. */
  rejected(reason: string): void;
  subscribed(more: number): void;
  /** Somebody subscribed with a position. */
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
/** What `GET /metrics` answers. */
export type MetricsText = () => Promise<{ readonly contentType: string; readonly body: string }>;

/** `monotonicMs()` at the beginning; the clock of the wall may jump. */
export const secondsSince = (startedMs: number): number => (monotonicMs() - startedMs) / 1_000;
