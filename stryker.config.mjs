/**
 * `npm run mutants` runs twice: first the plain tests for every mutant, then the specifications for the mutants that
 * survived (`reports/mutants/incremental.json` keeps the killed ones). The walks of a specification take long to
 * prepare, and most mutants need none.
 */
const isQuick = process.env.MUTANTS === 'quick';

export default {
  packageManager: 'npm',
  tsconfigFile: 'not-needed-by-vitest.json',
  testRunner: 'vitest',
  vitest: { configFile: 'test/machines/mutants.vitest.config.ts', related: false },
  mutate: ['machines/**/*.ts'],
  coverageAnalysis: 'perTest',
  concurrency: Number(process.env.MUTANTS_CONCURRENCY ?? 2),
  timeoutMS: 60_000,
  timeoutFactor: 2,
  incremental: true,
  incrementalFile: 'reports/mutants/incremental.json',
  reporters: ['progress-append-only', 'clear-text', 'json'],
  clearTextReporter: { allowColor: false, logTests: false, reportTests: false },
  jsonReporter: { fileName: 'reports/mutants/mutants.json' },
  ignorePatterns: ['auth_sessions', 'dist', 'docs', 'reports', 'src', 'test/e2e', 'test/support/whatsapp', 'test/control', 'test/whatsapp'],
  thresholds: { high: 98, low: 95, break: isQuick ? null : 95 },
};
