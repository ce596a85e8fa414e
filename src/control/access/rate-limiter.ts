/**
 * Limits the requests of a key: a token bucket that holds a burst and fills evenly. We wrote it for two
 * reasons. The answer is needed in the tick of the request, because otherwise requests could overtake each
 * other. And a client that knows when the next token comes sends evenly, whereas a window of ten seconds
 * would stop it for seconds.
 */
import { monotonicMs } from '../../base/monotonic.ts';

export interface RateBounds {
  readonly maxRequestsPer10Seconds: number;
  /** Requests that may come at once after a quiet time. */
  readonly requestBurst: number;
}
interface BucketBounds {
  readonly requests: number;
  /** The time in which these requests may come, in milliseconds. */
  readonly perMs: number;
  /** Requests that may come at once after a quiet time. */
  readonly burst: number;
}
export interface RateLimiter {
  /**
   * Takes a token and returns 0; or returns the milliseconds until there is one, if no other request takes
   * it.
   */
  take(keyId: string): number;
}

interface Bucket {
  level: number;
  at: number;
}

/**
 * A request costs `perMs`, and each millisecond adds `requests`: a bucket counts in whole numbers. `now`:
 * milliseconds that never run backwards.
 */
export const createBuckets = (
  { requests, perMs, burst }: BucketBounds,
  now: () => number = monotonicMs,
): RateLimiter => {
  const full = burst * perMs;
  // one for each key or organization, so no more than there are of them
  const buckets = new Map<string, Bucket>();
  return {
    take: (keyId) => {
      const at = now();
      const bucket = buckets.get(keyId) ?? { level: full, at };
      bucket.level = Math.min(full, bucket.level + (at - bucket.at) * requests);
      bucket.at = at;
      buckets.set(keyId, bucket);
      if (bucket.level < perMs) return Math.ceil((perMs - bucket.level) / requests);
      bucket.level -= perMs;
      return 0;
    },
  };
};
/** `now`: milliseconds that never run backwards. */
export const createRateLimiter = (
  { maxRequestsPer10Seconds, requestBurst }: RateBounds,
  now?: () => number,
): RateLimiter =>
  createBuckets({ requests: maxRequestsPer10Seconds, perMs: 10_000, burst: requestBurst }, now);
