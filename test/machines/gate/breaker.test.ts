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
  it('is of five at least, and of more than half', () => {
    expect(
      [losing(4, 4), losing(5, 5), losing(5, 9), losing(5, 10), losing(6, 12), losing(7, 12)].map((t) =>
        isMassLoss(t, policy),
      ),
    ).toEqual([false, true, true, false, false, true]);
  });
  it('happens within half a minute', () => {
    expect(isMassLoss(losing(5, 5, 7_499), policy)).toBe(true);
    expect(isMassLoss(losing(5, 5, 7_500), policy)).toBe(false);
    expect(losing(5, 5, 7_500).lostAt).toEqual([7_500, 15_000, 22_500, 30_000]);
  });
  it('is not made of those that somebody ended', () => {
    const t = times(5, left, live(5));
    expect([t.live, isMassLoss(t, policy)]).toEqual([0, false]);
    expect(left(t).live, 'nobody less than nobody').toBe(0);
  });
});

describe('a mass refusal', () => {
  const is = (t: Tally, running: number) => isMassRefusal(t, running, policy);
  it('is of five, or of all if they are fewer, and never of one alone', () => {
    expect([is(failing(4, noTally), 30), is(failing(5, noTally), 30)]).toEqual([false, true]);
    expect([is(failing(2, noTally), 3), is(failing(3, noTally), 3)]).toEqual([false, true]);
    expect([is(failing(1, noTally), 1), is(failing(2, noTally), 2)]).toEqual([false, true]);
  });
  it('is none while anybody is live, and forgets what failed before one was proven', () => {
    expect(is(failing(5, live(1)), 30)).toBe(false);
    const recovered = proven(failing(5, noTally));
    expect(recovered).toMatchObject({ live: 1, failed: new Map() });
    expect(is(left(recovered), 5)).toBe(false);
  });
  it('happens within a minute, and counts nobody twice', () => {
    const before = failing(1, noTally);
    expect(is(attemptFailed(before, 'late', 59_999, policy), 2)).toBe(true);
    expect(is(attemptFailed(before, 'late', 60_000, policy), 2)).toBe(false);
    expect(is(attemptFailed(before, 'o0', 1, policy), 2)).toBe(false);
  });
});
