import { linkSync, mkdtempSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isSameFile, versionOf } from '../../src/base/file-identity.ts';

let directory: string;
let path: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'file-identity-'));
  path = join(directory, 'a');
  writeFileSync(path, 'one');
});
afterEach(() => rmSync(directory, { recursive: true }));

describe('the identity of a file', () => {
  it('is the same through every path that leads to the file', () => {
    linkSync(path, join(directory, 'b'));
    expect(isSameFile(statSync(path), statSync(join(directory, 'b')))).toBe(true);
  });

  it('differs between two files with equal content', () => {
    writeFileSync(join(directory, 'b'), 'one');
    expect(isSameFile(statSync(path), statSync(join(directory, 'b')))).toBe(false);
  });

  it('is nothing for a path that leads nowhere', () => {
    expect(isSameFile(undefined, undefined)).toBe(false);
  });
});

describe('the version of a file', () => {
  it('stays while the file is only read', () => {
    expect(versionOf(statSync(path))).toBe(versionOf(statSync(path)));
  });

  it('changes when the same inode gets other content', () => {
    const before = statSync(path);
    writeFileSync(path, 'three');
    expect(statSync(path).ino).toBe(before.ino);
    expect(versionOf(statSync(path))).not.toBe(versionOf(before));
  });

  it('changes when only the time of the last write changes', () => {
    const before = versionOf(statSync(path));
    utimesSync(path, 1, 1);
    expect(versionOf(statSync(path))).not.toBe(before);
  });
});
