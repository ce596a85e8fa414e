/**
 * The tests of one room of `src/` (`MUTANTS=delivery`), for its mutants. Tests that start the built program
 * or another process are left out: a mutant lives in the process of the tests, so they cannot notice it.
 */
import { configDefaults, defineConfig } from 'vitest/config';

const room = process.env['MUTANTS'] ?? '';

export default defineConfig({
  test: {
    include: [`test/${room}/**/*.test.ts`],
    exclude: [
      ...configDefaults.exclude,
      '**/*kill.test.ts',
      'test/client/package.test.ts',
      'test/disk/other-process.test.ts',
    ],
    // a machine that is busy must not pass for a mutant that was noticed
    testTimeout: 60_000,
    isolate: false,
    maxWorkers: 1,
  },
});
