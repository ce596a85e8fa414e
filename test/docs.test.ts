/** What the docs say of the code is made from the code; this fails when somebody forgot to make it again. */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { pages } from '../scripts/docs/pages.ts';

it('knows the generated pages', () => {
  expect(pages.length).toBeGreaterThanOrEqual(2);
});
it.each(pages)('$file is what the code says (npm run docs writes it)', ({ file, render }) => {
  const written = readFileSync(new URL(`../${file}`, import.meta.url), 'utf8');
  expect(render().length).toBeGreaterThan(500);
  expect(written).toBe(render());
});
