/** The three languages: equal keys by their types; here, that no sentence is empty or was forgotten. */
import { expect, it } from 'vitest';
import { en } from '../../src/page/i18n/en.ts';
import { es } from '../../src/page/i18n/es.ts';
import { pt } from '../../src/page/i18n/pt.ts';

type Node = string | ((...args: never[]) => unknown) | { readonly [key: string]: Node };
const leavesOf = (node: Node, path = ''): readonly (readonly [string, string])[] => {
  if (typeof node === 'string') return [[path, node]];
  if (typeof node === 'function')
    return [1, 2].map((n) => [
      `${path}(${n})`,
      String((node as (...args: unknown[]) => unknown)(n, '2', 'x')),
    ]);
  return Object.entries(node).flatMap(([key, value]) => leavesOf(value, `${path}.${key}`));
};
/** The contract's texts of alerts have a severity beside them, which is no sentence. */
const english = new Map(leavesOf(en as unknown as Node).filter(([path]) => !path.endsWith('.severity')));
/** Words that are the same in two languages. */
const same = /^(Vigía|[a-z_.]*)$/;
const maySame = new Set(['.nav.server', '.nav.alerts', '.detail.ok']);

it.each([
  ['Spanish', es],
  ['Portuguese', pt],
])('%s has a sentence of its own for each English one', (_, dictionary) => {
  const other = new Map(leavesOf(dictionary as unknown as Node));
  expect([...other.keys()].sort()).toEqual([...english.keys()].sort());
  const empty = [...other].filter(([path, text]) => text === '' && english.get(path) !== '');
  expect(empty).toEqual([]);
  const forgotten = [...other].filter(
    ([path, text]) =>
      text === english.get(path) && text.includes(' ') && !same.test(text) && !maySame.has(path),
  );
  expect(forgotten.map(([path, text]) => `${path}: ${text}`)).toEqual([]);
});
it('no sentence of the page shouts, blames or begs', () => {
  const loud = [en, es, pt]
    .flatMap((one) => leavesOf(one as unknown as Node))
    .filter(([, text]) => /!|¡|please|oops/i.test(text));
  expect(loud).toEqual([]);
});
