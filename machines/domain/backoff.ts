/**
 * The wait before the next attempt, in milliseconds. Equal jitter: one half is a floor, so attempts never
 * come too fast. The other half is random, so sessions never march in step. Source: Marc Brooker,
 * "Exponential Backoff And Jitter" (AWS Architecture Blog, 2015).
 */
export interface Backoff {
  /** Consecutive failures so far; 1 for the first. */
  readonly failures: number;
  /** Always waited, before the jittered part. */
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
