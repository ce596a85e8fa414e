/** What holds for every sequence of arrivals, interruptions and chances. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { dayMs, priorities, type Waiting } from '../../../machines/pace.ts';
import { type Arrival, PaceWorld, policy } from '../pace-world.ts';

const hour = 3_600_000;
const arrival = fc.record({
  at: fc.nat(hour),
  to: fc.constantFrom('a', 'b', 'c', 'd', 'e', '1@g.us'),
  priority: fc.constantFrom(...priorities),
  isNew: fc.boolean(),
  forMs: fc.constantFrom(1_000, 60_000, dayMs),
});
const waiting = (n: number): Waiting => ({
  id: `m${n}`,
  order: n,
  to: `c${n}`,
  priority: 'normal',
  isNew: false,
  expiresAt: hour,
});
const arrivals = fc.array(arrival, { maxLength: 120 });
/** Fast-check's own numbers, again and again. */
const chances = fc
  .array(fc.double({ min: 0, max: 0.999, noNaN: true }), { minLength: 1, maxLength: 20 })
  .map((numbers) => {
    let n = 0;
    return () => numbers[(n += 1) % numbers.length] ?? 0;
  });
const worldOf = (all: readonly Arrival[], chance: () => number, takesMs = 200) => {
  const world = new PaceWorld(chance);
  world.takesMs = takesMs;
  return world.play(all, 3 * dayMs);
};
/** The largest number of times within any window of this length. */
const mostWithin = (times: readonly number[], windowMs: number): number =>
  Math.max(0, ...times.map((from) => times.filter((at) => at >= from && at < from + windowMs).length));

it('never more than the burst and the fastest rate, in no window', () => {
  fc.assert(
    fc.property(arrivals, chances, (all, chance) => {
      const times = worldOf(all, chance).started.map(({ at }) => at);
      for (const windowMs of [1, 3_000, 60_000, hour])
        expect(mostWithin(times, windowMs)).toBeLessThanOrEqual(
          policy.burst + Math.ceil(windowMs / (3_000 * (1 - policy.jitter))),
        );
    }),
  );
});
it('new contacts keep both of their limits', () => {
  const strangers = fc
    .integer({ min: 1, max: 90 })
    .map((count) =>
      Array.from({ length: count }, (_, n) => ({ at: n, to: `new${n}`, isNew: true, forMs: 3 * dayMs })),
    );
  fc.assert(
    fc.property(strangers, chances, (all, chance) => {
      const times = worldOf(all, chance).started.map(({ at }) => at);
      expect(mostWithin(times, 60_000)).toBeLessThanOrEqual(3);
      expect(mostWithin(times, dayMs)).toBeLessThanOrEqual(policy.newPerDay);
      expect(times).toHaveLength(all.length);
    }),
    { numRuns: 30 },
  );
});
it('each message is started once or expires once, and none is started after its deadline', () => {
  fc.assert(
    fc.property(arrivals, chances, fc.constantFrom(0, 200, 40_000), (all, chance, takesMs) => {
      const world = worldOf(all, chance, takesMs);
      const ended = [...world.started, ...world.expired].map(({ one }) => one.id);
      expect(new Set(ended).size).toBe(ended.length);
      expect(ended.length).toBe(all.length);
      for (const { at, one } of world.started) expect(at).toBeLessThan(one.expiresAt);
      for (const { at, one } of world.expired) expect(at).toBe(one.expiresAt);
    }),
  );
});
it('one recipient gets one message at a time, in the order of acceptance within a priority', () => {
  fc.assert(
    fc.property(arrivals, chances, fc.constantFrom(200, 40_000), (all, chance, takesMs) => {
      const { started } = worldOf(all, chance, takesMs);
      for (const to of new Set(started.map(({ one }) => one.to))) {
        const mine = started.filter(({ one }) => one.to === to);
        for (const [n, { at }] of mine.entries())
          if (n > 0) expect(at - (mine[n - 1]?.at ?? 0)).toBeGreaterThanOrEqual(takesMs);
        for (const priority of priorities) {
          const orders = mine.filter(({ one }) => one.priority === priority).map(({ one }) => one.order);
          expect(orders).toEqual(orders.toSorted((a, b) => a - b));
        }
      }
    }),
  );
});
it('no priority starves: of eight starts while lower ones wait, one is of a lower one', () => {
  fc.assert(
    fc.property(fc.integer({ min: 20, max: 80 }), chances, (count, chance) => {
      const world = new PaceWorld(chance, { perMinute: 600 });
      world.maySend = false;
      for (let n = 0; n < count; n += 1) world.add({ to: `h${n}`, priority: 'high' });
      for (let n = 0; n < 3; n += 1) world.add({ to: `l${n}`, priority: n === 1 ? 'normal' : 'low' });
      world.maySend = true;
      world.run();
      world.until(hour);
      const lower = world.started.flatMap(({ one }, n) => (one.priority === 'high' ? [] : [n]));
      expect(lower.slice(0, Math.min(3, Math.floor(count / 7)))).toEqual(
        [7, 15, 23].slice(0, Math.min(3, Math.floor(count / 7))),
      );
    }),
  );
});
it('ten thousand queued messages cost no wake-up each: only starts and deadlines do', () => {
  const world = new PaceWorld();
  world.maySend = false;
  const queue = Array.from({ length: 10_000 }, (_, n) => waiting(n));
  world.pace = { ...world.pace, queue };
  world.run();
  const before = world.steps;
  world.until(5 * 60_000);
  expect(world.steps).toBe(before);
  world.maySend = true;
  world.run();
  world.until(10 * 60_000);
  expect(world.started.length).toBeGreaterThan(80);
  expect(world.steps - before).toBeLessThan(5 * world.started.length);
});
