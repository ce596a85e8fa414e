/**
 * Slows down the guessing of keys: an address that fails too often waits, longer each time. Failures count by
 * address, and by address and key id. A key id alone is never locked: ids are no secret, so anyone could lock
 * out the backend.
 *
 * Two rules protect innocent clients. The same wrong key counts once by address: a client that keeps trying a
 * stale key is rejected but guesses nothing. And a key of our own form that was accepted from this address
 * stays accepted whatever other clients do there, for example behind a proxy: 256 random bits cannot be
 * guessed. A key that the operator chose has no such privilege.
 */
import { RateLimiterMemory, type RateLimiterRes } from 'rate-limiter-flexible';
import { digestOf, keyIdOf } from '../../keys/key-format.ts';

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
  failed(address: string, key: string): void;
  /** The key was accepted. */
  passed(address: string, key: string): void;
}
interface Wait {
  readonly until: number;
  readonly nth: number;
}
const rememberedMs = 86_400_000;
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

/** `now` in milliseconds. The library counts by `Date`. */
export const createFailedAttempts = (bounds: FailureBounds, now: () => number = Date.now): FailedAttempts => {
  const { maxFailures, windowMs, waitMs, maxWaitMs } = bounds;
  const duration = windowMs / 1_000;
  const counts = new RateLimiterMemory({ points: maxFailures, duration });
  const guesses = new RateLimiterMemory({ points: 1, duration });
  const waits = new Map<string, Wait>();
  const acceptedAt = new Map<string, number>();

  const remainingMs = (subject: string): number => Math.max(0, (waits.get(subject)?.until ?? 0) - now());
  const count = async (subject: string): Promise<void> => {
    const { consumedPoints } = await counts.consume(subject).catch((exceeded: RateLimiterRes) => exceeded);
    if (consumedPoints < maxFailures) return;
    await counts.delete(subject);
    const before = waits.get(subject);
    const nth = before && now() - before.until < rememberedMs ? before.nth + 1 : 1;
    remember(waits, subject, { nth, until: now() + Math.min(waitMs * 2 ** (nth - 1), maxWaitMs) });
  };
  const countFailure = async (address: string, key: string): Promise<void> => {
    acceptedAt.delete(guessOf(address, key));
    await count(pairOf(address, key));
    const isNewGuess = await guesses.consume(guessOf(address, key)).then(
      () => true,
      () => false,
    );
    if (isNewGuess) await count(address);
  };
  return {
    waitMs: (address, key) => {
      if (key === undefined) return remainingMs(address);
      const accepted = acceptedAt.get(guessOf(address, key));
      if (accepted !== undefined && now() - accepted < rememberedMs) return 0;
      return Math.max(remainingMs(address), remainingMs(pairOf(address, key)));
    },
    failed: (address, key) => void countFailure(address, key),
    passed: (address, key) => {
      if (keyIdOf(key) !== undefined) remember(acceptedAt, guessOf(address, key), now());
    },
  };
};
