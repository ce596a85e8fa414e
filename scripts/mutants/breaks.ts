/** What there is to break: the rows of the verdict table, and the numbers that have a name. */
import { readFileSync } from 'node:fs';

export interface Break {
  readonly file: string;
  /** The name of the row, or of the number. */
  readonly rule: string;
  /** Where `was` stands in the file. */
  readonly at: number;
  readonly was: string;
  readonly becomes: string;
}
/** `noticedBy`: the first test that turned red. */
export type Broken = Break & { readonly noticedBy: string | null };

const table = 'machines/domain/disconnect.ts';
/** Files that hold numbers with a name. */
const numbered = [
  'machines/domain/policy.ts',
  table,
  'machines/supervisor/reconcile.ts',
  'machines/supervisor/setup.ts',
  'machines/supervisor/fleet.ts',
  'machines/supervisor/execute-command.ts',
];
/** Numbers of the policy that no machine reads: the adapter does, and its tests are not played here. */
const readByTheAdapter = new Set(['deafMs']);
/** Endings in a row are counted from one: from none on is from one on. */
const countedFromOne = new Set(['floorFrom']);

/** Each row is judged otherwise: what a person must see to is tried again, what is tried again is left to a person. */
const rows = (source: string): Break[] => {
  const start = source.indexOf('export const verdicts');
  return [...source.slice(start).matchAll(/^ {2}(\w+): (retry\(.*?\)|fail|end|\{ kind: 'reopen'.*?\})(?=,)/gm)].map((row) => {
    const [, rule = '', was = ''] = row;
    const at = start + row.index + row[0].indexOf(was);
    const becomes = was === 'fail' ? 'retry()' : 'fail';
    return { file: table, rule, at, was, becomes };
  });
};
/** `name: 5_000` and `const name = 5_000` count half, and double; one, which has no half, counts none. */
const numbers = (file: string, source: string): Break[] =>
  [...source.matchAll(/(?<!\/\/.*|\* .*)\b(\w+)(?:: | = )(\d[\d_]*(?:\.\d+)?)\b(?!\s*\|)/gm)].flatMap((number) => {
    const [whole, rule = '', was = ''] = number;
    const n = Number(was.replaceAll('_', ''));
    const at = number.index + whole.length - was.length;
    if (n === 0 || readByTheAdapter.has(rule)) return [];
    const row = source.slice(source.lastIndexOf('\n', at) + 1, at).match(/^ {2}(\w+): (?:retry\(|\{ kind)/)?.[1];
    const half = n === 1 ? 0 : Number.isInteger(n) ? Math.floor(n / 2) : n / 2;
    return [half, n * 2]
      .filter((becomes) => becomes > 0 || !countedFromOne.has(rule))
      .map((becomes) => ({
        file,
        rule: row === undefined ? rule : `${row}: ${rule}`,
        at,
        was,
        becomes: String(becomes),
      }));
  });

export const breaks = (root: string): Break[] => {
  const sourceOf = (file: string) => readFileSync(root + file, 'utf8');
  return [...rows(sourceOf(table)), ...numbered.flatMap((file) => numbers(file, sourceOf(file)))];
};
