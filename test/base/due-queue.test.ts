/** The queues that deliveries wait in. */
import { describe, expect, it } from 'vitest';
import { rngOf } from '../../scripts/chaos/rng.ts';

import { DueQueue } from '../../src/base/due-queue.ts';
import { Fifo } from '../../src/base/fifo.ts';

describe('a queue by time', () => {
  it('gives the earliest first, and equal times in the order in which they came', () => {
    const rng = rngOf(7);
    const queue = new DueQueue();
    const added = Array.from({ length: 2_000 }, (_, n) => ({ id: `${n}`, at: rng.between(0, 300) }));
    for (const { id, at } of added) queue.add(id, at);
    const taken: string[] = [];
    for (let first = queue.first(); first; first = queue.first()) {
      taken.push(first.id);
      queue.removeFirst();
    }
    expect(taken).toEqual(added.toSorted((a, b) => a.at - b.at).map(({ id }) => id));
    expect(queue.size).toBe(0);
  });
  it('is empty after it was cleared, and removing from an empty one does nothing', () => {
    const queue = new DueQueue();
    queue.add('a', 1);
    queue.clear();
    queue.removeFirst();
    expect(queue.first()).toBe(undefined);
  });
});

describe('a queue by arrival', () => {
  it('gives the first that came, however many came and left', () => {
    const queue = new Fifo<number>();
    let [next, expected] = [0, 0];
    for (let round = 0; round < 50; round += 1) {
      for (let n = 0; n < 100; n += 1) queue.push((next += 1));
      for (let n = 0; n < 90; n += 1) expect(queue.shift()).toBe((expected += 1));
      expect(queue.first()).toBe(expected + 1);
      expect(queue.length).toBe(next - expected);
      expect(queue.last()).toBe(next);
    }
  });
  it('keeps the items that are wanted, in order, and is empty at its end', () => {
    const queue = new Fifo<number>();
    for (const n of [1, 2, 3, 4]) queue.push(n);
    queue.shift();
    queue.keep((n) => n % 2 === 0);
    expect([queue.shift(), queue.shift(), queue.shift()]).toEqual([2, 4, undefined]);
    expect([queue.first(), queue.last(), queue.length]).toEqual([undefined, undefined, 0]);
  });
});
