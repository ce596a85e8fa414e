/** Every benchmark, in the order of the page. A new one is a file of its own and one more name here. */
import type { Benchmark } from './benchmark.ts';
import { control } from './control.ts';
import { messages } from './messages.ts';
import { restore } from './restore.ts';
import { scan } from './scan.ts';
import { steady } from './steady.ts';
import { store } from './store.ts';
import { storm } from './storm.ts';

export const benchmarks: Readonly<Record<string, Benchmark>> = {
  restore,
  steady,
  storm,
  scan,
  store,
  control,
  messages,
};
