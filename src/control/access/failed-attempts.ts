/**
 * Against guessing keys: whoever fails too often waits, longer each time. Failures count by address, and by address and key id. A key
 * id alone is never locked: ids are no secret, and anybody could lock out the backend.
 *
 * Two things keep the innocent out of it. The same wrong key counts once by address: a client with a stale key, trying for ever, is
 * turned away but guesses nothing. And a key of our own form that was good from this address is let in whatever others do there,
 * behind a proxy say: 256 random bits are not guessed. A key that the operator chose has no such privilege.
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
export interface Failures {
  /** Milliseconds until this one may try again; 0: now. `key` is absent when none was presented (yet). */
  waitMs(address: string, key?: string): number;
  failed(address: string, key: string): void;
  /** The key was good. */
  passed(address: string, key: string): void;
}
interface Wait {
  readonly until: number;
  readonly nth: number;
}
const rememberedMs = 86_400_000;
/** Of each kind; then the oldest are forgotten. Far more than one attacker's connections can fill while it matters. */
const maxRemembered = 10_000;
const remember = <T>(map: Map<string, T>, subject: string, what: T): void => {
  map.delete(subject);
  map.set(subject, what);
  for (const oldest of map.size > maxRemembered ? map.keys() : []) {
    map.delete(oldest);
    break;
  }
};

/** `now` in milliseconds. The library counts by `Date`. */
export const countFailures = (bounds: FailureBounds, now: () => number = Date.now): Failures => {
  const { maxFailures, windowMs, waitMs, maxWaitMs } = bounds;
  const duration = windowMs / 1_000;
  const counts = new RateLimiterMemory({ points: maxFailures, duration });
  const guesses = new RateLimiterMemory({ points: 1, duration });
  const waits = new Map<string, Wait>();
  const good = new Map<string, number>();

  const digest = (key: string): string => digestOf(key).toString('hex');
  const pairOf = (address: string, key: string): string => `${address} ${keyIdOf(key) ?? digest(key)}`;
  const left = (subject: string): number => Math.max(0, (waits.get(subject)?.until ?? 0) - now());
  const count = async (subject: string): Promise<void> => {
    const { consumedPoints } = await counts.consume(subject).catch((refused: RateLimiterRes) => refused);
    if (consumedPoints < maxFailures) return;
    await counts.delete(subject);
    const before = waits.get(subject);
    const nth = before && now() - before.until < rememberedMs ? before.nth + 1 : 1;
    remember(waits, subject, { nth, until: now() + Math.min(waitMs * 2 ** (nth - 1), maxWaitMs) });
  };
  const failed = async (address: string, key: string): Promise<void> => {
    good.delete(`${address} ${digest(key)}`);
    await count(pairOf(address, key));
    const isNew = await guesses.consume(`${address} ${digest(key)}`).then(
      () => true,
      () => false,
    );
    if (isNew) await count(address);
  };
  return {
    waitMs: (address, key) => {
      if (key === undefined) return left(address);
      if (now() - (good.get(`${address} ${digest(key)}`) ?? Number.NEGATIVE_INFINITY) < rememberedMs) return 0;
      return Math.max(left(address), left(pairOf(address, key)));
    },
    failed: (address, key) => void failed(address, key),
    passed: (address, key) => {
      if (keyIdOf(key) !== undefined) remember(good, `${address} ${digest(key)}`, now());
    },
  };
};
