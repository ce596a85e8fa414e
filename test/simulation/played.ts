/** Plays runs until an invariant breaks or none is left; reports the seed and the shortest trace found. */
import { Coverage } from './coverage.ts';
import { type RunOptions, simulate } from './run.ts';
import { reportOf, shrink } from './shrink.ts';

/** The sum of many runs. */
export class Played {
  readonly coverage = new Coverage();
  /** The first broken invariant, and how to repeat the run; undefined when every invariant held. */
  report: string | undefined;
  simulatedMs = 0;
  operations = 0;
  starts = 0;
  runs = 0;

  async add(options: RunOptions): Promise<void> {
    const result = await simulate(options);
    this.coverage.add(result.coverage);
    this.simulatedMs += result.simulatedMs;
    this.operations += result.performed.length;
    this.starts += result.starts;
    this.runs += 1;
    if (result.violation) this.report ??= reportOf(await shrink(options, result, shrinkBudgetMs));
  }
}
/** Real time. */
const shrinkBudgetMs = 60_000;

export const play = async (seeds: readonly number[], options: Omit<RunOptions, 'seed'>): Promise<Played> => {
  const played = new Played();
  for (const seed of seeds) if (played.report === undefined) await played.add({ ...options, seed });
  return played;
};
