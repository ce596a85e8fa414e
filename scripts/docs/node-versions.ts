/**
 * The part of `docs/engineering/BENCHMARKS.md` that compares versions of Node, from the runs kept with
 * `--keep-node`.
 */
import { keptByNode, machineSaid, type Result, tableOf } from '../bench/result.ts';

const compared = ['restore', 'steady'] as const;

const rowsOf = (name: string, results: readonly Result[]) =>
  (results[0]?.aims ?? []).map(({ what }) => ({
    benchmark: name,
    measured: what,
    ...Object.fromEntries(
      results.map(({ machine, aims }) => [
        `Node ${machine.node}`,
        aims.find((aim) => aim.what === what)?.reached ?? '',
      ]),
    ),
  }));
/** What one session costs, beside the ratios: the row of Vigía in the size of the run. */
const costsOf = (name: string, results: readonly Result[]) => {
  const rowOf = ({ rows, sessions }: Result) =>
    rows.find((row) => row['sessions'] === sessions) ?? rows[0] ?? {};
  const columns = Object.keys(rowOf(results[0]!)).filter(
    (column) => /session$/.test(column) || column === 'seconds',
  );
  return columns.map((column) => ({
    benchmark: name,
    measured: `Vigía: ${column}`,
    ...Object.fromEntries(
      results.map((result) => [`Node ${result.machine.node}`, rowOf(result)[column] ?? '']),
    ),
  }));
};

export const nodeVersions = (): string => {
  const kept = compared
    .map((name) => ({ name, results: keptByNode(name) }))
    .filter(({ results }) => results.length > 1);
  const first = kept[0]?.results[0];
  if (first === undefined) return '';
  const rows = kept.flatMap(({ name, results }) => [...costsOf(name, results), ...rowsOf(name, results)]);
  return `
## Versions of Node

One run of each, ${first.at.slice(0, 10)}, ${first.sessions.toLocaleString('en')} sessions, one version after the other on the same machine
(${machineSaid(first.machine).split(' · ')[0]}). Runs of this size differ by about a tenth.

${tableOf(rows)}
**Use Node 24.** It keeps async contexts in a frame, so it needs no shared context, and promises cost less. Node 22 is supported as well. Node
20 still works, but has had no security fixes since April 2026.

\`\`\`sh
npm run bench -- restore steady --sessions ${first.sessions} --keep-node   # once on each version
\`\`\`
`;
};
