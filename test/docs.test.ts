/** What the docs say of the code is made from the code; this fails when somebody forgot to make it again. */
import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { atLeast, atMost } from '../scripts/bench/benchmark.ts';
import { type Entry, entries, render, unexplained } from '../scripts/docs/benchmarks.ts';
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
  const entry = (missed?: Readonly<Record<string, string>>): Entry => ({
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
