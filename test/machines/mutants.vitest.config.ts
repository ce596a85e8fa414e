/**
 * For `npm run mutants` alone: the tests of the machines, without the build that the rest of the suite needs, and the quickest
 * first, because a mutant is killed by the first test that notices it.
 */
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

const quickestFirst = [
  /words/,
  /verdicts|commands|desk|session-/,
  /fleet-outage|fleet-directory|fleet\.test/,
  /pairing\.promise/,
  /counting|session\.promise/,
  /gate\.promise|breaker\.promise/,
  /properties|fleet\.promise|races/,
];
const rank = ({ moduleId }: TestSpecification): number => quickestFirst.findIndex((names) => names.test(moduleId));

class QuickestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    return files.toSorted((a, b) => rank(a) - rank(b) || a.moduleId.localeCompare(b.moduleId));
  }
}

export default defineConfig({
  test: { include: ['test/machines/**/*.test.ts'], testTimeout: 30_000, isolate: false, sequence: { sequencer: QuickestFirst } },
});
