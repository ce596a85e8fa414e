import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Disk, DiskFault } from '../../src/disk/disk.ts';
import { nodeDisk } from '../../src/disk/node-disk.ts';
import { memoryDisk } from '../support/memory-disk.ts';

const lost = { random: () => 0 };
const kept = { random: () => 0.9 };

describe('the disk in memory', () => {
  it('keeps the content of a written file through a crash once its directory was synced', async () => {
    const disk = memoryDisk(lost);
    disk.placeDirectory('/d');
    await disk.write('/d/a', 'one');
    await disk.syncDirectory('/d');
    await disk.write('/d/b', 'two');
    disk.crash();
    expect(disk.paths()).toEqual(['/d', '/d/a']);
    expect(disk.peek('/d/a')?.toString()).toBe('one');
  });

  it('keeps unsynced names if the random number says so', async () => {
    const disk = memoryDisk(kept);
    await disk.makeDirectory('/d/e');
    disk.crash();
    expect(disk.paths()).toEqual(['/d', '/d/e']);
  });

  it('undoes an unsynced removal and an unsynced rename', async () => {
    const disk = memoryDisk(lost);
    disk.place('/d/a', '1');
    disk.place('/d/b', '2');
    await disk.remove('/d/a');
    await disk.rename('/d/b', '/d/c');
    expect(disk.paths()).toEqual(['/d', '/d/c']);
    disk.crash();
    expect(disk.paths()).toEqual(['/d', '/d/a', '/d/b']);
  });

  it('moves between directories completely or not at all, and durably only when both were synced', async () => {
    for (const synced of [['/from'], ['/to'], ['/from', '/to']]) {
      const disk = memoryDisk(lost);
      disk.place('/from/org/creds.json', 'x');
      disk.placeDirectory('/to');
      await disk.rename('/from/org', '/to/org');
      for (const directory of synced) await disk.syncDirectory(directory);
      disk.crash();
      const place = synced.length === 2 ? '/to' : '/from';
      expect(disk.paths().filter((path) => path.endsWith('creds.json'))).toEqual([`${place}/org/creds.json`]);
    }
  });

  it('is not undone by an older change that becomes durable later', async () => {
    const disk = memoryDisk(kept);
    disk.place('/from/org/creds.json', 'old');
    disk.place('/new/creds.json', 'new');
    disk.placeDirectory('/to');
    await disk.rename('/from/org', '/to/org');
    await disk.rename('/to/org', '/to/elsewhere');
    await disk.rename('/new', '/to/org');
    await disk.syncDirectory('/to');
    await disk.syncDirectory('/');
    await disk.syncDirectory('/from');
    disk.crash();
    expect(disk.peek('/to/org/creds.json')?.toString()).toBe('new');
    expect(disk.peek('/to/elsewhere/creds.json')?.toString()).toBe('old');
  });

  it('never shows one inode under two names after a crash', async () => {
    const steps = fc.array(
      fc.tuple(
        fc.constantFrom('a', 'b', 'c', 'd/a', 'd/b'),
        fc.constantFrom('a', 'b', 'c', 'd/a', 'd/b'),
        fc.boolean(),
      ),
    );
    await fc.assert(
      fc.asyncProperty(
        steps,
        fc.infiniteStream(fc.double({ min: 0, max: 0.999, noNaN: true })),
        async (moves, chances) => {
          const disk = memoryDisk({ random: () => chances.next().value });
          disk.placeDirectory('/r/d');
          for (const name of ['a', 'b', 'd/a']) disk.place(`/r/${name}`, name);
          for (const [from, to, sync] of moves) {
            await disk.rename(`/r/${from}`, `/r/${to}`).catch(() => undefined);
            if (sync) await disk.syncDirectory('/r');
          }
          disk.crash();
          const files = disk.paths().filter((path) => disk.peek(path)?.length);
          const inodes = await Promise.all(files.map(async (path) => (await disk.stat(path))?.ino));
          expect(new Set(inodes).size).toBe(inodes.length);
        },
      ),
    );
  });

  it('gives every change its own modification time and every file its own inode', async () => {
    const disk = memoryDisk({ now: () => 1_000 });
    disk.placeDirectory('/d');
    const first = await disk.write('/d/a', 'x');
    const again = await disk.write('/d/a', 'y');
    expect(again.ino).toBe(first.ino);
    expect(again.mtimeMs).toBeGreaterThan(first.mtimeMs);
    await disk.remove('/d/a');
    expect((await disk.write('/d/a', 'x')).ino).toBeGreaterThan(first.ino);
  });

  it('tears a write the given number of times', async () => {
    const disk = memoryDisk();
    disk.placeDirectory('/d');
    disk.inject({ operation: 'write', path: '/d/a', code: 'ENOSPC', times: 1, tear: 2 });
    await expect(disk.write('/d/a', 'whole')).rejects.toMatchObject({
      code: 'ENOSPC',
      path: '/d/a',
      operation: 'write',
    });
    expect(disk.peek('/d/a')?.toString()).toBe('wh');
    await disk.write('/d/a', 'whole');
    expect(disk.peek('/d/a')?.toString()).toBe('whole');
  });

  it('fails until the fault is removed', async () => {
    const disk = memoryDisk();
    const undo = disk.inject({ operation: 'list', path: /^\/d/, code: 'EIO' });
    await expect(disk.list('/d')).rejects.toBeInstanceOf(DiskFault);
    await expect(disk.list('/d')).rejects.toBeInstanceOf(DiskFault);
    undo();
    expect(await disk.list('/d')).toBeUndefined();
  });

  it('does nothing between a power cut and the return of the power', async () => {
    const disk = memoryDisk(kept);
    disk.placeDirectory('/d');
    disk.cutPower(1);
    await expect(disk.makeDirectory('/d/a')).rejects.toMatchObject({ code: 'EPOWER' });
    await expect(disk.makeDirectory('/d/b')).rejects.toMatchObject({ code: 'EPOWER' });
    disk.crash();
    expect(disk.paths()).toEqual(['/d', '/d/a']);
    await disk.makeDirectory('/d/b');
  });

  it('folds case if configured, and keeps the spelling of names', async () => {
    const disk = memoryDisk({ foldsCase: true });
    disk.place('/d/Name', 'x');
    expect((await disk.read('/d/nAME'))?.toString()).toBe('x');
    expect(await disk.list('/d')).toEqual(['Name']);
  });
});

const names = fc.constantFrom('a', 'b', 'a/b', 'b/a', 'a/b/c');
const step = fc.oneof(
  fc.tuple(
    fc.constantFrom(
      'stat',
      'read',
      'list',
      'write',
      'remove',
      'makeDirectory',
      'removeDirectory',
      'syncDirectory',
    ),
    names,
  ),
  fc.tuple(fc.constant('rename'), names, names),
);

describe('the disk in memory behaves like the real disk', () => {
  it('for any sequence of operations', async () => {
    const perform = async (
      disk: Disk,
      root: string,
      [operation, path, other]: readonly (string | undefined)[],
    ): Promise<unknown> => {
      const at = `${root}/${path}`;
      try {
        if (operation === 'rename') return await disk.rename(at, `${root}/${other}`);
        if (operation === 'write') return (await disk.write(at, `${path}`)).size;
        if (operation === 'stat') return (await disk.stat(at))?.kind;
        if (operation === 'read') return (await disk.read(at))?.toString();
        if (operation === 'list') return [...((await disk.list(at)) ?? ['-'])].sort();
        if (operation === 'remove') return await disk.remove(at);
        if (operation === 'makeDirectory') return await disk.makeDirectory(at);
        if (operation === 'removeDirectory') return await disk.removeDirectory(at);
        return await disk.syncDirectory(at);
      } catch (fault) {
        return (fault as DiskFault).name;
      }
    };
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
        const root = await mkdtemp(join(tmpdir(), 'vigia-memory-'));
        const [real, memory] = [nodeDisk(), memoryDisk()];
        memory.placeDirectory(root);
        try {
          for (const one of steps)
            expect([one, await perform(memory, root, one)]).toEqual([one, await perform(real, root, one)]);
        } finally {
          await rm(root, { recursive: true });
        }
      }),
      { numRuns: 150 },
    );
  });
});
