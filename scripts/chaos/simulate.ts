/**
 * The fleet simulation on fresh seeds; its promises, and what a broken one looks like, are in
 * docs/engineering/SIMULATION.md.
 */
import { Played } from '../../test/simulation/played.ts';
import type { Mode, ModeOptions, Report } from './mode.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
/** A seed is one run of so long. */
const hoursPerRun = 30;
/** Mostly ten organizations; now and then so many that they wait for one another at the gate. */
const fleets = [10, 10, 10, 25, 60] as const;
/** Between two operations, on average. */
const gapsMs = [4, 9, 15].map((minutes) => minutes * 60_000);
const sayEveryMs = 60_000;

const run = async ({ rng, left, say }: ModeOptions): Promise<Report> => {
  const played = new Played();
  let saidAt = performance.now();
  const progress = () =>
    `${(played.simulatedMs / dayMs).toFixed(1)} fleet-days in ${played.runs} runs: ${played.operations} ` +
    `operations, ${played.starts} starts of the program`;
  while (left(played.runs) > 0 && played.report === undefined) {
    const [fleet, meanGapMs] = [rng.pick(fleets), rng.pick(gapsMs)];
    await played.add({ seed: rng.between(0, 2 ** 31), totalMs: hoursPerRun * hourMs, fleet, meanGapMs });
    if (performance.now() - saidAt < sayEveryMs) continue;
    saidAt = performance.now();
    say(progress());
  }
  const { coverage, report } = played;
  say(`what changed, and after which operations:\n${coverage.table()}`);
  say(
    `${progress()}; ${coverage.operations.size} kinds of operations, ${coverage.transitions().length} ` +
      `transitions, ${coverage.pairs()} pairs of the two`,
  );
  return { broken: report === undefined ? [] : [report] };
};

export const simulate: Mode = {
  doc: 'simulates fleets under all kinds of faults on fresh seeds, and reports what was covered (counts runs)',
  run,
};
