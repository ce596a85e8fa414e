/**
 * Measures the code for the table in `docs/engineering/ARCHITECTURE.md`. `npm run measures` writes the
 * present numbers into it. The numbers may age, so that not every commit has to change the page; the bounds
 * may not, and a test holds them.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

export const file = 'docs/engineering/ARCHITECTURE.md';
export const trees = ['machines', 'src', 'test', 'scripts'] as const;
export type Tree = (typeof trees)[number];
export const widest = 110;

const root = fileURLToPath(new URL('../../', import.meta.url));

export interface Source {
  readonly file: string;
  readonly lines: readonly string[];
}
const sourcesOf = (tree: Tree): readonly Source[] =>
  readdirSync(join(root, tree), { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))
    .map((path) => ({ file: path, lines: readFileSync(join(root, path), 'utf8').trimEnd().split('\n') }));

const opens =
  /(=>|\bfunction\b.*\)|^\s*(?:(?:static|async|override|get|set|\*) )*[\w#]+(?:<.*>)?\(.*\)(?:: .+)?) \{$/;
const isControl = /^\s*(?:\} )?(?:if|for|while|switch|else|catch|do|try)\b/;
/**
 * Lengths of functions, first to last line. It relies on the formatter: a body ends at the first `}` that is
 * indented like its head.
 */
export const functionsOf = ({ lines }: Pick<Source, 'lines'>): readonly number[] =>
  lines.flatMap((line, at) => {
    if (!opens.test(line) || isControl.test(line)) return [];
    const indent = /^\s*/.exec(line)?.[0] ?? '';
    const length = lines.slice(at + 1).findIndex((later) => later.startsWith(`${indent}}`));
    return length < 0 ? [] : [length + 2];
  });

const statement = /^(?:import|export)\s([^'";]*?)\sfrom\s'(\.[^']+)'/gm;
/**
 * Only types are imported, so nothing is at run time: `import type { … }`, or every name marked with `type`.
 */
const isErased = (names: string): boolean => {
  if (names.startsWith('type ')) return true;
  const named = /^\{([^}]*)\}$/
    .exec(names)?.[1]
    ?.split(',')
    .filter((name) => name.trim() !== '');
  return named?.every((name) => name.trim().startsWith('type ')) ?? false;
};
const importsOf = ({ file: from, lines }: Source, types: boolean): readonly string[] =>
  [...lines.join('\n').matchAll(statement)]
    .filter(([, names = '']) => types || !isErased(names))
    .map(([, , path = '']) => relative(root, resolve(root, dirname(from), path)));

/** Groups of files that import each other in a circle (strongly connected components, by Tarjan). */
export const cyclesIn = (graph: ReadonlyMap<string, readonly string[]>): readonly (readonly string[])[] => {
  const index = new Map<string, number>();
  const low = new Map<string, number>();
  const stack: string[] = [];
  const cycles: string[][] = [];
  const visit = (node: string): void => {
    index.set(node, index.size);
    low.set(node, index.get(node) ?? 0);
    stack.push(node);
    for (const next of graph.get(node) ?? []) {
      if (!index.has(next)) visit(next);
      if (stack.includes(next)) low.set(node, Math.min(low.get(node) ?? 0, low.get(next) ?? 0));
    }
    if (low.get(node) !== index.get(node)) return;
    const group = stack.splice(stack.indexOf(node));
    if (group.length > 1) cycles.push(group.sort());
  };
  for (const node of graph.keys()) if (!index.has(node)) visit(node);
  return cycles;
};
export const importCycles = (all: readonly Source[], types: boolean): readonly (readonly string[])[] =>
  cyclesIn(new Map(all.map((source) => [source.file, importsOf(source, types)])));

const median = (numbers: readonly number[]): number =>
  [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? 0;
const longest = (numbers: readonly number[]): number => Math.max(0, ...numbers);

export interface Measure {
  readonly name: string;
  /** The most that the test allows, per tree; without one the number only informs. */
  readonly bound?: Readonly<Record<Tree, number>>;
  readonly of: (sources: readonly Source[]) => number;
}
const same = (bound: number): Readonly<Record<Tree, number>> => ({
  machines: bound,
  src: bound,
  test: bound,
  scripts: bound,
});
const lengths = (sources: readonly Source[]) => sources.map(({ lines }) => lines.length);
const functions = (sources: readonly Source[]) => sources.flatMap(functionsOf);

/** Bounds only go down. */
export const measures: readonly Measure[] = [
  { name: 'files', of: (sources) => sources.length },
  { name: 'lines of the median file', of: (sources) => median(lengths(sources)) },
  { name: 'lines of the longest file', bound: same(250), of: (sources) => longest(lengths(sources)) },
  { name: 'lines of the median function', of: (sources) => median(functions(sources)) },
  {
    name: 'lines of the longest function',
    bound: { machines: 70, src: 70, test: 215, scripts: 90 },
    of: (sources) => longest(functions(sources)),
  },
  {
    name: 'import cycles, types counted',
    bound: { ...same(0), test: 1 },
    of: (sources) => importCycles(sources, true).length,
  },
  { name: 'import cycles at run time', bound: same(0), of: (sources) => importCycles(sources, false).length },
  {
    name: `lines over ${widest} columns`,
    bound: { machines: 0, src: 0, test: 159, scripts: 156 },
    of: (sources) => sources.flatMap(({ lines }) => lines).filter((l) => l.length > widest).length,
  },
];

export const measured = (): ReadonlyMap<Measure, Readonly<Record<Tree, number>>> => {
  const sources = Object.fromEntries(trees.map((tree) => [tree, sourcesOf(tree)])) as Record<
    Tree,
    readonly Source[]
  >;
  const row = (measure: Measure) =>
    Object.fromEntries(trees.map((tree) => [tree, measure.of(sources[tree])])) as Record<Tree, number>;
  return new Map(measures.map((measure) => [measure, row(measure)]));
};

const between = /(<!-- measures: npm run measures -->\n)[\s\S]*?(<!-- end of measures -->)/;
const tableOf = (rows: ReturnType<typeof measured>): string => {
  const boundOf = ({ bound }: Measure) => {
    const all = bound ? trees.map((tree) => bound[tree]) : [];
    return (new Set(all).size === 1 ? all.slice(0, 1) : all).join(' · ');
  };
  const lines = [...rows].map(([measure, row]) => [
    measure.name,
    ...trees.map((tree) => row[tree]),
    boundOf(measure),
  ]);
  const head = ['', ...trees.map((tree) => `${tree}/`), 'at most'];
  return [head, head.map(() => '---'), ...lines].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
};
if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const page = readFileSync(join(root, file), 'utf8');
  const table = tableOf(measured());
  writeFileSync(
    join(root, file),
    page.replace(between, (_all, start: string, end: string) => `${start}${table}\n${end}`),
  );
  process.stdout.write(`${table}\n`);
}
