import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DiskFault } from '../../src/disk/disk.ts';
import { removeLeftovers, replaceFile } from '../../src/disk/replace-file.ts';
import { memoryDisk } from '../support/memory-disk.ts';

const path = '/vault/2/creds.json';

describe('replacing a file', () => {
  it('leaves only the new content, for the owner alone', async () => {
    const disk = memoryDisk();
    disk.place(path, 'old');
    const stat = await replaceFile(disk, path, 'new');
    expect(disk.peek(path)?.toString()).toBe('new');
    expect(await disk.stat(path)).toEqual(stat);
    expect(stat.mode).toBe(0o600);
    expect(await disk.list('/vault/2')).toEqual(['creds.json']);
  });

  it('leaves the old or the new content after a power cut, and the new one once it has resolved', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 4 }),
        fc.infiniteStream(fc.double({ min: 0, max: 0.999, noNaN: true })),
        async (step, chances) => {
          const disk = memoryDisk({ random: () => chances.next().value });
          disk.place(path, 'old');
          disk.cutPower(step);
          const outcome = await replaceFile(disk, path, 'new').then(
            () => 'durable',
            () => 'cut',
          );
          disk.crash();
          const content = disk.peek(path)?.toString();
          expect(outcome === 'durable' ? ['new'] : ['old', 'new']).toContain(content);
          expect(outcome).toBe(step === 4 ? 'durable' : 'cut');
        },
      ),
      { numRuns: 300 },
    );
  });

  it.each([
    ['write', 'ENOSPC'],
    ['rename', 'EACCES'],
  ] as const)('keeps the old content and no temporary file when the %s fails', async (operation, code) => {
    const disk = memoryDisk();
    disk.place(path, 'old');
    disk.inject({ operation, path: /tmp~$/, code, times: 1, ...(operation === 'write' && { tear: 2 }) });
    await expect(replaceFile(disk, path, 'new')).rejects.toMatchObject({
      name: 'DiskFault',
      code,
      operation,
    });
    expect(disk.peek(path)?.toString()).toBe('old');
    expect(await disk.list('/vault/2')).toEqual(['creds.json']);
  });

  it('reports the first fault even when the temporary file cannot be removed', async () => {
    const disk = memoryDisk();
    disk.place(path, 'old');
    disk.inject({ operation: 'any', path: /tmp~$/, code: 'EIO', tear: 1 });
    await expect(replaceFile(disk, path, 'new')).rejects.toMatchObject({ operation: 'write' });
  });

  it('never creates the directory', async () => {
    const disk = memoryDisk();
    disk.placeDirectory('/vault');
    await expect(replaceFile(disk, path, 'new')).rejects.toBeInstanceOf(DiskFault);
    expect(disk.paths()).toEqual(['/vault']);
  });

  it('works for the longest name that a file may have', async () => {
    const disk = memoryDisk();
    disk.placeDirectory('/vault');
    const written: string[] = [];
    const spy = {
      ...disk,
      write: (to: string, content: string | Uint8Array) =>
        disk.write(to, content).finally(() => written.push(to)),
    };
    await replaceFile(spy, `/vault/${'k'.repeat(255)}`, 'new');
    expect(written[0]?.length).toBeLessThan(255);
  });
});

describe('leftovers of a killed process', () => {
  it('are removed, and files of other programs stay', async () => {
    const disk = memoryDisk();
    for (const name of ['.creds.json.17.3.tmp~', 'creds.json', 'notes~', 'creds.json.tmp', '.hidden'])
      disk.place(`/vault/2/${name}`, 'x');
    expect(await removeLeftovers(disk, '/vault/2')).toBe(1);
    expect([...((await disk.list('/vault/2')) ?? [])].sort()).toEqual([
      '.hidden',
      'creds.json',
      'creds.json.tmp',
      'notes~',
    ]);
  });

  it('are none without a directory', async () => {
    expect(await removeLeftovers(memoryDisk(), '/vault/2')).toBe(0);
  });

  it('do not include files that are being written', async () => {
    const disk = memoryDisk();
    disk.placeDirectory('/vault/2');
    let removed: number | undefined;
    const busy = {
      ...disk,
      rename: async (from: string, to: string) => {
        expect((await disk.list('/vault/2'))?.some((name) => name.endsWith('.tmp~'))).toBe(true);
        removed = await removeLeftovers(disk, '/vault/2');
        await disk.rename(from, to);
      },
    };
    await replaceFile(busy, path, 'new');
    expect(removed).toBe(0);
    expect(disk.peek(path)?.toString()).toBe('new');
  });
});
