import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createReplayBuffer, type ReplayBounds } from '../../../src/control/feed/replay-buffer.ts';
import type { SerializedEvent } from '../../../src/control/feed/serialize.ts';

const bounds: ReplayBounds = { maxEvents: 5, maxBytes: 1_000, maxAgeMs: 60_000 };
const event = (seq: number, bytes = 10): SerializedEvent => ({
  seq,
  topic: 'sessions',
  org: 'acme',
  frame: Buffer.alloc(bytes),
});
const open = (over: Partial<ReplayBounds> = {}) => {
  const clock = { now: 0 };
  const buffer = createReplayBuffer({ ...bounds, ...over }, () => clock.now);
  const since = (seq: number) => buffer.after(seq)?.map((kept) => kept.seq);
  const keep = (...all: number[]) => {
    for (const seq of all) buffer.push(event(seq));
  };
  return { clock, buffer, since, keep };
};

describe('the replay buffer', () => {
  it('returns the events that followed, in order, and none when none did', () => {
    const { since, keep } = open();
    expect(since(0)).toEqual([]);
    keep(1, 2, 3);
    expect(since(0)).toEqual([1, 2, 3]);
    expect(since(2)).toEqual([3]);
    expect(since(3)).toEqual([]);
  });
  it('holds at most maxEvents, and returns the whole gap or nothing', () => {
    const { since, keep } = open();
    keep(1, 2, 3, 4, 5, 6, 7);
    expect(since(2)).toEqual([3, 4, 5, 6, 7]);
    expect(since(1)).toBeUndefined();
  });
  it('holds events for maxAgeMs, also when no new event comes', () => {
    const { since, keep, clock } = open();
    keep(1);
    clock.now = 30_000;
    keep(2);
    clock.now = 60_000;
    expect(since(0)).toEqual([1, 2]);
    clock.now = 60_001;
    expect(since(0)).toBeUndefined();
    expect(since(1)).toEqual([2]);
    clock.now = 1e9;
    expect(since(1)).toBeUndefined();
    expect(since(2)).toEqual([]);
  });
  it('holds at most maxBytes, and no single event above that', () => {
    const { since, keep, buffer } = open();
    keep(1);
    buffer.push(event(2, 995));
    expect(since(0)).toBeUndefined();
    expect(since(1)).toEqual([2]);
    buffer.push(event(3, 1_001));
    expect(since(2)).toBeUndefined();
    expect(since(3)).toEqual([]);
  });
  it('has no gap at the numbers of events that it never held', () => {
    const { since, keep } = open();
    keep(2, 5);
    expect(since(0)).toEqual([2, 5]);
    expect(since(3)).toEqual([5]);
    keep(6, 7, 8, 9);
    expect(since(2)).toEqual([5, 6, 7, 8, 9]);
    expect(since(1)).toBeUndefined();
  });
  it('never returns a part of a gap, whatever events it held and when', () => {
    const step = fc.record({
      skip: fc.nat(2),
      bytes: fc.integer({ min: 1, max: 400 }),
      wait: fc.nat(30_000),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const { buffer, clock, since } = open();
        const given: number[] = [];
        let seq = 0;
        for (const { skip, bytes, wait } of steps) {
          clock.now += wait;
          seq += 1 + skip;
          given.push(seq);
          buffer.push(event(seq, bytes));
          for (let seen = 0; seen <= seq; seen += 1) {
            const got = since(seen);
            if (got !== undefined) expect(got).toEqual(given.filter((one) => one > seen));
          }
          expect(since(seq)).toEqual([]);
          const held = given.findLast((one) => since(one) === undefined) ?? 0;
          expect(since(held + 1)?.length ?? 0).toBeLessThanOrEqual(bounds.maxEvents);
        }
      }),
    );
  });
});
