/** For `npm run mutants` alone: the tests of the machines, without the build that the rest of the suite needs. */
import { defineConfig } from 'vitest/config';

export default defineConfig({ test: { include: ['test/machines/**/*.test.ts'], testTimeout: 30_000 } });
