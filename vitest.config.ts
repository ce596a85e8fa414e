import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // Real sockets and processes on a machine that others share: two more tries, and the report says which test needed it.
    retry: 2,
    reporters: ['default', './test/support/closing-line.ts'],
    globalSetup: ['./test/support/build.ts'],
  },
});
