/**
 * `npm run bench -- [NAME...] [--sessions N]`: prints a table for each benchmark and writes the figures to `reports/`. A new
 * benchmark is a file of its own and one more row of the list.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import build from '../../test/support/build.ts';
import type { Benchmark, Outcome } from './benchmark.ts';
import { control } from './control.ts';
import { restore } from './restore.ts';

const benchmarks: Readonly<Record<string, Benchmark>> = { restore, control };
const sessionsMax = 2_000;
const usage = [
  `usage: npm run bench -- [NAME...] [--sessions N]   (1 to ${sessionsMax}, all benchmarks unless named)`,
  ...Object.entries(benchmarks).map(([name, { doc, sessions }]) => `  ${name}: ${doc} (${sessions} sessions unless told otherwise)`),
].join('\n');
const refuse = (problem: string): never => {
  process.stderr.write(`${problem}\n${usage}\n`);
  process.exit(2);
};
const parse = () => {
  try {
    return parseArgs({
      allowPositionals: true,
      options: { sessions: { type: 'string' }, help: { type: 'boolean', short: 'h' } },
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
const told = values.sessions === undefined ? undefined : Number(values.sessions);
if (told !== undefined && (!Number.isInteger(told) || told < 1 || told > sessionsMax)) refuse(`--sessions is "${values.sessions}".`);
const wanted = positionals.length === 0 ? Object.keys(benchmarks) : positionals;
const chosen = wanted.map((name) => [name, benchmarks[name] ?? refuse(`There is no benchmark "${name}".`)] as const);

const root = new URL('../../', import.meta.url);
const versionOf = (name: string): string =>
  (JSON.parse(readFileSync(new URL(`node_modules/${name}/package.json`, root), 'utf8')) as { version: string }).version;
const table = ({ rows }: Outcome): string => {
  const names = Object.keys(rows[0] ?? {});
  const line = (cells: readonly (string | number)[]) => `| ${cells.join(' | ')} |\n`;
  return line(names) + line(names.map(() => '---')) + rows.map((row) => line(Object.values(row))).join('');
};

build();
const machine = {
  node: process.version,
  cpu: cpus()[0]?.model ?? 'unknown',
  cores: cpus().length,
  memoryGb: Math.round(totalmem() / 2 ** 30),
  baileys: versionOf('@whiskeysockets/baileys'),
  xstate: versionOf('xstate'),
};
process.stdout.write(
  `${machine.cores} × ${machine.cpu}, ${machine.memoryGb} GB · Node ${machine.node} · Baileys ${machine.baileys} · XState ${machine.xstate}\n`,
);
mkdirSync(new URL('reports/', root), { recursive: true });
for (const [name, benchmark] of chosen) {
  const sessions = told ?? benchmark.sessions;
  process.stdout.write(`\n${name}: ${benchmark.doc}\n`);
  const outcome = await benchmark.run({ sessions, say: (line) => process.stdout.write(`  ${line}\n`) });
  process.stdout.write(`\n${table(outcome)}\n${outcome.notes.map((note) => `- ${note}\n`).join('')}`);
  const file = new URL(`reports/bench-${name}.json`, root);
  writeFileSync(
    file,
    `${JSON.stringify({ at: new Date().toISOString(), machine, sessions, ...(outcome.data as object) }, undefined, 2)}\n`,
  );
  process.stdout.write(`\nwritten to ${fileURLToPath(file)}\n`);
}
