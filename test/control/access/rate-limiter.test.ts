import { expect, it } from 'vitest';
import { createRateLimiter } from '../../../src/control/access/rate-limiter.ts';

it('a key may send a burst, then requests at an even rate, and never more than the burst at once', () => {
  const clock = { now: 0 };
  const rates = createRateLimiter({ maxRequestsPer10Seconds: 100, requestBurst: 50 }, () => clock.now);
  const taken = (times: number) =>
    Array.from({ length: times }, () => rates.take('k')).filter((waitMs) => waitMs === 0).length;
  expect(taken(60)).toBe(50);
  expect(rates.take('k')).toBe(100);
  expect(rates.take('other')).toBe(0);
  clock.now += 99;
  expect(rates.take('k')).toBe(1);
  clock.now += 1;
  expect(taken(2)).toBe(1);
  clock.now += 10_000_000;
  expect(taken(60)).toBe(50);
  for (let second = 0; second < 10; second += 1) {
    clock.now += 1_000;
    expect(taken(60)).toBe(10);
  }
});
