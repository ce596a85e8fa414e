/** When the ending of some is an outage of all. */
import { describe, expect, it } from 'vitest';
import { defaultPolicy } from '../../../machines/domain/policy.ts';
import {
  attemptFailed,
  isMassLoss,
  isMassRefusal,
  left,
  lost,
  noTally,
  proven,
  type Tally,
} from '../../../machines/gate/breaker.ts';

const policy = defaultPolicy.gate;
const times = (n: number, step: (t: Tally, i: number) => Tally, from: Tally = noTally) =>
  Array.from({ length: n }).reduce<Tally>((t, _, i) => step(t, i), from);
const live = (n: number) => times(n, proven);
const failing = (n: number, from: Tally, at = 0) =>
  times(n, (t, i) => attemptFailed(t, `o${i}`, at, policy), from);

describe('a mass loss', () => {
  const losing = (n: number, of: number, everyMs = 0) =>
    times(n, (t, i) => lost(t, i * everyMs, policy), live(of));
  it('it needs five losses, and more than half of the live sessions', () => {
    expect(
      [losing(4, 4), losing(5, 5), losing(5, 9), losing(5, 10), losing(6, 12), losing(7, 12)].map((t) =>
        isMassLoss(t, policy),
      ),
    ).toEqual([false, true, true, false, false, true]);
  });
  it('the losses must be within half a minute', () => {
    expect(isMassLoss(losing(5, 5, 7_499), policy)).toBe(true);
    expect(isMassLoss(losing(5, 5, 7_500), policy)).toBe(false);
    expect(losing(5, 5, 7_500).lostAt).toEqual([7_500, 15_000, 22_500, 30_000]);
  });
  it('sessions that were ended on purpose do not count', () => {
    const t = times(5, left, live(5));
    expect(t.live).toBe(0);
    expect(isMassLoss(t, policy)).toBe(false);
    expect(left(t).live, 'never below zero').toBe(0);
  });
});

describe('a mass refusal', () => {
  const is = (t: Tally, running: number) => isMassRefusal(t, running, policy);
  it('it needs five failures, or all if they are fewer, but never one alone', () => {
    expect([is(failing(4, noTally), 30), is(failing(5, noTally), 30)]).toEqual([false, true]);
    expect([is(failing(2, noTally), 3), is(failing(3, noTally), 3)]).toEqual([false, true]);
    expect([is(failing(1, noTally), 1), is(failing(2, noTally), 2)]).toEqual([false, true]);
  });
  it('a live session rules it out, and a proven one clears the failures', () => {
    expect(is(failing(5, live(1)), 30)).toBe(false);
    const recovered = proven(failing(5, noTally));
    expect(recovered).toMatchObject({ live: 1, failed: new Map() });
    expect(is(left(recovered), 5)).toBe(false);
  });
  it('the failures must be within a minute, and each organization counts once', () => {
    const before = failing(1, noTally);
    expect(is(attemptFailed(before, 'late', 59_999, policy), 2)).toBe(true);
    expect(is(attemptFailed(before, 'late', 60_000, policy), 2)).toBe(false);
    expect(is(attemptFailed(before, 'o0', 1, policy), 2)).toBe(false);
  });
});
