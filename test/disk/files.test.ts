/** Files outside the tree of the sessions: those that Vigía writes once, and those that a person wrote. */
import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { NoText } from '../../src/base/given-text.ts';
import { diskAdvice } from '../../src/disk/advice.ts';
import { type Disk, DiskFault } from '../../src/disk/disk.ts';
import { writeNewFile } from '../../src/disk/new-file.ts';
import { nodeDisk } from '../../src/disk/node-disk.ts';
import { readOnly } from '../../src/disk/read-only.ts';
import { readText } from '../../src/disk/read-text.ts';

let root = '';
const at = (name: string): string => join(root, name);
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'vigia-files-'));
});
afterEach(() => rm(root, { recursive: true, force: true }));

async function* chunksOf(...texts: readonly string[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) yield Buffer.from(text);
}
const write = (name: string, replace: boolean, ...texts: readonly string[]) =>
  writeNewFile(at(name), chunksOf(...texts), { replace });

describe('a new file', () => {
  it('has all chunks in their order, is for the owner alone, and leaves nothing beside it', async () => {
    expect(await write('backup', false, 'one, ', '', 'two, ', 'three')).toBe(15);
    expect(await readFile(at('backup'), 'utf8')).toBe('one, two, three');
    const { mode, nlink } = await stat(at('backup'));
    expect([mode & 0o777, nlink]).toEqual([0o600, 1]);
    expect(await readdir(root)).toEqual(['backup']);
  });
  it('never replaces an existing one unless it should', async () => {
    await writeFile(at('backup'), 'old');
    await expect(write('backup', false, 'new')).rejects.toMatchObject({
      name: 'DiskFault',
      code: 'EEXIST',
      message: `cannot write ${at('backup')}: EEXIST`,
    });
    expect(await readFile(at('backup'), 'utf8')).toBe('old');
    expect(await readdir(root)).toEqual(['backup']);
    await write('backup', true, 'new');
    expect(await readFile(at('backup'), 'utf8')).toBe('new');
    expect(await readdir(root)).toEqual(['backup']);
  });
  it('has its name only when it is complete', async () => {
    await writeFile(at('backup'), 'old');
    const watched = async function* () {
      yield Buffer.from('new');
      const names = await readdir(root);
      expect(names).toHaveLength(2);
      expect(names.find((name) => name !== 'backup')).toMatch(/^\.backup\.\d+\.1\.tmp~$/);
      expect(await readFile(at('backup'), 'utf8')).toBe('old');
    };
    await writeNewFile(at('backup'), watched(), { replace: true });
    expect(await readFile(at('backup'), 'utf8')).toBe('new');
  });
  it('leaves nothing behind when its source fails, and rejects with that failure', async () => {
    const failing = async function* () {
      yield Buffer.from('half');
      throw new Error('the source is broken');
    };
    const failure = await writeNewFile(at('backup'), failing(), { replace: false }).catch((error) => error);
    expect(failure).not.toBeInstanceOf(DiskFault);
    expect(failure).toMatchObject({ message: 'the source is broken' });
    expect(await readdir(root)).toEqual([]);
  });
  it('passes on a fault of the disk that its source met, with the path of the source', async () => {
    const fault = new DiskFault('read', '/elsewhere', { code: 'EIO' });
    const failing = async function* () {
      yield Buffer.from('half');
      throw fault;
    };
    await expect(writeNewFile(at('backup'), failing(), { replace: false })).rejects.toBe(fault);
  });
  it('needs its directory, and names the file that cannot be written', async () => {
    await expect(write('absent/backup', false, 'x')).rejects.toMatchObject({
      name: 'DiskFault',
      code: 'ENOENT',
      path: at('absent/backup'),
    });
    await mkdir(at('taken'));
    await expect(write('taken', true, 'x')).rejects.toMatchObject({ name: 'DiskFault', code: 'EISDIR' });
    expect(await readdir(root)).toEqual(['taken']);
  });
  it('may have the longest name that a file may have', async () => {
    await write('k'.repeat(255), false, 'x');
    expect(await readdir(root)).toEqual(['k'.repeat(255)]);
  });
});

describe('a file that a person wrote', () => {
  const problemOf = (path: string): unknown => {
    try {
      return readText(path);
    } catch (error) {
      return error;
    }
  };
  it('is read whole, also when it is larger than one read', async () => {
    const text = Array.from({ length: 20_000 }, (_, n) => `line ${n}`).join('\n');
    await writeFile(at('text'), text);
    expect(readText(at('text'))).toBe(text);
    await symlink(at('text'), at('link'));
    expect(readText(at('link'))).toBe(text);
    await writeFile(at('empty'), '');
    expect(readText(at('empty'))).toBe('');
  });
  it('has at most four MiB', async () => {
    await writeFile(at('largest'), 'x'.repeat(4 * 1024 * 1024));
    expect(readText(at('largest'))).toHaveLength(4 * 1024 * 1024);
    await writeFile(at('larger'), 'x'.repeat(4 * 1024 * 1024 + 1));
    expect(problemOf(at('larger'))).toMatchObject({ name: 'NoText', message: 'has more than 4 MiB' });
  });
  it('is no directory, no device and no pipe, which could block the start', () => {
    expect(problemOf(root)).toEqual(new NoText('is a directory'));
    const other = new NoText('is not a file, but a device, a pipe or a socket');
    expect(problemOf('/dev/zero')).toEqual(other);
    execFileSync('mkfifo', [at('pipe')]);
    expect(problemOf(at('pipe'))).toEqual(other);
    expect(problemOf(at('absent'))).toMatchObject({ code: 'ENOENT' });
  });
  it('leaves no descriptor open, whether it could be read or not', async () => {
    await writeFile(at('good'), 'text');
    await writeFile(at('bad'), Buffer.from([0xff, 0xff]));
    const opened = async () => (await readdir('/proc/self/fd')).length;
    const before = await opened();
    for (let n = 0; n < 50; n += 1) {
      expect(readText(at('good'))).toBe('text');
      expect(problemOf(at('bad'))).toBeInstanceOf(NoText);
    }
    expect(await opened()).toBeLessThan(before + 25);
  });
});

describe('the advice about a fault of the disk', () => {
  it.each([
    ['EACCES', 'check the owner and the permissions'],
    ['EPERM', 'check the owner and the permissions'],
    ['EROFS', 'it is mounted read-only'],
    ['ENOSPC', 'free space or inodes there, or raise the quota'],
    ['EDQUOT', 'free space or inodes there, or raise the quota'],
    ['EIO', 'the disk is broken; check the log of the kernel (dmesg)'],
    [
      'EMFILE',
      'raise the limit of open files: LimitNOFILE= of systemd, ulimits of compose, "ulimit -n" of a shell',
    ],
    [
      'ENFILE',
      'raise the limit of open files: LimitNOFILE= of systemd, ulimits of compose, "ulimit -n" of a shell',
    ],
    ['ENOTDIR', 'something in its path is not a directory'],
    ['ELOOP', 'something in its path is not a directory'],
    ['EISDIR', 'something in its path is not a directory'],
    ['EEXIST', 'something in its path is not a directory'],
    ['ESTALE', 'check that it can be written'],
  ])('%s: %s', (code, advice) => expect(diskAdvice(code)).toBe(advice));
  it.each(['EINVAL', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS'])('%s names the file system', (code) =>
    expect(diskAdvice(code)).toBe(
      'its file system cannot make files and names durable, as CIFS and some of FUSE; use a local one or NFS',
    ),
  );
});

describe('a read-only disk', () => {
  it('reads like the disk below it', async () => {
    await writeFile(at('file'), 'text');
    const [disk, below] = [readOnly(nodeDisk()), nodeDisk()];
    expect(await disk.list(root)).toEqual(['file']);
    expect(await disk.stat(at('file'))).toEqual(await below.stat(at('file')));
    expect((await disk.read(at('file')))?.toString()).toBe('text');
    await expect(disk.read(at('file'), 3)).rejects.toMatchObject({ code: 'EFBIG' });
    expect(await disk.hold(root, (path) => disk.list(path))).toEqual(['file']);
  });
  const writes: Readonly<Record<string, (disk: Disk) => Promise<unknown>>> = {
    write: (disk) => disk.write(at('file'), 'other'),
    writeUnsynced: (disk) => disk.writeUnsynced(at('file'), 'other'),
    overwrite: (disk) => disk.overwrite(at('file'), 0, Buffer.from('other')),
    rename: (disk) => disk.rename(at('file'), at('renamed')),
    syncDirectory: (disk) => disk.syncDirectory(root),
    syncFileSystem: (disk) => disk.syncFileSystem(root),
    remove: (disk) => disk.remove(at('file')),
    makeDirectory: (disk) => disk.makeDirectory(at('made')),
    removeDirectory: (disk) => disk.removeDirectory(root),
  };
  it.each(Object.entries(writes))('refuses %s as a bug, and changes nothing', async (operation, use) => {
    await writeFile(at('file'), 'text');
    const refused = await use(readOnly(nodeDisk())).catch((error: unknown) => error);
    expect(refused).not.toBeInstanceOf(DiskFault);
    expect(refused).toMatchObject({ message: `bug: ${operation} on a read-only disk` });
    expect([await readdir(root), await readFile(at('file'), 'utf8')]).toEqual([['file'], 'text']);
  });
});
