import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  escapeName,
  foldsOnto,
  parseOrg,
  pathOf,
  probeCaseFolding,
  sortNames,
} from '../../src/sessions/ids.ts';
import { memoryDisk } from '../support/memory-disk.ts';

const nothingLoaded = new Set<string>();

describe('ids of organizations', () => {
  it.each(['2', '4', 'optica-sol', 'a.b@example.com', '+5511', 'Ñ', 'org_1', 'x'.repeat(128)])(
    '%s is judged by the grammar',
    (name) => {
      expect(parseOrg(name)).toBe(/^[0-9a-z]/u.test(name) ? name : undefined);
    },
  );

  it.each([
    ...[
      '',
      '.',
      '..',
      '.vigia',
      '-x',
      '_x',
      '@x',
      'a/b',
      'a\\b',
      'a b',
      'a\nb',
      'a\0',
      'é',
      'x'.repeat(129),
      'a\ufffd',
    ],
    ...['lost+found', '2.tmp', '2.TMP', '2~', 'CON', 'nul', 'aux.txt', 'Com1', 'lpt9.x'],
  ])('%j is none', (name) => {
    expect(parseOrg(name)).toBeUndefined();
  });

  it('may resemble a reserved name', () => {
    for (const name of ['console', 'com10', 'nullo', 'lost', 'tmp', '__proto__1', 'constructor'])
      expect(parseOrg(name)).toBe(name.startsWith('_') ? undefined : name);
  });

  it('lead to one path directly inside the directory, for any name of the directory', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._@+-]{0,20}$/)), (name) => {
        if (parseOrg(name) === undefined) expect(() => pathOf('/vault', name)).toThrow('not an id');
        else expect(pathOf('/vault', name)).toBe(`/vault/${name}`);
      }),
    );
    expect(pathOf('/vault/orgs', '2', '.json')).toBe('/vault/orgs/2.json');
  });
});

describe('names found in the root', () => {
  it('are organizations, odd names to report, or names to skip', () => {
    const sorted = sortNames(
      ['4', '2', 'my shop', '.git', 'lost+found', 'a~', 'caf\ufffd', 'con'],
      false,
      nothingLoaded,
    );
    expect(sorted.orgs).toEqual(['4', '2']);
    expect(sorted.odd).toEqual(['my shop', 'caf\ufffd', 'con']);
  });

  it('that differ only by case are two organizations on a disk that distinguishes case', () => {
    expect(sortNames(['Sol', 'sol'], false, nothingLoaded)).toMatchObject({
      orgs: ['Sol', 'sol'],
      sameAs: new Map(),
    });
  });

  it('that differ only by case are one on a disk that folds case: the loaded one, or always the same', () => {
    expect(sortNames(['sol', 'Sol', 'SOL'], true, nothingLoaded)).toMatchObject({
      orgs: ['SOL'],
      sameAs: new Map([
        ['Sol', 'SOL'],
        ['sol', 'SOL'],
      ]),
    });
    expect(sortNames(['SOL', 'sol'], true, new Set(['sol']))).toMatchObject({
      orgs: ['sol'],
      sameAs: new Map([['SOL', 'sol']]),
    });
    expect(foldsOnto('sol', ['luna', 'Sol'])).toBe('Sol');
    expect(foldsOnto('sol', ['sol', 'luna'])).toBeUndefined();
  });

  it('are shown on one line of printable ASCII, with a limited length', () => {
    expect(escapeName('a\nb\u202e\\é😀')).toBe('a\\u{a}b\\u{202e}\\u{5c}\\u{e9}\\u{1f600}');
    expect(escapeName('x'.repeat(5_000)).length).toBe(103);
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (name) => /^[\x20-\x7e]*$/u.test(escapeName(name))));
  });

  it('are compared as the disk compares them, which a probe finds out', async () => {
    for (const foldsCase of [true, false]) {
      const disk = memoryDisk({ foldsCase });
      disk.placeDirectory('/vault/.vigia');
      expect(await probeCaseFolding(disk, '/vault/.vigia')).toBe(foldsCase);
    }
  });
});
