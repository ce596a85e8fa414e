import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DiskFault } from '../../src/disk/disk.ts';
import { nodeDisk } from '../../src/disk/node-disk.ts';

let root = '';
const at = (name: string): string => join(root, name);
const disk = nodeDisk();
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'vigia-disk-'));
});
afterEach(() => rm(root, { recursive: true, force: true }));

const faultOf = async (work: Promise<unknown>): Promise<string> => {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(DiskFault);
  return (error as DiskFault).code;
};
describe('the real disk', () => {
  it('returns undefined only for a path that does not exist', async () => {
    expect(await disk.stat(at('a'))).toBeUndefined();
    expect(await disk.read(at('a'))).toBeUndefined();
    expect(await disk.list(at('a'))).toBeUndefined();
    await writeFile(at('file'), 'x');
    expect(await faultOf(disk.read(at('file/below')))).toBe('ENOTDIR');
    expect(await faultOf(disk.list(at('file')))).toBe('ENOTDIR');
  });

  it('removes a missing entry without an error', async () => {
    await expect(disk.remove(at('a'))).resolves.toBeUndefined();
    await expect(disk.removeDirectory(at('a'))).resolves.toBeUndefined();
  });

  it('writes files for the owner alone and returns their stat', async () => {
    const written = await disk.write(at('creds.json'), '{"a":1}');
    expect(written).toEqual(await disk.stat(at('creds.json')));
    expect(written).toMatchObject({ kind: 'file', size: 7, mode: 0o600 });
    expect(await readFile(at('creds.json'), 'utf8')).toBe('{"a":1}');
    expect((await disk.write(at('open'), '', 0o640)).mode).toBe(0o640);
  });

  it('makes directories for the owner alone, with missing parents', async () => {
    await disk.makeDirectory(at('a/b'));
    await disk.makeDirectory(at('a/b'));
    expect((await stat(at('a/b'))).mode & 0o777).toBe(0o700);
    expect(await disk.list(root)).toEqual(['a']);
    await disk.syncDirectory(at('a'));
    expect(await faultOf(disk.removeDirectory(at('a')))).toBe('ENOTEMPTY');
  });

  it('reports a symlink as such, and neither reads nor writes through it', async () => {
    await writeFile(at('real'), 'secret');
    await symlink(at('real'), at('link'));
    expect(await disk.stat(at('link'))).toMatchObject({ kind: 'symlink' });
    expect(await faultOf(disk.read(at('link')))).toBe('ELOOP');
    expect(await faultOf(disk.write(at('link'), 'other'))).toBe('ELOOP');
    expect(await readFile(at('real'), 'utf8')).toBe('secret');
  });

  it('does not hang on a named pipe', async () => {
    execFileSync('mkfifo', [at('pipe')]);
    expect(await disk.stat(at('pipe'))).toMatchObject({ kind: 'other' });
    expect(await faultOf(disk.read(at('pipe')))).toBe('EINVAL');
  });

  it('refuses to rename a directory onto one that is not empty', async () => {
    await disk.makeDirectory(at('from'));
    await disk.makeDirectory(at('to/full'));
    expect(await faultOf(disk.rename(at('from'), at('to')))).toBe('ENOTEMPTY');
  });
});
