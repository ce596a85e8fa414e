/**
 * One run of a benchmark as it is written down: to `reports/` always, and with `--keep` to
 * `scripts/bench/results/`, from which `docs/engineering/BENCHMARKS.md` is made. Nothing else writes there.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { Outcome } from './benchmark.ts';

const root = new URL('../../', import.meta.url);
const versionOf = (name: string): string =>
  (
    JSON.parse(readFileSync(new URL(`node_modules/${name}/package.json`, root), 'utf8')) as {
      version: string;
    }
  ).version;

export const machine = () => ({
  node: process.version,
  cpu: cpus()[0]?.model ?? 'unknown',
  cores: cpus().length,
  memoryGb: Math.round(totalmem() / 2 ** 30),
  baileys: versionOf('@whiskeysockets/baileys'),
  xstate: versionOf('xstate'),
});
export const machineSaid = ({ cores, cpu, memoryGb, node, baileys, xstate }: Result['machine']): string =>
  `${cores} × ${cpu}, ${memoryGb} GB · Node ${node} · Baileys ${baileys} · XState ${xstate}`;

export interface Result extends Outcome {
  /** When it began, ISO 8601. */
  readonly at: string;
  /** How long the whole benchmark took. */
  readonly seconds: number;
  readonly machine: ReturnType<typeof machine>;
  readonly sessions: number;
}

const write = (file: URL, result: Result): string => {
  mkdirSync(new URL('.', file), { recursive: true });
  writeFileSync(file, `${JSON.stringify(result, undefined, 2)}\n`);
  return fileURLToPath(file);
};
const keptFile = (name: string) => new URL(`scripts/bench/results/${name}.json`, root);
/** Both return where it lies now. */
export const report = (name: string, result: Result): string =>
  write(new URL(`reports/bench-${name}.json`, root), result);
export const keep = (name: string, result: Result): string => write(keptFile(name), result);
export const keptOf = (name: string): Result | undefined =>
  existsSync(keptFile(name)) ? (JSON.parse(readFileSync(keptFile(name), 'utf8')) as Result) : undefined;

/** One file for each major version of Node and benchmark. */
const nodeFolder = new URL('scripts/bench/results/nodes/', root);
const majorOf = ({ machine: { node } }: Result): number => Number(/\d+/.exec(node)?.[0]);
export const keepForNode = (name: string, result: Result): string =>
  write(new URL(`${name}-${majorOf(result)}.json`, nodeFolder), result);
/** The kept runs of one benchmark on each version of Node, oldest version first. */
export const keptByNode = (name: string): readonly Result[] => {
  const files = existsSync(nodeFolder)
    ? readdirSync(nodeFolder).filter((file) => file.startsWith(`${name}-`))
    : [];
  const results = files.map((file) => JSON.parse(readFileSync(new URL(file, nodeFolder), 'utf8')) as Result);
  return results.sort((a, b) => majorOf(a) - majorOf(b));
};

const line = (cells: readonly (string | number)[]) => `| ${cells.join(' | ')} |\n`;
/** A Markdown table. */
export const tableOf = (rows: Outcome['rows']): string => {
  const names = Object.keys(rows[0] ?? {});
  return line(names) + line(names.map(() => '---')) + rows.map((row) => line(Object.values(row))).join('');
};
