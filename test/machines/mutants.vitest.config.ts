/**
 * The tests of the machines alone, without the build that the rest of the suite needs. `npm run mutants` runs
 * them for each mutant. The quickest come first, because the first failing test kills a mutant. The random
 * properties are left out: a fault that only they find deserves a plain test.
 */
import { configDefaults, defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

const quickestFirst = [
  /machines\/setup|context|verdict|causes/,
  /domain\/|machines\/session\/|commands|execute-command/,
  /fleet-outage|fleet-directory|fleet\.test/,
  /pairing\.spec/,
  /counting|session\.spec/,
  /gate\.spec|breaker\.spec/,
  /properties|fleet\.spec|races/,
  /loading/,
];
const rank = ({ moduleId }: TestSpecification): number => {
  const found = quickestFirst.findIndex((names) => names.test(moduleId));
  return found < 0 ? 1 : found;
};

class QuickestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    return files.toSorted((a, b) => rank(a) - rank(b) || a.moduleId.localeCompare(b.moduleId));
  }
}

/** Stryker names its workers; its first pass leaves the specifications out (see `stryker.config.mjs`). */
const isForMutants = process.env['STRYKER_MUTATOR_WORKER'] !== undefined;
const leftOut = [
  ...(isForMutants ? ['test/machines/properties/**'] : []),
  ...(isForMutants && process.env['MUTANTS'] === 'quick' ? ['test/machines/spec/**'] : []),
];

export default defineConfig({
  test: {
    include: ['test/machines/**/*.test.ts'],
    exclude: [...configDefaults.exclude, ...leftOut],
    // a machine that is busy must not pass for a mutant that was noticed
    testTimeout: isForMutants ? 120_000 : 30_000,
    isolate: false,
    maxWorkers: 2,
    ...(isForMutants && { sequence: { sequencer: QuickestFirst } }),
  },
});
