import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createFailedAttempts } from '../../../src/control/access/failed-attempts.ts';

const minuteMs = 60_000;
beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());
const failures = () =>
  createFailedAttempts({
    maxFailures: 10,
    windowMs: 10 * minuteMs,
    waitMs: 10 * minuteMs,
    maxWaitMs: 40 * minuteMs,
  });
const turn = (ms: number) => vi.advanceTimersByTimeAsync(ms);
const secret = (letter: string) => letter.repeat(43);
const keyOf = (id: string, letter = 'a') => `vigia_${id}_${secret(letter)}`;
/** This many different wrong keys. */
const guess = async (counted: ReturnType<typeof failures>, address: string, times: number, from = 0) => {
  for (let n = from; n < from + times; n += 1) counted.failed(address, `guess-${n}`);
  await turn(0);
};

describe('an address', () => {
  it('may fail nine times in ten minutes; after the tenth it waits, with any key, and other addresses do not', async () => {
    const counted = failures();
    await guess(counted, 'a', 9);
    expect(counted.waitMs('a', 'another')).toBe(0);
    await guess(counted, 'a', 1, 9);
    for (const key of [undefined, 'another', keyOf('id')])
      expect(counted.waitMs('a', key)).toBe(10 * minuteMs);
    expect(counted.waitMs('b', 'guess-1')).toBe(0);
    await turn(10 * minuteMs - 1);
    expect(counted.waitMs('a')).toBe(1);
    await turn(1);
    expect(counted.waitMs('a')).toBe(0);
  });
  it('that fails slowly does not wait', async () => {
    const counted = failures();
    for (let n = 0; n < 40; n += 1) {
      await guess(counted, 'a', 1, n);
      await turn(2 * minuteMs);
    }
    expect(counted.waitMs('a')).toBe(0);
  });
  it('waits twice as long each time, up to a bound, and starts again after a day without failures', async () => {
    const counted = failures();
    for (const minutes of [10, 20, 40, 40]) {
      await guess(counted, 'a', 10, minutes);
      expect(counted.waitMs('a')).toBe(minutes * minuteMs);
      await turn(minutes * minuteMs + 11 * minuteMs);
    }
    await turn(24 * 60 * minuteMs);
    await guess(counted, 'a', 10);
    expect(counted.waitMs('a')).toBe(10 * minuteMs);
  });
});

describe('one wrong key that is repeated', () => {
  it.each([keyOf('stale'), 'a-stale-key-of-the-environment'])(
    '%s is rejected after ten times, and other keys of its address are not',
    async (key) => {
      const counted = failures();
      for (let n = 0; n < 100; n += 1) counted.failed('a', key);
      await turn(0);
      expect(counted.waitMs('a', key)).toBeGreaterThan(0);
      expect(counted.waitMs('a', keyOf('fresh'))).toBe(0);
      expect(counted.waitMs('a')).toBe(0);
      expect(counted.waitMs('b', key)).toBe(0); // never the key alone: any client could lock out its owner
    },
  );
  it('many secrets tried for one id count together', async () => {
    const counted = failures();
    for (const letter of 'abcdefghij') counted.failed('a', keyOf('id', letter));
    await turn(0);
    expect(counted.waitMs('a', keyOf('id', 'z'))).toBeGreaterThan(0);
    expect(counted.waitMs('b', keyOf('id', 'z'))).toBe(0);
  });
});

describe('while an address waits', () => {
  it('a key of our form is always compared: it cannot be guessed', async () => {
    const counted = failures();
    await guess(counted, 'a', 20);
    for (let n = 0; n < 1_000; n += 1) expect(counted.mayBeCompared('a', keyOf('good'))).toBe(true);
  });
  it('ten keys that an operator chose are compared, then one a second, and other addresses do not count', async () => {
    const counted = failures();
    await guess(counted, 'a', 20);
    await guess(counted, 'b', 20);
    const compared = (address: string) => counted.mayBeCompared(address, 'sixteen-letters!');
    for (let n = 0; n < 10; n += 1) expect(compared('a')).toBe(true);
    expect(compared('a')).toBe(false);
    expect(compared('b')).toBe(true);
    await turn(1_000);
    expect(compared('a')).toBe(true);
    expect(compared('a')).toBe(false);
  });
});

it('a clock that is set changes no wait', async () => {
  const counted = failures();
  await guess(counted, 'a', 10);
  vi.setSystemTime(Date.now() + 24 * 60 * minuteMs);
  expect(counted.waitMs('a')).toBe(10 * minuteMs);
  vi.setSystemTime(0);
  expect(counted.waitMs('a')).toBe(10 * minuteMs);
});
it('the memory of failures is bounded', () => {
  const counted = createFailedAttempts({
    maxFailures: 1,
    windowMs: 1_000,
    waitMs: minuteMs,
    maxWaitMs: minuteMs,
  });
  for (let n = 1; n <= 12_000; n += 1) counted.failed(`address-${n}`, `guess-${n}`);
  expect(counted.waitMs('address-1')).toBe(0); // forgotten
  expect(counted.waitMs('address-12000')).toBeGreaterThan(0);
});
