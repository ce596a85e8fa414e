/**
 * Slows down the guessing of keys: an address that fails too often waits, longer each time. Failures count
 * by address, and by address and key id. A key id alone is never locked: ids are no secret, so anyone could
 * lock out the backend.
 *
 * Two rules protect innocent clients. The same wrong key counts once by address: a client that keeps trying
 * a stale key is rejected but guesses nothing. And a right key is accepted while its address waits,
 * whatever other clients do there, for example behind a proxy. A key of our own form is always compared:
 * 256 random bits cannot be guessed. A key that the operator chose can be, so of these an address that
 * waits may have a few compared, then one a second.
 *
 * Times are monotonic: setting the clock ends no wait.
 */
import { monotonicMs } from '../../base/monotonic.ts';
import { digestOf, keyIdOf } from '../../keys/key-format.ts';
import { createRateLimiter, type RateBounds, type RateLimiter } from './rate-limiter.ts';

export interface FailureBounds {
  readonly maxFailures: number;
  readonly windowMs: number;
  /** The first wait. Each that follows within a day is twice as long, up to `maxWaitMs`. */
  readonly waitMs: number;
  readonly maxWaitMs: number;
}
export interface FailedAttempts {
  /**
   * Milliseconds until this client may try again; 0 means now. `key` is undefined when none was presented
   * (yet).
   */
  waitMs(address: string, key?: string): number;
  /** Whether a key may be compared although its address waits. Takes one of the few comparisons. */
  mayBeCompared(address: string, key: string): boolean;
  failed(address: string, key: string): void;
}
interface Wait {
  readonly until: number;
  readonly nth: number;
  readonly comparisons: RateLimiter;
}
interface Count {
  readonly since: number;
  failures: number;
}
const rememberedMs = 86_400_000;
/** See above. A second suffices for a person, and for a client that reconnects. */
const comparisonBounds: RateBounds = { maxRequestsPer10Seconds: 10, requestBurst: 10 };
/**
 * Entries of each map; beyond that the oldest is evicted. Far more than one attacker can fill while it
 * matters.
 */
const maxRemembered = 10_000;
const remember = <T>(map: Map<string, T>, subject: string, value: T): void => {
  map.delete(subject);
  map.set(subject, value);
  const oldest = map.keys().next();
  if (map.size > maxRemembered && !oldest.done) map.delete(oldest.value);
};

const digest = (key: string): string => digestOf(key).toString('hex');
const guessOf = (address: string, key: string): string => `${address} ${digest(key)}`;
const pairOf = (address: string, key: string): string => `${address} ${keyIdOf(key) ?? digest(key)}`;

/** `now`: milliseconds that never run backwards. */
export const createFailedAttempts = (
  { maxFailures, windowMs, waitMs, maxWaitMs }: FailureBounds,
  now: () => number = monotonicMs,
): FailedAttempts => {
  const counts = new Map<string, Count>();
  const guesses = new Map<string, Count>();
  const waits = new Map<string, Wait>();

  const remainingMs = (subject: string): number => Math.max(0, (waits.get(subject)?.until ?? 0) - now());
  /** The failures in the present window, with this one. */
  const increment = (map: Map<string, Count>, subject: string): number => {
    const present = map.get(subject);
    const isOver = present === undefined || now() - present.since >= windowMs;
    const count = isOver ? { since: now(), failures: 0 } : present;
    count.failures += 1;
    remember(map, subject, count);
    return count.failures;
  };
  const count = (subject: string): void => {
    if (increment(counts, subject) < maxFailures) return;
    counts.delete(subject);
    const before = waits.get(subject);
    const nth = before && now() - before.until < rememberedMs ? before.nth + 1 : 1;
    const until = now() + Math.min(waitMs * 2 ** (nth - 1), maxWaitMs);
    const comparisons = before?.comparisons ?? createRateLimiter(comparisonBounds, now);
    remember(waits, subject, { nth, until, comparisons });
  };
  return {
    waitMs: (address, key) => {
      if (key === undefined) return remainingMs(address);
      return Math.max(remainingMs(address), remainingMs(pairOf(address, key)));
    },
    mayBeCompared: (address, key) => {
      if (keyIdOf(key) !== undefined) return true;
      const wait = waits.get(address) ?? waits.get(pairOf(address, key));
      return wait === undefined || wait.comparisons.take(address) === 0;
    },
    failed: (address, key) => {
      count(pairOf(address, key));
      if (increment(guesses, guessOf(address, key)) === 1) count(address);
    },
  };
};
