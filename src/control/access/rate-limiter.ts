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
export interface RateLimiter {
  /**
   * Takes a token and returns 0; or returns the milliseconds until there is one, if no other request takes
   * it.
   */
  take(keyId: string): number;
}

/**
 * Price of one request. Each millisecond adds the requests of ten seconds, so a bucket counts in whole
 * numbers.
 */
const price = 10_000;
interface Bucket {
  level: number;
  at: number;
}

/** `now`: milliseconds that never run backwards. */
export const createRateLimiter = (
  { maxRequestsPer10Seconds, requestBurst }: RateBounds,
  now: () => number = monotonicMs,
): RateLimiter => {
  const full = requestBurst * price;
  const buckets = new Map<string, Bucket>(); // one for each key, so no more than there are keys
  return {
    take: (keyId) => {
      const at = now();
      const bucket = buckets.get(keyId) ?? { level: full, at };
      bucket.level = Math.min(full, bucket.level + (at - bucket.at) * maxRequestsPer10Seconds);
      bucket.at = at;
      buckets.set(keyId, bucket);
      if (bucket.level < price) return Math.ceil((price - bucket.level) / maxRequestsPer10Seconds);
      bucket.level -= price;
      return 0;
    },
  };
};
