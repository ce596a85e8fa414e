/**
 * How long to wait before the next attempt, in milliseconds. Equal jitter: half is a floor (we never hammer), half is random
 * (sessions never march in step); see Marc Brooker, "Exponential Backoff And Jitter" (AWS Architecture Blog, 2015).
 */
export interface Backoff {
  /** Consecutive failures so far, 1 for the first. */
  readonly failures: number;
  /** Waited in any case, before the jittered part. */
  readonly floorMs: number;
  readonly baseMs: number;
  readonly capMs: number;
  /** In [0, 1). */
  readonly random: number;
}
export const backoffMs = ({ failures, floorMs, baseMs, capMs, random }: Backoff): number => {
  const ceiling = Math.min(capMs, baseMs * 2 ** Math.min(Math.max(failures - 1, 0), 30));
  return Math.max(floorMs, 0) + Math.round(ceiling / 2 + random * (ceiling / 2));
};
