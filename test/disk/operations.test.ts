/** Each operation of the real disk: its effect, its limits, and its faults. */
import { chmod, mkdtemp, readFile, rm, stat, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DiskFault } from '../../src/disk/disk.ts';
import { nodeDisk } from '../../src/disk/node-disk.ts';

let root = '';
const at = (name: string): string => join(root, name);
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'vigia-disk-'));
});
afterEach(() => rm(root, { recursive: true, force: true }));

describe('the real disk', () => {
  const disk = nodeDisk();
  it('refuses to read more than 64 MiB, or than its caller wants', async () => {
    await writeFile(at('file'), 'text');
    expect((await disk.read(at('file'), 4))?.toString()).toBe('text');
    await expect(disk.read(at('file'), 3)).rejects.toMatchObject({ code: 'EFBIG' });
    await truncate(at('file'), 64 * 1024 * 1024 + 1);
    await expect(disk.read(at('file'))).rejects.toMatchObject({ code: 'EFBIG' });
    await truncate(at('file'), 64 * 1024 * 1024);
    expect(await disk.read(at('file'))).toHaveLength(64 * 1024 * 1024);
  });
  it('overwrites a part of an existing file, and creates none', async () => {
    await writeFile(at('file'), 'one two three');
    await disk.overwrite(at('file'), 4, Buffer.from('TWO'));
    expect(await readFile(at('file'), 'utf8')).toBe('one TWO three');
    await expect(disk.overwrite(at('absent'), 0, Buffer.from('x'))).rejects.toMatchObject({
      operation: 'write',
      code: 'ENOENT',
    });
    await symlink(at('file'), at('link'));
    await expect(disk.overwrite(at('link'), 0, Buffer.from('x'))).rejects.toMatchObject({ code: 'ELOOP' });
  });
  it('truncates a file that it writes, with or without a sync', async () => {
    await writeFile(at('file'), 'a long text');
    await disk.write(at('file'), 'short');
    expect(await readFile(at('file'), 'utf8')).toBe('short');
    await disk.writeUnsynced(at('file'), Buffer.from('x'));
    expect(await readFile(at('file'), 'utf8')).toBe('x');
    await disk.writeUnsynced(at('new'), 'x');
    await disk.writeUnsynced(at('open'), 'x', 0o640);
    expect([(await disk.stat(at('new')))?.mode, (await disk.stat(at('open')))?.mode]).toEqual([0o600, 0o640]);
  });
  it('describes an entry completely', async () => {
    await writeFile(at('file'), 'text');
    await chmod(at('file'), 0o4750);
    const { size, mtimeMs, ino, dev, uid } = await stat(at('file'));
    expect(await disk.stat(at('file'))).toEqual({ kind: 'file', size, mtimeMs, ino, dev, uid, mode: 0o750 });
    expect(await disk.stat(root)).toMatchObject({ kind: 'directory', mode: 0o700 });
  });
  it('names the operation and the path of a fault', async () => {
    await writeFile(at('file'), 'text');
    const below = at('file/below');
    const faults: readonly (readonly [string, Promise<unknown>])[] = [
      ['list', disk.list(below)],
      ['stat', disk.stat(below)],
      ['read', disk.read(below)],
      ['write', disk.write(below, '')],
      ['write', disk.writeUnsynced(below, '')],
      ['write', disk.overwrite(below, 0, Buffer.from('x'))],
      ['rename', disk.rename(below, at('other'))],
      ['syncDirectory', disk.syncDirectory(below)],
      ['remove', disk.remove(below)],
      ['makeDirectory', disk.makeDirectory(below)],
      ['removeDirectory', disk.removeDirectory(below)],
      ['hold', disk.hold(below, () => expect.unreachable())],
    ];
    for (const [operation, work] of faults)
      await expect(work).rejects.toMatchObject({
        operation,
        path: below,
        code: 'ENOTDIR',
        message: `cannot ${operation} ${below}: ENOTDIR`,
      });
    await expect(disk.syncFileSystem(at('absent'))).rejects.toMatchObject({
      code: 'ENOSYS',
      message: `cannot sync the file system of ${at('absent')}: ENOSYS`,
    });
    await disk.syncFileSystem(root);
  });
  it('syncs a directory that is held, and one that is not; a file is none', async () => {
    await disk.syncDirectory(root);
    await disk.hold(root, (path) => disk.syncDirectory(path));
    await writeFile(at('file'), 'text');
    await expect(disk.syncDirectory(at('file'))).rejects.toMatchObject({ code: 'ENOTDIR' });
  });
  it('makes a directory with the mode of its caller', async () => {
    await disk.makeDirectory(at('shared'), 0o750);
    expect((await disk.stat(at('shared')))?.mode).toBe(0o750);
  });
});

it('a fault without a code of the system has the code EUNKNOWN', () => {
  for (const cause of [undefined, new Error('strange')])
    expect(new DiskFault('read', '/x', cause)).toMatchObject({
      name: 'DiskFault',
      code: 'EUNKNOWN',
      operation: 'read',
      path: '/x',
      cause,
      message: 'cannot read /x: EUNKNOWN',
    });
});
