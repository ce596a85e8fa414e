/**
 * The reasons of equivalent mutants stand in the source. This test keeps each beside its code without running
 * a mutant.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { explain, hasPlace, malformedIn, type Reason, reasonsIn } from '../scripts/mutants/equivalent.ts';

const root = new URL('../machines/', import.meta.url);
const files = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));
const sourceOf = (file: string) => readFileSync(new URL(file, root), 'utf8');
const withReasons = files.filter((file) => reasonsIn(sourceOf(file)).length > 0);

describe('the reasons in the machines', () => {
  it('are found', () => {
    expect(withReasons.length).toBeGreaterThan(5);
  });
  it.each(withReasons)('in %s stand above the code that they name', (file) => {
    const source = sourceOf(file);
    expect(reasonsIn(source).filter((reason) => !hasPlace(source, reason))).toEqual([]);
  });
  it.each(files)('in %s all have the form that the report reads', (file) => {
    expect(malformedIn(sourceOf(file))).toEqual([]);
  });
});

const source = [
  '// equivalent mutant `\'permit\'` → `""`: nothing calls the actor',
  '// by its name',
  '// equivalent mutant `{…}` → `{}`: types',
  "const machine = create('permit', {",
  "  a: 'permit',",
  '});',
].join('\n');
const [named, types] = reasonsIn(source) as [Reason, Reason];

describe('a reason', () => {
  it('names the mutant and may take several lines', () => {
    const why = 'nothing calls the actor by its name';
    expect(named).toEqual({ line: 1, was: "'permit'", becomes: '""', why });
  });
  it('may leave out the inside of the code', () => {
    expect(types).toEqual({ line: 3, was: '{…}', becomes: '{}', why: 'types' });
    expect(hasPlace(source, types)).toBe(true);
  });
  it('has lost its place when the code below it is another', () => {
    expect(hasPlace(source.replaceAll("'permit'", "'gate'"), named)).toBe(false);
  });
  it('explains the first survivor below it that fits', () => {
    const first = { file: 'a.ts', line: 4, was: "'permit'", becomes: '""' };
    const second = { ...first, line: 5 };
    const object = { file: 'a.ts', line: 4, was: "{ a: 'permit', }", becomes: '{}' };
    const { explained, unexplained, idle } = explain(source, [second, object, first]);
    expect(explained).toEqual([
      { ...first, why: named.why },
      { ...object, why: 'types' },
    ]);
    expect(unexplained).toEqual([second]);
    expect(idle).toEqual([]);
  });
  it('is idle when its mutant was killed', () => {
    expect(explain(source, []).idle).toEqual([named, types]);
  });
  it('does not explain another replacement of the same code', () => {
    const other = { file: 'a.ts', line: 4, was: "'permit'", becomes: 'undefined' };
    expect(explain(source, [other]).unexplained).toEqual([other]);
  });
});

it('a comment that means to be a reason and has another form is found', () => {
  expect(malformedIn('const a = 1;\n// Equivalent mutant a → b: because\n')).toEqual([2]);
});
