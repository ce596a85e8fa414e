/**
 * How many key transactions a second a disk carries: the store against what it was before, against LMDB,
 * against Baileys' own.
 */
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { atLeast, type Benchmark, median } from './benchmark.ts';
import type { Carried } from './store-load.ts';

const inFlight = 64;
const loadMs = 4_000;
const limitMs = 60_000;
const slowMs = 3;
/**
 * In this order, so that the two that are compared run next to each other. `files` is the slowest and says
 * enough in one run.
 */
const plan = [
  { name: 'baileys', syncMs: 0, runs: 1 },
  { name: 'files', syncMs: 0, runs: 1 },
  { name: 'journal', syncMs: 0, runs: 1 },
  { name: 'lmdb', syncMs: 0, runs: 1 },
  { name: 'files', syncMs: slowMs, runs: 1 },
  { name: 'journal', syncMs: slowMs, runs: 3 },
  { name: 'lmdb', syncMs: slowMs, runs: 1 },
] as const;
const called: Readonly<Record<string, string>> = {
  baileys: "Baileys' own (nothing is durable)",
  files: 'a file for each key, synced',
  journal: '**journal (Vigía)**',
  lmdb: 'LMDB alone (no plain files)',
};

const once = async (name: string, syncMs: number, organizations: number): Promise<Carried> => {
  const root = await mkdtemp(join(process.env['BENCH_DIR'] ?? tmpdir(), 'vigia-bench-store-'));
  try {
    const script = fileURLToPath(new URL('./store-run.ts', import.meta.url));
    const args = [name, root, syncMs, organizations, inFlight, loadMs].map(String);
    const { stdout } = await promisify(execFile)(process.execPath, ['--import', 'tsx', script, ...args], {
      timeout: limitMs,
    });
    return JSON.parse(stdout) as Carried;
  } finally {
    await rm(root, { recursive: true, force: true });
  }
};
/** By the rate. */
const middleOf = (runs: readonly Carried[]): Carried => {
  const rate = median(runs.map((run) => run.rate));
  return runs.find((run) => run.rate === rate) as Carried;
};

export const store: Benchmark = {
  doc: 'key transactions of many organizations, on a fast disk and on one whose every sync takes 3 ms longer',
  about: `
64 transactions are always in flight, over all organizations. Each organization starts with linked credentials and nothing else. Of a hundred
transactions, 60 change one session, 15 add a contact (six keys, and one pre-key is removed), 15 change a group's sender key, 8 change three sessions, and
2 save the credentials. A transaction counts when the store reports it durable. Baileys' own store syncs nothing: its row shows the cost of the same
files without any guarantee. *Sustained* also counts the time until everything is in plain files after the load.

The delay is added where Vigía calls its disk port for a sync, at most four at a time, like the threads that would wait in them. LMDB syncs in a
thread of its own that this benchmark cannot reach. It syncs twice for a commit, so each commit is delayed twice before it counts and before
the next begins. The disk is that of \`BENCH_DIR\`, or the one for temporary files. On a file system in memory the fast half has no meaning.`,
  missed: {
    'transactions a second at 3 ms':
      'Other work used the cores: compare the row of a synced file for each key, which suffers equally.',
    'against a synced file for each key':
      'Other work used the cores: that store mostly waits, and the journal mostly works.',
    'transactions a second at 3 ms, sustained':
      'Two CPU cores are the limit, not the disk: a transaction of this load is 2.3 files, and each is ' +
      'created and renamed. Callers see the rate during the load; with fewer new contacts the rest is ' +
      'written to files in quiet moments.',
  },
  sessions: 200,
  run: async ({ sessions, say }) => {
    const results: { name: string; syncMs: number; carried: Carried }[] = [];
    for (const { name, syncMs, runs } of plan) {
      const all: Carried[] = [];
      for (let n = 0; n < runs; n += 1) all.push(await once(name, syncMs, sessions));
      const carried = middleOf(all);
      results.push({ name, syncMs, carried });
      say(`${name}, ${syncMs} ms: ${carried.rate.toFixed(0)} transactions a second`);
    }
    const of = (name: string, syncMs: number): Carried => {
      const found = results.find((one) => one.name === name && one.syncMs === syncMs);
      if (!found) throw new Error(`${name} was not run`);
      return found.carried;
    };
    const [files, journal, lmdb] = [of('files', slowMs), of('journal', slowMs), of('lmdb', slowMs)];
    return {
      rows: results.map(({ name, syncMs, carried }) => ({
        store: called[name] ?? name,
        'added to a sync': `${syncMs} ms`,
        'transactions a second': carried.rate.toFixed(0),
        sustained: carried.sustained.toFixed(0),
        'p50 ms': carried.p50Ms.toFixed(1),
        'p99 ms': carried.p99Ms.toFixed(1),
        'CPU µs each': carried.cpuUs.toFixed(0),
        'loop p99 ms': carried.loopP99Ms.toFixed(1),
        'RSS MB': carried.rssMb.toFixed(0),
      })),
      notes: [
        `At ${slowMs} ms the journal carries ${(journal.rate / files.rate).toFixed(1)} times what a ` +
          `synced file for each key does, and ${(journal.rate / lmdb.rate).toFixed(2)} times what LMDB ` +
          `alone does; sustained ${(journal.sustained / files.sustained).toFixed(1)} times.`,
      ],
      aims: [
        atLeast('transactions a second at 3 ms', 3_000, journal.rate, 'a second'),
        atLeast('transactions a second at 3 ms, sustained', 3_000, journal.sustained, 'a second'),
        atLeast('against a synced file for each key', 7.9, journal.rate / files.rate, '×'),
      ],
      data: { inFlight, loadMs, results },
    };
  },
};
