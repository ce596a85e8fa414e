/**
 * The lighter memories of the client library hold what its own hold, for as long, and for one organization
 * only.
 */
import { afterEach, describe, expect, it, vi } from 'vitest';
import { retryCounters, socketCaches } from '../../src/whatsapp/caches.ts';
import { ExpiringMap } from '../../src/whatsapp/expiring-map.ts';

afterEach(() => {
  vi.useRealTimers();
});

describe('an expiring map', () => {
  const bounds = { most: 3, holdsMs: 1_000 };
  it('lets an entry go after its time, counted from when it was last set, and says so', () => {
    vi.useFakeTimers();
    const dropped = vi.fn();
    const map = new ExpiringMap<number>(bounds, dropped);
    map.set('a', 1);
    vi.advanceTimersByTime(600);
    map.set('b', 2);
    map.set('a', 3);
    vi.advanceTimersByTime(600);
    expect(map.get('a')).toBe(3);
    expect(map.get('b')).toBe(2);
    expect(map.size).toBe(2);
    vi.advanceTimersByTime(399);
    expect(map.get('a')).toBe(3);
    vi.advanceTimersByTime(1);
    expect(map.get('a')).toBeUndefined();
    expect(map.get('b')).toBeUndefined();
    expect(map.size).toBe(0);
    expect(dropped.mock.calls).toEqual([
      ['b', 2],
      ['a', 3],
    ]);
    expect(vi.getTimerCount()).toBe(0);
  });
  it('lets the oldest go when there are too many', () => {
    const map = new ExpiringMap<number>(bounds);
    for (const [n, key] of ['a', 'b', 'c', 'a', 'd'].entries()) map.set(key, n);
    expect(['a', 'b', 'c', 'd'].map((key) => map.get(key))).toEqual([3, undefined, 2, 4]);
  });
  it('has one timer while it holds something, none when it is empty, and is as good as new after it was cleared', () => {
    vi.useFakeTimers();
    const map = new ExpiringMap<number>(bounds);
    expect(vi.getTimerCount()).toBe(0);
    for (const key of ['a', 'b', 'c']) map.set(key, 1);
    expect(vi.getTimerCount()).toBe(1);
    map.clear();
    expect(vi.getTimerCount()).toBe(0);
    expect(map.size).toBe(0);
    expect(map.delete('a')).toBe(false);
    map.set('a', 1);
    expect(map.delete('a')).toBe(true);
    vi.advanceTimersByTime(1_000);
    expect(vi.getTimerCount()).toBe(0);
    map.set('b', 2);
    expect(map.get('b')).toBe(2);
    expect(vi.getTimerCount()).toBe(1);
  });
});

describe('retry counters', () => {
  it('forgive one attempt for each message when a connection was lost', () => {
    const counters = retryCounters();
    for (const [key, count] of [
      ['once', 2],
      ['twice', 4],
      ['begun', 1],
    ] as const)
      counters.set(key, count);
    counters.forgiveLost();
    expect(['once', 'twice', 'begun'].map((key) => counters.get(key))).toEqual([undefined, 2, undefined]);
  });
});

describe('the caches of two organizations', () => {
  it('know nothing of each other, and forget on demand', () => {
    const [one, other] = [retryCounters(), retryCounters()];
    one.set('message', 4);
    expect(one.get('message')).toBe(4);
    expect(other.get('message')).toBeUndefined();
    one.del('message');
    expect(one.get('message')).toBeUndefined();
    const [mine, theirs] = [socketCaches(), socketCaches()];
    for (const name of ['callOfferCache', 'userDevicesCache', 'placeholderResendCache'] as const) {
      mine[name].set('x', [name]);
      expect(mine[name].get('x')).toEqual([name]);
      expect(theirs[name].get('x')).toBeUndefined();
      mine[name].flushAll();
      expect(mine[name].get('x')).toBeUndefined();
    }
  });
});
