/** `npm run docs`: writes the generated pages. A test fails when one of them drifts from the code. */
import { writeFileSync } from 'node:fs';
import { pages } from './pages.ts';

for (const { file, render } of pages) {
  writeFileSync(new URL(`../../${file}`, import.meta.url), render());
  process.stdout.write(`${file}\n`);
}
