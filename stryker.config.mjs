/**
 * Two subjects, chosen by MUTANTS:
 *
 * - unset or `quick`: the machines. `npm run mutants` runs twice: first the plain tests for every mutant,
 *   then the specifications for the survivors (`reports/mutants/incremental.json` keeps the killed ones).
 *   The walks of a specification take long to prepare, and most mutants need none.
 * - the name of a room of `src/`, such as `delivery`: that room with the tests of `test/<room>/`
 *   (`npm run mutants:rooms -- delivery`). `reports/mutants/<room>.json` keeps the results.
 */
const subject = process.env.MUTANTS ?? '';
const isRoom = subject !== '' && subject !== 'quick';

const machines = {
  vitest: { configFile: 'test/machines/mutants.vitest.config.ts', related: false },
  mutate: ['machines/**/*.ts'],
  incrementalFile: 'reports/mutants/incremental.json',
  jsonReporter: { fileName: 'reports/mutants/mutants.json' },
  ignorePatterns: [
    'auth_sessions', 'dist', 'docs', 'reports', 'src', 'test/e2e', 'test/support/whatsapp', 'test/control',
    'test/whatsapp',
  ],
  thresholds: { high: 98, low: 95, break: subject === 'quick' ? null : 95 },
};

const room = {
  vitest: { configFile: 'scripts/mutants/rooms.vitest.config.ts', related: false },
  mutate: [`src/${subject}/**/*.ts`],
  incrementalFile: `reports/mutants/${subject}.json`,
  jsonReporter: { fileName: `reports/mutants/${subject}-last.json` },
  ignorePatterns: ['auth_sessions', 'reports', 'test/e2e'],
  // the report judges the score, because it also counts the reasons in the source
  thresholds: { high: 95, low: 85, break: null },
};

export default {
  packageManager: 'npm',
  tsconfigFile: 'not-needed-by-vitest.json',
  testRunner: 'vitest',
  coverageAnalysis: 'perTest',
  concurrency: Number(process.env.MUTANTS_CONCURRENCY ?? 2),
  timeoutMS: 60_000,
  timeoutFactor: 2,
  incremental: true,
  reporters: ['progress-append-only', 'clear-text', 'json'],
  clearTextReporter: { allowColor: false, logTests: false, reportTests: false },
  ...(isRoom ? room : machines),
};
