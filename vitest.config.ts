import { configDefaults, defineConfig } from 'vitest/config';
import LongestFirst from './test/support/longest-first.ts';

const machines = 'test/machines/**';
/** Their tests change nothing that a later file would notice, so files of one worker share what they import. */
const rooms = [
  'alerts',
  'base',
  'chaos',
  'client',
  'config',
  'control',
  'database',
  'delivery',
  'disk',
  'doctor',
  'history',
  'keys',
  'links',
  'log',
  'messages',
  'metrics',
  'offline',
  'protocol',
  'sessions',
];
const anyFile = rooms.map((room) => `test/${room}/**/*.test.ts`);
/** They start programs and kill them, which takes long. */
const kills = 'test/**/*kill*.test.ts';

export default defineConfig({
  test: {
    pool: 'forks',
    maxWorkers: 3, // one more than the two cores that a run needs: many files wait for a program or a clock
    sequence: { sequencer: LongestFirst },
    testTimeout: 240_000,
    hookTimeout: 240_000,
    reporters: ['default', './test/support/closing-line.ts'],
    projects: [
      // they hold nothing but their own world, and need no program that was built
      { extends: true, test: { name: 'machines', include: [`${machines}/*.test.ts`], isolate: false } },
      {
        extends: true,
        test: {
          name: 'rooms',
          include: anyFile,
          exclude: [...configDefaults.exclude, kills],
          isolate: false,
          globalSetup: ['./test/support/build.ts'],
        },
      },
      {
        extends: true,
        test: {
          name: 'program',
          include: ['test/**/*.test.ts'],
          exclude: [...configDefaults.exclude, machines, ...anyFile, kills],
          globalSetup: ['./test/support/build.ts'],
        },
      },
      {
        extends: true,
        test: { name: 'kills', include: [kills], globalSetup: ['./test/support/build.ts'] },
      },
    ],
  },
});
