/** A file of `docs/examples` as a block of a page. A test runs the file. */
import { readFileSync } from 'node:fs';

/** `name`: from `docs/examples`. */
export const exampleFile = (name: string, language: string): string => {
  const text = readFileSync(new URL(`../../docs/examples/${name}`, import.meta.url), 'utf8');
  return `\`\`\`${language}\n${text.trimEnd()}\n\`\`\``;
};
