import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readText, readTextLater } from '../../src/disk/read-text.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'read-text-'));
  writeFileSync(join(folder, 'small'), '\uFEFFone\r\ntwo\n');
  writeFileSync(join(folder, 'of several parts'), 'é'.repeat(100_000));
  writeFileSync(join(folder, 'large'), Buffer.alloc(4 * 1024 * 1024 + 1, 'a'));
  execFileSync('mkfifo', [join(folder, 'pipe')]);
});
afterAll(() => rmSync(folder, { recursive: true }));

describe.each([
  ['at the start', async (file: string) => readText(file)],
  ['while the program runs', readTextLater],
])('a file that a person wrote, read %s', (_, read) => {
  it('is text without its mark and with the line ends of Linux', async () => {
    expect(await read(join(folder, 'small'))).toBe('one\ntwo\n');
  });
  it('may be longer than what one read returns, and is never cut inside a character', async () => {
    expect(await read(join(folder, 'of several parts'))).toBe('é'.repeat(100_000));
  });
  it.each([
    ['large', 'has more than 4 MiB'],
    ['pipe', 'is not a file'],
    ['.', 'is a directory'],
    ['/dev/zero', 'is not a file'],
    ['missing', 'ENOENT'],
  ])('is refused with a reason: %s', async (name, reason) => {
    await expect(read(name.startsWith('/') ? name : join(folder, name))).rejects.toThrow(reason);
  });
});
