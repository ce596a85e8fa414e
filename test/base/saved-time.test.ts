/** Deadlines on disk keep their length, whatever happens to the wall clock. */
import { describe, expect, it } from 'vitest';
import { remainingMs, steadyClock, wentBack } from '../../src/base/saved-time.ts';

const hour = 3_600_000;
const year = 365 * 24 * hour;
const setAt = Date.parse('2026-01-15T03:35:00.000Z');
const deadline = { until: setAt + hour, setAt };

describe('the time that remains of a saved deadline', () => {
  it.each([
    ['at once', 0, hour],
    ['half way', hour / 2, hour / 2],
    ['at its end', hour, 0],
    ['after its end', 2 * hour, 0],
    ['with a clock that was set back a year', -year, hour],
    ['with a clock that was set back a moment', -1, hour],
    ['with a clock that was set forward a year', year, 0],
  ])('%s', (_, passed, left) => {
    expect(remainingMs(deadline, setAt + passed)).toBe(left);
  });
  it('is none when the deadline lies before the time when it was written', () => {
    expect(remainingMs({ until: setAt - hour, setAt }, setAt - year)).toBe(0);
  });
  it.each([Number.NaN, Number.POSITIVE_INFINITY])('is none when a stored number is %s', (bad) => {
    expect(remainingMs({ until: bad, setAt }, setAt)).toBe(0);
    expect(remainingMs({ until: setAt + hour, setAt: bad }, setAt)).toBe(0);
    expect(remainingMs(deadline, bad)).toBe(0);
  });
});

it('a clock that is earlier than a time of the past was set back', () => {
  expect([-1, 0, 1].map((ms) => wentBack(setAt, setAt + ms))).toEqual([true, false, false]);
});

it('a steady clock begins with the wall clock, and follows none of its later settings', () => {
  let [wall, monotonic] = [setAt, 70];
  const now = steadyClock(
    () => wall,
    () => monotonic,
  );
  expect(now()).toBe(setAt);
  wall -= year;
  monotonic += 5;
  expect(now()).toBe(setAt + 5);
  wall += 2 * year;
  expect(now()).toBe(setAt + 5);
});
