/**
 * A seeded bug that does not apply proves nothing. This test finds that out in seconds; `npm run planted`
 * plays the bugs.
 */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { seededBugs } from './bugs.ts';
import { applyEdit, type Edit } from './edit.ts';

const project = new URL('../../../', import.meta.url);
const sourceOf = (file: string) => readFileSync(new URL(file, project), 'utf8');

describe('every seeded bug applies to the present source', () => {
  it.each(seededBugs)('$bug', ({ edits }) => {
    const changed = new Map<string, string>();
    for (const edit of edits) {
      const before = changed.get(edit.file) ?? sourceOf(edit.file);
      const after = applyEdit(before, edit);
      expect(after).not.toBe(before);
      changed.set(edit.file, after);
    }
  });
});

describe('an edit', () => {
  const edit: Edit = { file: 'a.ts', declaration: 'wait', replace: 'a + f(b, 1)', by: 'c' };
  const source =
    'const other = (a: number) => a + f(b, 1);\nconst wait = (a: number) => 2 * (a + f(b, 1));\n';

  it('changes only the declaration that it names', () => {
    expect(applyEdit(source, edit)).toBe(
      'const other = (a: number) => a + f(b, 1);\nconst wait = (a: number) => 2 * (c);\n',
    );
  });
  it('ignores white space and comments', () => {
    const wide = 'const wait = (a: number) =>\n  2 * (a + // the first\n    f(\n      b,   /* one */ 1));\n';
    expect(applyEdit(wide, edit)).toBe('const wait = (a: number) =>\n  2 * (c);\n');
  });
  it('keeps the white space of a text', () => {
    const quoted = { ...edit, replace: "'a  b'" };
    expect(() => applyEdit("const wait = 'a b';", quoted)).toThrow("wait in a.ts does not contain: 'a  b'");
  });
  it('refuses a declaration that is not there', () => {
    expect(() => applyEdit('const other = a + f(b, 1);', edit)).toThrow('a.ts declares no wait');
  });
  it('refuses a piece that stands twice in the declaration', () => {
    const twice = 'const wait = [a + f(b, 1), a + f(b, 1)];';
    expect(() => applyEdit(twice, edit)).toThrow('wait in a.ts contains more than once: a + f(b, 1)');
  });
  it('refuses a result that cannot be parsed', () => {
    expect(() => applyEdit(source, { ...edit, by: 'c +' })).toThrow('Unexpected token');
  });
});
