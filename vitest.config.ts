import { configDefaults, defineConfig } from 'vitest/config';

const machines = 'test/machines/**';

export default defineConfig({
  test: {
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 240_000,
    hookTimeout: 240_000,
    reporters: ['default', './test/support/closing-line.ts'],
    projects: [
      // they hold nothing but their own world: no file needs a process of its own, nor a program that was built
      { extends: true, test: { name: 'machines', include: [`${machines}/*.test.ts`], isolate: false } },
      {
        extends: true,
        test: {
          name: 'program',
          include: ['test/**/*.test.ts'],
          exclude: [...configDefaults.exclude, machines],
          globalSetup: ['./test/support/build.ts'],
        },
      },
    ],
  },
});
