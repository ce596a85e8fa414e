/**
 * Finds a shorter run that breaks the same invariant, by leaving operations out: many at a time first, then
 * fewer.
 */
import { calmMs, stormMs } from './operations.ts';
import { defaultFleet, defaultGapMs, type RunOptions, type RunResult, simulate } from './run.ts';

export interface Shrunk {
  readonly options: RunOptions;
  readonly result: RunResult;
  readonly keep: readonly number[];
  readonly replays: number;
}

/** The end of the storm in which the invariant broke, with its calm. What comes later cannot matter. */
const upTo = (brokenAt: number): number =>
  Math.ceil((brokenAt + 1) / (stormMs + calmMs)) * (stormMs + calmMs);

/**
 * `budgetMs` is real time. Delta debugging (Zeller and Hildebrandt, 2002), without its second half, which
 * finds little here.
 */
export const shrink = async (played: RunOptions, broken: RunResult, budgetMs: number): Promise<Shrunk> => {
  const deadline = performance.now() + budgetMs;
  const totalMs = Math.min(played.totalMs, upTo(broken.violation?.at ?? played.totalMs));
  const options = { ...played, totalMs };
  let best: Shrunk = { options, result: broken, keep: broken.performed, replays: 0 };
  let replays = 0;
  const breaksToo = async (keep: readonly number[]): Promise<boolean> => {
    replays += 1;
    const result = await simulate({ ...options, keep: new Set(keep) });
    if (result.violation?.invariant !== broken.violation?.invariant) return false;
    best = { options, result, keep: result.performed, replays };
    return true;
  };
  for (
    let chunk = Math.ceil(best.keep.length / 2);
    chunk >= 1;
    chunk = chunk === 1 ? 0 : Math.ceil(chunk / 2)
  ) {
    for (let from = 0; from < best.keep.length && performance.now() < deadline; ) {
      const { keep } = best;
      if (!(await breaksToo([...keep.slice(0, from), ...keep.slice(from + chunk)]))) from += chunk;
    }
  }
  return { ...best, replays };
};

/** The text with which a person can repeat the failure. */
export const reportOf = ({ options, result, keep, replays }: Shrunk): string => {
  const { violation } = result;
  const { seed, totalMs, fleet = defaultFleet, meanGapMs = defaultGapMs } = options;
  const kept = keep.length === 0 ? 'none' : keep.join(',');
  return [
    `seed ${seed} breaks "${violation?.invariant ?? '?'}": ${violation?.message ?? '?'}`,
    `shortest trace found in ${replays} replays:`,
    ...result.trace.map((line) => `  ${line}`),
    `again: npx tsx scripts/simulate.ts --seed ${seed} --hours ${totalMs / 3_600_000} --fleet ${fleet} ` +
      `--gap ${meanGapMs / 60_000} --keep ${kept}`,
  ].join('\n');
};
