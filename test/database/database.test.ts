import { randomBytes } from 'node:crypto';
import { cp, mkdir, mkdtemp, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openDatabase } from '../../src/database/database.ts';
import { type Disk, DiskFault } from '../../src/disk/disk.ts';
import { nodeDisk } from '../../src/disk/node-disk.ts';

let base: string;
let root: string;
let directory: string;
let logged: string[];
let rooms = 0;
const open = (disk: Disk = nodeDisk()) =>
  openDatabase({
    disk,
    directory,
    aside: async () => join(root, 'aside'),
    log: (event, fields) => {
      logged.push(event);
      expect(fields?.['why']).toBeTruthy();
    },
  });

/** One with enough in it that a page in its middle matters; made once, copied for every test. */
let sound: string;
beforeAll(async () => {
  base = await mkdtemp(join(tmpdir(), 'vigia-database-'));
  directory = sound = join(base, 'sound');
  logged = [];
  const database = await open();
  const rows = Array.from({ length: 5_000 }, (_, n) => ({
    key: ['acme', n],
    value: { n, text: 'x'.repeat(100) },
  }));
  await database.table('history').write(rows);
  await database.close();
});
afterAll(() => rm(base, { recursive: true }));
beforeEach(async () => {
  logged = [];
  rooms += 1;
  root = join(base, String(rooms));
  directory = join(root, 'state.lmdb');
  await mkdir(root);
});

it('is closed to other users, and keeps its content across a restart', async () => {
  const first = await open();
  await first.table('history').write([{ key: ['acme', 1], value: { to: 'connected' } }]);
  await first.table('history').write([{ key: ['acme', 2], value: 2 }, { key: ['acme', 1] }]);
  await first.close();
  const modes = await Promise.all(
    ['', 'data.mdb', 'lock.mdb'].map(async (name) => (await stat(join(directory, name))).mode & 0o777),
  );
  expect(modes).toEqual([0o700, 0o600, 0o600]);
  const second = await open();
  expect([second.status(), second.movedAside]).toEqual(['durable', null]);
  expect(second.table('history').range({})).toEqual([[['acme', 2], 2]]);
  expect(second.table('other').range({})).toEqual([]);
  await second.close();
  expect(logged).toEqual([]);
});

describe('a damaged database', () => {
  const data = () => join(directory, 'data.mdb');
  const overwrite = async (from: number, bytes: Buffer) => {
    const whole = await readFile(data());
    bytes.copy(whole, from);
    await writeFile(data(), whole);
  };
  const wounds: Readonly<Record<string, () => Promise<unknown>>> = {
    'cut in half': async () => truncate(data(), Math.floor((await stat(data())).size / 8192) * 4096),
    'cut after its first page': () => truncate(data(), 6_000),
    'random bytes': () => writeFile(data(), randomBytes(100_000)),
    'nothing but zeros': () => writeFile(data(), Buffer.alloc(100_000)),
    'a text': () => writeFile(data(), '{"not":"a database"}'),
    'pages of another program in its middle': () => overwrite(4096 * 30, randomBytes(4096 * 60)),
    'pages of zeros in its middle': () => overwrite(4096 * 2, Buffer.alloc(4096 * 150)),
    'a directory where its file should be': async () => {
      await rm(data());
      await mkdir(data());
    },
    'a directory where its lock should be': async () => {
      await rm(join(directory, 'lock.mdb'));
      await mkdir(join(directory, 'lock.mdb'));
    },
    'a file where its directory should be': async () => {
      await rm(directory, { recursive: true });
      await writeFile(directory, 'a note to myself');
    },
  };
  it.each(Object.keys(wounds))('is moved aside, and an empty one replaces it: %s', async (wound) => {
    await cp(sound, directory, { recursive: true });
    await wounds[wound]?.();
    const before = (await stat(data()).catch(() => undefined))?.isFile() ? await readFile(data()) : undefined;
    const database = await open();
    expect([database.status(), database.movedAside]).toEqual(['emptied', join(root, 'aside')]);
    expect(logged).toEqual(['database.damaged']);
    if (before) expect((await readFile(join(root, 'aside/data.mdb'))).equals(before)).toBe(true);
    else await stat(join(root, 'aside'));
    const table = database.table('history');
    expect(table.range({})).toEqual([]);
    await table.write([{ key: ['acme', 1], value: 1 }]);
    expect(table.get(['acme', 1])).toBe(1);
    await database.close();
  });
  it('is not affected by a lock file with random bytes, an empty one, or none', async () => {
    for (const lock of [randomBytes(8_272), Buffer.alloc(0), undefined]) {
      await rm(directory, { recursive: true, force: true });
      await cp(sound, directory, { recursive: true });
      await (lock ? writeFile(join(directory, 'lock.mdb'), lock) : rm(join(directory, 'lock.mdb')));
      const database = await open();
      expect(database.table('history').range({})).toHaveLength(5_000);
      await database.close();
    }
    expect(logged).toEqual([]);
  });
});

it('uses memory when this user may not write there, and does not change the files', async () => {
  await cp(sound, directory, { recursive: true });
  const refused = async (): Promise<never> => {
    throw new DiskFault('makeDirectory', directory, Object.assign(new Error('no'), { code: 'EACCES' }));
  };
  const database = await open({ ...nodeDisk(), makeDirectory: refused });
  expect([database.status(), database.movedAside]).toEqual(['memory', null]);
  expect(logged).toEqual(['database.unusable']);
  await database.table('history').write([{ key: ['acme', 1], value: 1 }]);
  expect(database.table('history').get(['acme', 1])).toBe(1);
  await database.close();
  const later = await open();
  expect(later.table('history').range({})).toHaveLength(5_000);
  await later.close();
});

describe('a database that cannot be used', () => {
  const why: unknown[] = [];
  const openWith = (over: Partial<Disk>, aside: () => Promise<string> = async () => join(root, 'aside')) => {
    why.length = 0;
    const disk = { ...nodeDisk(), ...over };
    return openDatabase({
      disk,
      directory,
      aside,
      log: (event, fields) => {
        logged.push(event);
        why.push(fields);
      },
    });
  };
  const refusing = (code: string) => async (): Promise<never> => {
    throw new DiskFault('write', directory, { code });
  };
  it.each(['ENOSPC', 'EACCES', 'EROFS', 'EIO'])('because of %s stays where it is', async (code) => {
    const database = await openWith({ makeDirectory: refusing(code) });
    expect([database.status(), database.movedAside]).toEqual(['memory', null]);
    expect(logged).toEqual(['database.unusable']);
    expect(why).toEqual([{ directory, why: `cannot write ${directory}: ${code}` }]);
    expect(database.table('a')).toBe(database.table('a'));
    expect(database.table('a')).not.toBe(database.table('b'));
    await expect(database.close()).resolves.toBeUndefined();
  });
  it.each(['EEXIST', 'ENOTDIR', 'EISDIR', 'ELOOP'])(
    'because of its shape (%s) is moved aside',
    async (code) => {
      await mkdir(directory);
      let first = true;
      const database = await openWith({
        makeDirectory: async (path, mode) => {
          if (first) {
            first = false;
            return refusing(code)();
          }
          await nodeDisk().makeDirectory(path, mode);
        },
      });
      expect([database.status(), database.movedAside]).toEqual(['emptied', join(root, 'aside')]);
      expect(logged).toEqual(['database.damaged']);
      expect(why).toEqual([
        { directory, movedTo: join(root, 'aside'), why: `cannot write ${directory}: ${code}` },
      ]);
      await database.close();
    },
  );
  it('and cannot be moved aside is replaced by memory, and stays where it is', async () => {
    await writeFile(directory, 'a note');
    const database = await openWith({}, () => Promise.reject(new Error('no free name')));
    expect([database.status(), database.movedAside]).toEqual(['memory', null]);
    expect(why).toEqual([{ directory, why: 'no free name' }]);
    await openWith({}, () => Promise.reject('text' as unknown as Error));
    expect(why).toEqual([{ directory, why: 'text' }]);
    expect(await readFile(directory, 'utf8')).toBe('a note');
  });
  it('because a program is wrong is no reason to continue', async () => {
    const bug = async (): Promise<never> => {
      throw new TypeError('a bug');
    };
    await expect(openWith({ makeDirectory: bug })).rejects.toThrow('a bug');
  });
  it('also after it was moved aside is replaced by memory, and the moved one is named', async () => {
    await writeFile(directory, 'a note');
    const database = await openWith({ write: refusing('ENOSPC') });
    expect([database.status(), database.movedAside]).toEqual(['memory', join(root, 'aside')]);
    expect(logged).toEqual(['database.damaged', 'database.unusable']);
    expect(why[1]).toEqual({ directory, why: `cannot write ${directory}: ENOSPC` });
  });
});

it('the lock file has its bytes before the library writes into it through memory', async () => {
  const written: (readonly [string, number])[] = [];
  const disk = nodeDisk();
  const database = await open({
    ...disk,
    write: (path, content, mode) => {
      written.push([path, content.length]);
      return disk.write(path, content, mode);
    },
  });
  await database.close();
  expect(written).toEqual([
    [join(directory, 'data.mdb'), 0],
    [join(directory, 'lock.mdb'), 16_384],
  ]);
  written.length = 0;
  const again = await open({
    ...disk,
    write: (path, content, mode) => {
      written.push([path, content.length]);
      return disk.write(path, content, mode);
    },
  });
  await again.close();
  expect(written.filter(([path]) => path.endsWith('data.mdb'))).toEqual([]);
});
it('the same name is the same table', async () => {
  const database = await open();
  expect(database.table('a')).toBe(database.table('a'));
  await database.table('a').write([{ key: ['x'], value: 1 }]);
  expect(database.table('b').range({})).toEqual([]);
  await database.close();
});
