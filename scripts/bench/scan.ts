/**
 * Looks at a directory of thousands of sessions: what they cost, and how long the event loop does nothing
 * else.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { restorable } from '../../test/sessions/harness.ts';
import { atMost, type Benchmark, median } from './benchmark.ts';
import type { Logged, Looked } from './scan-program.ts';

type Contender = 'vigia' | 'naive';
/**
 * Directories, and how often each is measured: making and removing the many takes longer than looking at
 * them.
 */
const sizes = [
  { directories: 10_000, rounds: 3 },
  { directories: 100_000, rounds: 1 },
] as const;
const blockedMs = 100;
const madeAtOnce = 200;

const make = async (directories: number): Promise<string> => {
  const root = await mkdtemp(join(tmpdir(), 'vigia-bench-scan-'));
  for (let made = 0; made < directories; made += madeAtOnce) {
    const place = async (n: number): Promise<void> => {
      const directory = join(root, `org-${n}`);
      await mkdir(directory, { mode: 0o700 });
      await writeFile(join(directory, 'creds.json'), restorable(`999${n}:1`), { mode: 0o600 });
    };
    await Promise.all(
      Array.from({ length: Math.min(madeAtOnce, directories - made) }, (_, n) => place(made + n)),
    );
  }
  return root;
};
const look = async (name: Contender, root: string): Promise<Logged> => {
  const child = fork(fileURLToPath(new URL('scan-program.ts', import.meta.url)), [name, root], {
    execArgv: ['--import', 'tsx'],
  });
  let logged: Logged | undefined;
  child.on('message', (message) => (logged = message as Logged));
  await once(child, 'exit');
  if (logged === undefined) throw new Error(`${name} ended without a word`);
  return logged;
};
const middleOf = (all: readonly Looked[]): Looked => {
  const of = (pick: (one: Looked) => number) => median(all.map(pick));
  return {
    wallMs: of((l) => l.wallMs),
    ownMs: of((l) => l.ownMs),
    p99Ms: of((l) => l.p99Ms),
    seconds: of((l) => l.seconds),
    cpuMs: of((l) => l.cpuMs),
  };
};
const row = (what: string, { seconds, cpuMs, ownMs, wallMs, p99Ms }: Looked) => ({
  'scan of': what,
  seconds: seconds.toFixed(2),
  'CPU ms': cpuMs.toFixed(0),
  'longest turn ms': `${ownMs.toFixed(0)} (${wallMs.toFixed(0)})`,
  'turns p99 ms': p99Ms.toFixed(1),
});

export const scan: Benchmark = {
  doc: 'scans of thousands of session directories, against a loop that lists, stats and reads them',
  about: `
*First* is the scan at a start: it reads each \`creds.json\` and trusts it after a second observation a quarter of a second later. *Again* is the scan
every 30 seconds without changes: it examines the directory and the \`creds.json\` of each organization and reads nothing. So a replaced
credential is noticed by the next scan. The *loop* calls \`readdirSync\`, \`statSync\` and \`readFileSync\` each time. *Adoption*: the supervisor starts
a session, an actor, for each directory. The figure in brackets is wall time, with other processes; the one before it is CPU time of the main
thread. The benchmark fails unless both find every session.`,
  sessions: 10_000,
  run: async ({ say }) => {
    const rows: ReturnType<typeof row>[] = [];
    const notes: string[] = [];
    const aims = [];
    const data: Record<string, object> = {};
    for (const { directories, rounds } of sizes) {
      const n = directories.toLocaleString('en');
      say(`${n} directories are made …`);
      const root = await make(directories);
      try {
        const all = { vigia: [] as Logged[], naive: [] as Logged[] };
        for (let round = 1; round <= rounds; round += 1) {
          for (const name of ['naive', 'vigia'] as const) {
            const logged = await look(name, root);
            if (logged.found !== directories)
              throw new Error(`${name} found ${logged.found} of ${directories} sessions`);
            all[name].push(logged);
            say(
              `round ${round}, ${name}: first ${logged.first.ownMs.toFixed(0)} ms, again ` +
                `${logged.again.ownMs.toFixed(0)} ms in the longest turn`,
            );
          }
        }
        const middle = (name: Contender, step: 'first' | 'again') =>
          middleOf(all[name].map((one) => one[step]));
        const figures = {
          first: middle('vigia', 'first'),
          again: middle('vigia', 'again'),
          naiveFirst: middle('naive', 'first'),
          naiveAgain: middle('naive', 'again'),
        };
        rows.push(row(`${n}: first`, figures.first), row(`${n}: again`, figures.again));
        rows.push(row(`${n}: loop, first`, figures.naiveFirst), row(`${n}: loop, again`, figures.naiveAgain));
        aims.push(atMost(`longest turn of the first scan of ${n}`, blockedMs, figures.first.ownMs, 'ms'));
        aims.push(atMost(`longest turn of another scan of ${n}`, blockedMs, figures.again.ownMs, 'ms'));
        const ratio = (pick: (one: Looked) => number) =>
          `${(pick(figures.again) / pick(figures.naiveAgain)).toFixed(2)} ×`;
        notes.push(
          `${n}, nothing changed: ${ratio((l) => l.ownMs)} the longest turn of the loop, ` +
            `${ratio((l) => l.cpuMs)} its CPU.`,
        );
        data[String(directories)] = figures;
        const adoptions = all.vigia.flatMap(({ adopted }) => (adopted ? [adopted] : []));
        if (adoptions.length > 0) {
          const adopted = middleOf(adoptions);
          rows.push(row(`${n}: adoption`, adopted));
          aims.push(atMost(`longest turn while ${n} are adopted`, blockedMs, adopted.ownMs, 'ms'));
          data['adopted'] = adopted;
        }
      } finally {
        await rm(root, { recursive: true, force: true, maxRetries: 5 });
      }
    }
    return { rows, notes, aims, data };
  },
};
