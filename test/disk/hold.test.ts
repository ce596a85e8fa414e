/** A held directory, on the real disk and on the one in memory: both must follow it through renames. */
import { mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Disk, DiskFault } from '../../src/disk/disk.ts';
import { nodeDisk } from '../../src/disk/node-disk.ts';
import { removeLeftovers, replaceFile, replaceFileIf } from '../../src/disk/replace-file.ts';
import { memoryDisk } from '../support/memory-disk.ts';

let root = '';
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'vigia-hold-'));
});
afterEach(() => rm(root, { recursive: true, force: true }));
const at = (name: string): string => join(root, name);
const faultOf = async (work: Promise<unknown>): Promise<DiskFault> => {
  const fault = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(fault).toBeInstanceOf(DiskFault);
  return fault as DiskFault;
};
const text = async (disk: Disk, path: string): Promise<string | undefined> =>
  (await disk.read(path))?.toString();

const disks: readonly (readonly [string, () => Disk])[] = [
  ['real', nodeDisk],
  [
    'memory',
    () => {
      const disk = memoryDisk();
      disk.placeDirectory(root);
      return disk;
    },
  ],
];

describe.each(disks)('a held directory on the %s disk', (_name, open) => {
  it('stays the same directory when its name leads elsewhere', async () => {
    const disk = open();
    await disk.makeDirectory(at('acme'));
    await disk.makeDirectory(at('other'));
    await disk.write(at('acme/old'), 'of acme');
    const home = await disk.stat(at('acme'));
    await disk.hold(at('acme'), async (here) => {
      expect(await disk.stat(here)).toEqual(home);
      await disk.rename(at('acme'), at('away'));
      await disk.rename(at('other'), at('acme'));
      await replaceFile(disk, join(here, 'creds.json'), 'of acme');
      await disk.rename(join(here, 'old'), join(here, 'older'));
      await disk.syncDirectory(here);
      expect((await disk.list(here))?.toSorted()).toEqual(['creds.json', 'older']);
      expect(await disk.stat(join(here, 'creds.json'))).toEqual(await disk.stat(at('away/creds.json')));
    });
    expect(await disk.list(at('acme'))).toEqual([]);
    expect(await text(disk, at('away/creds.json'))).toBe('of acme');
    await disk.hold(at('acme'), async (here) => expect((await disk.stat(here))?.ino).not.toBe(home?.ino));
  });

  it('that was removed accepts no files', async () => {
    const disk = open();
    await disk.makeDirectory(at('acme'));
    await disk.hold(at('acme'), async (here) => {
      await disk.removeDirectory(at('acme'));
      const fault = await faultOf(disk.write(join(here, 'creds.json'), 'x'));
      expect(fault).toMatchObject({
        code: 'ENOENT',
        message: `cannot write ${at('acme/creds.json')}: ENOENT`,
      });
    });
    expect(await disk.list(root)).toEqual([]);
  });

  it('must exist and be a directory', async () => {
    const disk = open();
    const use = () => expect.unreachable();
    expect(await disk.hold(at('acme'), use)).toBeUndefined();
    await disk.write(at('file'), 'x');
    expect(await faultOf(disk.hold(at('file'), use))).toMatchObject({
      code: 'ENOTDIR',
      operation: 'hold',
      path: at('file'),
    });
  });

  it('is closed when its use fails, and rejects with that failure', async () => {
    const disk = open();
    await disk.makeDirectory(at('acme'));
    for (let n = 0; n < 100; n += 1) {
      await expect(disk.hold(at('acme'), () => Promise.reject(new Error('a bug')))).rejects.toThrow('a bug');
    }
    expect(await disk.hold(at('acme'), async () => 'held')).toBe('held');
  });

  it('can be used by a thousand at once', async () => {
    const disk = open();
    await disk.makeDirectory(at('acme'));
    const all = Array.from({ length: 1_000 }, (_, n) =>
      disk.hold(at('acme'), (here) => replaceFile(disk, join(here, `${n}`), `${n}`)),
    );
    await Promise.all(all);
    expect(await disk.list(at('acme'))).toHaveLength(1_000);
  });

  it('keeps a file that may not be replaced, and a file that is being written is no leftover', async () => {
    const disk = open();
    await disk.makeDirectory(at('acme'));
    await disk.write(at('acme/creds.json'), 'old');
    await disk.hold(at('acme'), async (here) => {
      const mayReplace = async () => {
        expect(await disk.list(at('acme'))).toHaveLength(2);
        expect(await removeLeftovers(disk, at('acme'))).toBe(0);
        return false;
      };
      expect(await replaceFileIf(disk, join(here, 'creds.json'), 'new', mayReplace)).toBeUndefined();
    });
    expect(await disk.list(at('acme'))).toEqual(['creds.json']);
    expect(await text(disk, at('acme/creds.json'))).toBe('old');
  });
});

it('a symlink in a directory’s place is not held', async () => {
  const disk = nodeDisk();
  await disk.makeDirectory(at('real'));
  await symlink(at('real'), at('link'));
  expect(await faultOf(disk.hold(at('link'), () => expect.unreachable()))).toMatchObject({ code: 'ENOTDIR' });
});
