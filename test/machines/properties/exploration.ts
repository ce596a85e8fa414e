/**
 * How many random cases the properties try. CI repeats the same cases; `npm run properties` tries more, and
 * other ones each time.
 */
import type { Parameters } from 'fast-check';

const asked = process.env['PROPERTY_RUNS'];
const seed = process.env['PROPERTY_SEED'];
/** Of a counterexample: a failure prints it beside its seed, and it leads straight there. */
const path = process.env['PROPERTY_PATH'];
/** So that a red build is red for a reason in the change, and the same again on the next machine. */
const seedInCi = 20_261_124;

/** How long one exploration may take: the longer ones are asked for by hand. */
export const patienceMs = asked === undefined ? 60_000 : 3_600_000;

/**
 * `runs` in the test suite; `PROPERTY_RUNS` times as many, from a random seed (or `PROPERTY_SEED`), when it
 * is set.
 */
export const exploration = <T>(runs: number): Parameters<T> => ({
  numRuns: asked === undefined ? runs : runs * Number(asked),
  ...(asked === undefined ? { seed: seedInCi } : seed !== undefined && { seed: Number(seed) }),
  ...(path !== undefined && { path }),
  verbose: 1, // the counterexample, its seed and its path: all that is needed to play it again
});
