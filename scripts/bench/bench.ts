/**
 * `npm run bench -- [NAME...] [--sessions N] [--keep | --keep-node]`: prints a table for each benchmark and
 * writes the figures to `reports/`. With `--keep` also to `scripts/bench/results/`, with `--keep-node` to its
 * folder for this version of Node; both make `docs/engineering/BENCHMARKS.md` again from what is kept.
 */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import build from '../../test/support/build.ts';
import * as page from '../docs/benchmarks.ts';
import { benchmarks } from './benchmarks.ts';
import { keep, keepForNode, machine, machineSaid, type Result, report, tableOf } from './result.ts';

const sessionsMax = 2_000;
const usage = [
  `usage: npm run bench -- [NAME...] [--sessions N] [--keep | --keep-node]   (1 to ${sessionsMax}, all ` +
    'benchmarks unless named)',
  ...Object.entries(benchmarks).map(
    ([name, { doc, sessions }]) => `  ${name}: ${doc} (${sessions} sessions unless told otherwise)`,
  ),
  '  --keep: these are the figures for docs/engineering/BENCHMARKS.md, which is made again from them',
  '  --keep-node: these are the figures of this version of Node, for the comparison on that page',
].join('\n');
const refuse = (problem: string): never => {
  process.stderr.write(`${problem}\n${usage}\n`);
  process.exit(2);
};
const parse = () => {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        sessions: { type: 'string' },
        keep: { type: 'boolean' },
        'keep-node': { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    });
  } catch (error) {
    return refuse((error as Error).message);
  }
};
const { values, positionals } = parse();
if (values.help) {
  process.stdout.write(`${usage}\n`);
  process.exit(0);
}
const reported = values.sessions === undefined ? undefined : Number(values.sessions);
if (reported !== undefined && (!Number.isInteger(reported) || reported < 1 || reported > sessionsMax))
  refuse(`--sessions is "${values.sessions}".`);
if (reported !== undefined && values.keep)
  refuse('Only figures of the usual size are kept: leave out --sessions or --keep.');
const wanted = positionals.length === 0 ? Object.keys(benchmarks) : positionals;
const chosen = wanted.map(
  (name) => [name, benchmarks[name] ?? refuse(`There is no benchmark "${name}".`)] as const,
);
const write = (text: string) => process.stdout.write(text);

build();
write(`${machineSaid(machine())}\n`);
for (const [name, benchmark] of chosen) {
  const sessions = reported ?? benchmark.sessions;
  write(`\n${name}: ${benchmark.doc}\n`);
  const startedAt = Date.now();
  const outcome = await benchmark.run({ sessions, say: (logged) => write(`  ${logged}\n`) });
  const seconds = Math.round((Date.now() - startedAt) / 1_000);
  const result: Result = {
    at: new Date(startedAt).toISOString(),
    seconds,
    machine: machine(),
    sessions,
    ...outcome,
  };
  write(`\n${tableOf(result.rows)}\n${result.notes.map((note) => `- ${note}\n`).join('')}`);
  for (const { what, aim, reached, met } of result.aims)
    write(`- ${met ? 'met' : 'MISSED'}: ${what}: ${reached} (${aim})\n`);
  write(`\nwritten to ${report(name, result)}\n`);
  if (!values.keep && !values['keep-node']) continue;
  write(`kept as ${values.keep ? keep(name, result) : keepForNode(name, result)}\n`);
  writeFileSync(new URL(`../../${page.file}`, import.meta.url), page.render());
}
