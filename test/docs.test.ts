/** Generated pages match the code, citations lead somewhere, and measures keep their bounds. */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { atLeast, atMost } from '../scripts/bench/benchmark.ts';
import { type BenchmarkEntry, entries, render, unexplained } from '../scripts/docs/benchmarks.ts';
import { deadCitations, textsOfRepository } from '../scripts/docs/citations.ts';
import {
  cyclesIn,
  functionsOf,
  measured,
  measures,
  file as measuresPage,
  trees,
} from '../scripts/docs/measures.ts';
import { pages } from '../scripts/docs/pages.ts';

it('knows the generated pages', () => {
  expect(pages.length).toBeGreaterThanOrEqual(2);
});
it.each(pages)('$file is what the code says (npm run docs writes it)', ({ file, render }) => {
  const written = readFileSync(new URL(`../${file}`, import.meta.url), 'utf8');
  expect(render().length).toBeGreaterThan(500);
  expect(written).toBe(render());
});

it('keeps figures only of benchmarks that there are', () => {
  const kept = readdirSync(new URL('../scripts/bench/results/', import.meta.url));
  expect(entries().map(({ name }) => `${name}.json`)).toEqual(expect.arrayContaining(kept));
});
it('says of each aim whether it was met, and explains every one that was missed', () => {
  const aims = [atMost('weight', 2, 3.456, 'kg'), atLeast('speed', 5, 5, 'm/s')];
  const machine = { node: 'v20', cpu: 'abacus', cores: 2, memoryGb: 1, baileys: '7', xstate: '5' };
  const result = {
    at: '2026-01-02T03:04:05Z',
    seconds: 9,
    machine,
    sessions: 7,
    rows: [{ name: 'a', figure: 1 }],
    notes: ['So.'],
    aims,
    data: {},
  };
  const benchmark = { doc: 'a thing', about: 'How.', sessions: 7, run: async () => result };
  const entry = (missed?: Readonly<Record<string, string>>): BenchmarkEntry => ({
    name: 'x',
    benchmark: { ...benchmark, ...(missed && { missed }) },
    result,
  });
  expect(unexplained([entry()])).toEqual(['x: weight']);
  expect(unexplained([entry({ weight: 'Heavy.' })])).toEqual([]);
  expect(unexplained()).toEqual([]); // say why in `missed` of the benchmark
  const page = render([entry({ weight: 'Heavy.' })]);
  expect(page).toContain('| [x](#x) | weight | at most 2 kg | 3.46 kg | **no** |');
  expect(page).toContain('| [x](#x) | speed | at least 5 m/s | 5 m/s | yes |');
  expect(page).toContain('- **x, weight: 3.46 kg instead of at most 2 kg.** Heavy.');
  expect(atMost('n', 1, Number.NaN, 's').met).toBe(false);
});

describe('citations', () => {
  it('lead to pages, headings and files of this repository', () => {
    const texts = textsOfRepository();
    expect(texts.size).toBeGreaterThan(500);
    expect(deadCitations(texts)).toEqual([]);
  });
  it('are found wherever they lead nowhere', () => {
    const page = '# Facts\n\n## A heading, with `code`\n\nSee [us](#facts) and `src/nowhere.ts`.';
    const source =
      '// FACTS.md, FACTS.md#a-heading-with-code, RFC 6455 §5.2\n// FACTS.md#gone, docs/GONE.md, field ' +
      'manual, settled 12, notes §3';
    const found = deadCitations(
      new Map([
        ['docs/FACTS.md', page],
        ['src/a.ts', source],
      ]),
    );
    expect(found.map((line) => line.replace(/ \(.*/, ''))).toEqual([
      'docs/FACTS.md: src/nowhere.ts',
      'src/a.ts: FACTS.md#gone',
      'src/a.ts: docs/GONE.md',
      ...Array.from({ length: 3 }, () => expect.stringContaining('// FACTS.md#gone')),
    ]);
  });
});

describe('measures of the code', () => {
  const rows = measured();
  const bounded = measures.flatMap((measure) =>
    trees.map((tree) => ({ measure, tree, bound: measure.bound?.[tree] })),
  );
  it.each(bounded.filter(({ bound }) => bound !== undefined))(
    '$measure.name in $tree/: at most $bound',
    ({ measure, tree, bound }) => {
      expect(rows.get(measure)?.[tree]).toBeLessThanOrEqual(bound ?? 0);
    },
  );
  it('are in the table of the page, each once (npm run measures writes it)', () => {
    const page = readFileSync(new URL(`../${measuresPage}`, import.meta.url), 'utf8');
    const names = [...page.matchAll(/^\| ([^|]+) \| \d+ \| \d+ \| \d+ \| \d+ \|/gm)].map(([, name]) => name);
    expect(names).toEqual(measures.map(({ name }) => name));
  });
  it('count functions by their first and last line, and no other blocks', () => {
    const lines = [
      'const f = () => {',
      '  if (x) {',
      '    y();',
      '  }',
      '};',
      'class A {',
      '  m(): void {',
      '  }',
      '}',
      'const g = () => 1;',
    ];
    expect(functionsOf({ lines })).toEqual([5, 2]);
  });
  it('find circles of imports', () => {
    const graph = { a: ['b'], b: ['c'], c: ['b', 'd'], d: [], e: ['a'] };
    expect(cyclesIn(new Map(Object.entries(graph)))).toEqual([['b', 'c']]);
  });
});
