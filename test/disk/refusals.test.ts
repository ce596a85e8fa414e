/** A file system without hard links, and a process without a free descriptor: the system refuses a call. */
import fs from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { flock } from '../../src/disk/flock.ts';
import { writeNewFile } from '../../src/disk/new-file.ts';
import { nodeDisk } from '../../src/disk/node-disk.ts';
import { isLeftover } from '../../src/disk/replace-file.ts';

const { link, lstat, open, mkdtemp, readFile, readdir, rm, writeFile } = fs;
let root = '';
const at = (name: string): string => join(root, name);
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'vigia-refusals-'));
});
const replaceCalls = (calls: object) => {
  Object.assign(fs, calls);
  syncBuiltinESMExports();
};
afterEach(async () => {
  replaceCalls({ link, lstat, open });
  await rm(root, { recursive: true, force: true });
});
const refusing = (code: string) => async (): Promise<never> => {
  throw Object.assign(new Error(code), { code });
};
async function* chunks(): AsyncGenerator<Uint8Array> {
  yield Buffer.from('new');
}
const write = () => writeNewFile(at('backup'), chunks(), { replace: false });

describe('a new file where the file system has no hard links', () => {
  it.each(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EXDEV'])('(%s) is renamed', async (code) => {
    replaceCalls({ link: refusing(code) });
    expect(await write()).toBe(3);
    expect([await readdir(root), await readFile(at('backup'), 'utf8')]).toEqual([['backup'], 'new']);
  });
  it('never replaces an existing file', async () => {
    await writeFile(at('backup'), 'old');
    replaceCalls({ link: refusing('EPERM') });
    await expect(write()).rejects.toMatchObject({ name: 'DiskFault', code: 'EEXIST', path: at('backup') });
    expect([await readdir(root), await readFile(at('backup'), 'utf8')]).toEqual([['backup'], 'old']);
  });
  it('is not renamed when it is unknown whether a file has that name', async () => {
    replaceCalls({ link: refusing('EPERM'), lstat: refusing('EACCES') });
    await expect(write()).rejects.toMatchObject({ code: 'EACCES' });
    expect(await readdir(root)).toEqual([]);
  });
  it('is not renamed after another fault', async () => {
    replaceCalls({ link: refusing('EIO') });
    await expect(write()).rejects.toMatchObject({ code: 'EIO' });
    expect(await readdir(root)).toEqual([]);
  });
});

describe('a process without a free descriptor', () => {
  const failing = (code: string, times: number) => {
    let calls = 0;
    replaceCalls({
      open: (...given: Parameters<typeof open>) => {
        calls += 1;
        return calls <= times ? refusing(code)() : open(...given);
      },
    });
    return () => calls;
  };
  it.each(['EMFILE', 'ENFILE'])('(%s) waits for one, five times', async (code) => {
    await writeFile(at('file'), 'text');
    const calls = failing(code, 5);
    expect((await nodeDisk().read(at('file')))?.toString()).toBe('text');
    expect(calls()).toBe(6);
    failing(code, 6);
    await expect(nodeDisk().read(at('file'))).rejects.toMatchObject({ name: 'DiskFault', code });
  });
  it('does not wait after another fault', async () => {
    await writeFile(at('file'), 'text');
    const calls = failing('EIO', 1);
    await expect(nodeDisk().read(at('file'))).rejects.toMatchObject({ code: 'EIO' });
    expect(calls()).toBe(1);
  });
});

it('no operation leaves a descriptor open', async () => {
  const disk = nodeDisk();
  const opened = async () => (await readdir('/proc/self/fd')).length;
  const before = await opened();
  for (let n = 0; n < 40; n += 1) {
    await disk.write(at('file'), 'text');
    await disk.read(at('file'));
    await disk.hold(root, (path) => disk.list(path));
    await writeNewFile(at('other'), chunks(), { replace: true });
  }
  expect(await opened()).toBeLessThan(before + 20);
});
it('a directory that cannot be synced is a fault of the write', async () => {
  replaceCalls({
    open: (...given: Parameters<typeof open>) => (given[0] === root ? refusing('EIO')() : open(...given)),
  });
  await expect(write()).rejects.toMatchObject({ name: 'DiskFault', code: 'EIO' });
});
it('a wait for a lock ends with the lock when it becomes free', async () => {
  const [first, second] = [await open(at('lock'), 'a'), await open(at('lock'), 'a')];
  await flock(first.fd);
  const waiting = flock(second.fd, 60_000);
  expect(await flock(second.fd)).toEqual({ kind: 'held' });
  await first.close();
  expect(await waiting).toEqual({ kind: 'locked' });
  await second.close();
});
it('only a name of our own form is that of an unfinished write', () => {
  expect(isLeftover('.creds.json.17.123.tmp~')).toBe(true);
  for (const name of ['x.creds.json.17.3.tmp~', '.creds.json.17.3.tmp~x', '.creds.json.3.tmp~'])
    expect(isLeftover(name), name).toBe(false);
});
