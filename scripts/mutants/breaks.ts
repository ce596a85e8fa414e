/** Lists what can be broken: the rows of the verdict table, and the named numbers. */
import { readFileSync } from 'node:fs';

export interface Break {
  readonly file: string;
  /** The name of the row, or of the number. */
  readonly rule: string;
  /** The offset of `was` in the file. */
  readonly at: number;
  readonly was: string;
  readonly becomes: string;
}
/** `noticedBy`: the first failing test. */
export type Broken = Break & { readonly noticedBy: string | null };

const table = 'machines/domain/disconnect.ts';
/** Files with named numbers. */
const numbered = [
  'machines/domain/policy.ts',
  table,
  'machines/supervisor/reconcile.ts',
  'machines/supervisor/setup.ts',
  'machines/supervisor/fleet.ts',
  'machines/supervisor/execute-command.ts',
];
/** Numbers of the policy that only the adapter reads. Its tests do not run here. */
const readByTheAdapter = new Set(['deafMs']);
/** Endings in a row are counted from 1, so 0 means the same as 1. */
const countedFromOne = new Set(['floorFrom']);

/** Each row gets the opposite judgement: a verdict becomes a retry, and a retry becomes a verdict. */
const rows = (source: string): Break[] => {
  const start = source.indexOf('export const verdicts');
  return [
    ...source.slice(start).matchAll(/^ {2}(\w+): (retry\(.*?\)|fail|end|\{ kind: 'reopen'.*?\})(?=,)/gm),
  ].map((row) => {
    const [, rule = '', was = ''] = row;
    const at = start + row.index + row[0].indexOf(was);
    const becomes = was === 'fail' ? 'retry()' : 'fail';
    return { file: table, rule, at, was, becomes };
  });
};
/** Zero when there is no half: whole numbers stay whole. */
const halfOf = (n: number): number => (Number.isInteger(n) ? Math.floor(n / 2) : n / 2);
/** `name: 5_000` and `const name = 5_000` are halved and doubled; 1 has no half. */
const numbers = (file: string, source: string): Break[] =>
  [...source.matchAll(/(?<!\/\/.*|\* .*)\b(\w+)(?:: | = )(\d[\d_]*(?:\.\d+)?)\b(?!\s*\|)/gm)].flatMap(
    (number) => {
      const [whole, rule = '', was = ''] = number;
      const n = Number(was.replaceAll('_', ''));
      const at = number.index + whole.length - was.length;
      if (n === 0 || readByTheAdapter.has(rule)) return [];
      const row = source
        .slice(source.lastIndexOf('\n', at) + 1, at)
        .match(/^ {2}(\w+): (?:retry\(|\{ kind)/)?.[1];
      return [halfOf(n), n * 2]
        .filter((becomes) => becomes > 0 || !countedFromOne.has(rule))
        .map((becomes) => ({
          file,
          rule: row === undefined ? rule : `${row}: ${rule}`,
          at,
          was,
          becomes: String(becomes),
        }));
    },
  );

export const breaks = (root: string): Break[] => {
  const sourceOf = (file: string) => readFileSync(root + file, 'utf8');
  return [...rows(sourceOf(table)), ...numbered.flatMap((file) => numbers(file, sourceOf(file)))];
};
