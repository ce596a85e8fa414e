/**
 * How many requests a key may send: a bucket that holds a burst and fills evenly. Our own few lines, because the answer is needed in
 * the tick of the request (else requests could overtake each other), and because a client that is told when the next token comes
 * flows evenly, where a window of ten seconds would stop it for seconds.
 */
import { monotonicMs } from '../../base/monotonic.ts';
import { RpcError } from '../rpc/refusal.ts';

export interface RateBounds {
  readonly maxRequestsPer10Seconds: number;
  /** What may come at once after a quiet time. */
  readonly requestBurst: number;
}
export interface Rates {
  /** 0: it may. Otherwise in how many milliseconds the next one may, if nothing else comes. */
  take(keyId: string): number;
}
export const tooFast = (retryAfterMs: number): RpcError =>
  new RpcError('rate_limited', 'Too many requests came with this key: send the next ones more slowly.', { retryAfterMs });

/** Of one request. So a bucket fills by whole numbers: by the requests of ten seconds, each millisecond. */
const price = 10_000;
interface Bucket {
  level: number;
  at: number;
}

/** `clock`: milliseconds that never run backwards. */
export const openRates = ({ maxRequestsPer10Seconds, requestBurst }: RateBounds, clock: () => number = monotonicMs): Rates => {
  const full = requestBurst * price;
  const buckets = new Map<string, Bucket>(); // one a key: no more than there are keys
  return {
    take: (keyId) => {
      const now = clock();
      const bucket = buckets.get(keyId) ?? { level: full, at: now };
      bucket.level = Math.min(full, bucket.level + (now - bucket.at) * maxRequestsPer10Seconds);
      bucket.at = now;
      buckets.set(keyId, bucket);
      if (bucket.level < price) return Math.ceil((price - bucket.level) / maxRequestsPer10Seconds);
      bucket.level -= price;
      return 0;
    },
  };
};
