import { describe, expect, it } from 'vitest';
import { added, dayMs, drainMs, paceOf, removed, step } from '../../machines/pace.ts';
import { PaceWorld, policy } from './pace-world.ts';

const minute = 60_000;
const many = (count: number, of: (n: number) => Parameters<PaceWorld['add']>[0]) =>
  Array.from({ length: count }, (_, n) => ({ at: 0, ...of(n) }));
const timesOf = (world: PaceWorld) => world.started.map(({ at }) => at);

describe('the rate', () => {
  it('is five at once and then one in three seconds', () => {
    const world = new PaceWorld().play(
      many(8, (n) => ({ to: `c${n}` })),
      minute,
    );
    expect(timesOf(world)).toEqual([0, 0, 0, 0, 0, 3_000, 6_000, 9_000]);
  });
  it('varies each wait by thirty per cent in both directions', () => {
    for (const [chance, ms] of [
      [0, 2_100],
      [0.999_999, 3_900],
    ] as const) {
      const world = new PaceWorld(() => chance).play(
        many(6, (n) => ({ to: `c${n}` })),
        minute,
      );
      expect(Math.round(timesOf(world)[5] ?? 0)).toBe(ms);
    }
  });
  it('gathers no more than the burst in a pause', () => {
    const world = new PaceWorld();
    world.until(60 * minute);
    for (let n = 0; n < 7; n += 1) world.add({ to: `c${n}` });
    expect(world.started).toHaveLength(5);
  });
  it('counts a group as one message', () => {
    const world = new PaceWorld().play(
      many(5, () => ({ to: '1@g.us' })),
      minute,
    );
    expect(world.started).toHaveLength(5);
    expect(timesOf(world)).toEqual([0, 200, 400, 600, 800]);
  });
});

describe('new contacts', () => {
  it('are written to once a minute, and hold nothing else back', () => {
    const world = new PaceWorld().play(
      [...many(3, (n) => ({ to: `new${n}`, isNew: true })), { at: 0, to: 'friend' }],
      5 * minute,
    );
    expect(world.started.map(({ at, one }) => [one.to, at])).toEqual([
      ['new0', 0],
      ['friend', 0],
      ['new1', minute],
      ['new2', 2 * minute],
    ]);
  });
  it('are written to fifty times in a day', () => {
    const world = new PaceWorld().play(
      many(60, (n) => ({ to: `new${n}`, isNew: true, forMs: 3 * dayMs })),
      2 * dayMs,
    );
    expect(timesOf(world).filter((at) => at < dayMs)).toHaveLength(50);
    expect(timesOf(world)[50]).toBe(dayMs);
    expect(world.started).toHaveLength(60);
  });
  it('of before a restart count, and only the last of them', () => {
    const starts = Array.from({ length: 60 }, (_, n) => -n * 1_000).reverse();
    const pace = paceOf(policy, starts);
    expect(pace.freshStarts).toHaveLength(50);
    const one = {
      id: 'a',
      order: 1,
      to: 'x',
      priority: 'normal',
      isNew: true,
      expiresAt: 2 * dayMs,
    } as const;
    const now = 100;
    const { start, wakeAt } = step(
      added(pace, one),
      { now, chance: 0.5, maySend: true, isRestricted: false },
      policy,
    );
    expect(start).toBeUndefined();
    expect(wakeAt).toBe(dayMs - 49_000);
  });
  it('are known after the first message', () => {
    const world = new PaceWorld();
    world.maySend = false;
    for (let n = 0; n < 3; n += 1) world.add({ to: 'x', isNew: true });
    world.maySend = true;
    world.run();
    world.until(minute);
    expect(timesOf(world)).toEqual([0, 200, 400]);
  });
  it('are refused during a restriction, and others are not', () => {
    const world = new PaceWorld();
    world.isRestricted = true;
    world.play(
      [
        { at: 0, to: 'stranger', isNew: true },
        { at: 0, to: 'friend' },
      ],
      minute,
    );
    expect(world.restricted.map(({ one }) => one.to)).toEqual(['stranger']);
    expect(world.started.map(({ one }) => one.to)).toEqual(['friend']);
  });
});

describe('the order', () => {
  it('within a recipient is that of acceptance, one at a time', () => {
    const world = new PaceWorld();
    world.takesMs = 10_000;
    world.play(
      many(3, () => ({ to: 'x' })),
      minute,
    );
    expect(world.started.map(({ at, one }) => [one.order, at])).toEqual([
      [1, 0],
      [2, 10_000],
      [3, 20_000],
    ]);
  });
  it('takes the higher priority first, and one in eight from below, the oldest of them', () => {
    const world = new PaceWorld(() => 0.5, { burst: 1 });
    world.maySend = false;
    for (let n = 0; n < 16; n += 1) world.add({ to: `h${n}`, priority: 'high' });
    world.add({ to: 'low', priority: 'low' });
    world.add({ to: 'normal' });
    world.maySend = true;
    world.run();
    world.until(5 * minute);
    const order = world.started.map(({ one }) => one.to);
    expect(order.indexOf('low')).toBe(7);
    expect(order.indexOf('normal')).toBe(15);
    expect(order.filter((to) => to.startsWith('h'))).toEqual(Array.from({ length: 16 }, (_, n) => `h${n}`));
  });
  it('of a message that came back is its old one', () => {
    const of = (order: number) =>
      ({ id: `m${order}`, order, to: 'x', priority: 'normal', isNew: false, expiresAt: 1 }) as const;
    const pace = [3, 1, 2].reduce((p, order) => added(p, of(order)), paceOf(policy));
    expect(pace.queue.map(({ order }) => order)).toEqual([1, 2, 3]);
    expect(removed(pace, 'm2').queue.map(({ order }) => order)).toEqual([1, 3]);
  });
});

describe('the deadline', () => {
  it('ends a message that waits, also while the session is not connected', () => {
    const world = new PaceWorld();
    world.maySend = false;
    world.play(
      [
        { at: 0, to: 'a', forMs: 1_000 },
        { at: 500, to: 'b', forMs: 60_000 },
      ],
      10_000,
    );
    expect(world.expired.map(({ at, one }) => [one.to, at])).toEqual([['a', 1_000]]);
    expect(world.started).toEqual([]);
    world.maySend = true;
    world.run();
    expect(world.started.map(({ one }) => one.to)).toEqual(['b']);
  });
  it('is seen without a call in between: nothing wakes while nothing can change', () => {
    const world = new PaceWorld();
    world.maySend = false;
    world.add({ to: 'a', forMs: 60_000 });
    const { steps } = world;
    world.until(59_999);
    expect(world.steps).toBe(steps);
  });
});

describe('room in a full queue', () => {
  it('is expected at the rate of the last starts', () => {
    const world = new PaceWorld().play(
      many(40, (n) => ({ to: `c${n}` })),
      minute,
    );
    expect(drainMs(world.pace, world.now, policy)).toBeGreaterThanOrEqual(2_000);
    expect(drainMs(world.pace, world.now, policy)).toBeLessThanOrEqual(3_000);
  });
  it('takes a minute for new contacts, or until the next expires, and never less than a second', () => {
    const world = new PaceWorld();
    world.maySend = false;
    world.add({ to: 'a', isNew: true });
    expect(drainMs(world.pace, world.now, policy)).toBe(minute);
    world.add({ to: 'b', isNew: true, forMs: 5_000 });
    expect(drainMs(world.pace, world.now, policy)).toBe(5_000);
    world.add({ to: 'c', isNew: true, forMs: 10 });
    expect(drainMs(world.pace, world.now, policy)).toBe(1_000);
  });
});
