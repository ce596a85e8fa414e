/**
 * The fleet simulation in CI: fixed seeds, a minute and a half of work on one core. Fresh seeds, for longer:
 * `npm run chaos -- simulate`.
 */
import { expect, it } from 'vitest';
import { play } from './played.ts';
import { simulate } from './run.ts';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;
const once = { timeout: 1_200_000, retry: 0 }; // a broken invariant must not be hidden by a second attempt

/** 50 days in all, with three operations an hour during a storm. */
const hoursPerSeed = 150;
const meanGapMs = 20 * minuteMs;
const seeds = [1, 2, 3, 4, 5, 6, 7, 8];

it('keeps every invariant of a fleet of ten under every fault', once, async () => {
  const played = await play(seeds, { totalMs: hoursPerSeed * hourMs, meanGapMs });
  expect(played.report).toBe(undefined);
  expect(played.simulatedMs).toBe(seeds.length * hoursPerSeed * hourMs);
  // a simulation in which little happens would also keep every invariant
  const days = played.simulatedMs / dayMs;
  expect(played.operations).toBeGreaterThan(50 * days);
  expect(played.starts).toBeGreaterThan(5 * days);
  expect(played.coverage.operations.size).toBeGreaterThan(45);
  expect(played.coverage.transitions().length).toBeGreaterThan(40);
  expect(played.coverage.pairs()).toBeGreaterThan(450);
  process.stdout.write(
    `${days.toFixed(1)} fleet-days: ${played.operations} operations, ${played.starts} starts of the ` +
      'program, ',
  );
  process.stdout.write(
    `${played.coverage.transitions().length} transitions, ${played.coverage.pairs()} pairs of a ` +
      `transition and an operation\n`,
  );
});

it('keeps every invariant of a fleet of sixty, whose sessions wait at the gate', once, async () => {
  const played = await play([31], { totalMs: 7.5 * hourMs, fleet: 60, meanGapMs: 4 * minuteMs });
  expect(played.report).toBe(undefined);
  expect(played.operations).toBeGreaterThan(50);
});

it('gives the same trace for a seed every time', once, async () => {
  const options = { seed: 77, totalMs: 7.5 * hourMs };
  const first = await simulate(options);
  expect((await simulate(options)).trace).toEqual(first.trace);
  expect(first.stateChanges.length).toBeGreaterThan(100);
});
