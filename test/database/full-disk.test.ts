/** A volume that is really full, where this user may mount one; elsewhere these are skipped and say so. */
import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openDatabase } from '../../src/database/database.ts';
import { nodeDisk } from '../../src/disk/node-disk.ts';

let base: string;
let volume: string | undefined;
beforeAll(async () => {
  base = await mkdtemp(join(tmpdir(), 'vigia-full-'));
  const path = join(base, 'volume');
  await mkdir(path);
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=512k', 'tmpfs', path], { stdio: 'ignore' });
    volume = path;
  } catch {}
});
afterAll(async () => {
  if (volume) execFileSync('umount', ['--lazy', volume]);
  await rm(base, { recursive: true });
});

it('a write on a full disk rejects with its code, changes nothing, and succeeds when there is space', async ({
  skip,
}) => {
  if (volume === undefined) return skip('this user may not mount a volume');
  const directory = join(volume, 'state.lmdb');
  const logged: string[] = [];
  const open = () =>
    openDatabase({
      disk: nodeDisk(),
      directory,
      aside: () => Promise.reject(new Error('moved aside')),
      log: (event) => void logged.push(event),
    });
  const database = await open();
  const table = database.table('history');
  await table.write([{ key: ['acme', 0], value: 'first' }]);
  // takes what there is
  await writeFile(join(volume, 'ballast'), Buffer.alloc(600 * 1024)).catch(() => undefined);
  const changes = Array.from({ length: 1_000 }, (_, n) => ({ key: ['acme', n + 1], value: 'x'.repeat(300) }));
  await expect(table.write(changes)).rejects.toMatchObject({ name: 'DatabaseFault', code: 'ENOSPC' });
  expect(table.range({})).toEqual([[['acme', 0], 'first']]);
  await database.close();

  const again = await open(); // a start on the full volume: what is there can be read
  expect(again.status()).toBe('durable');
  expect(again.table('history').range({})).toEqual([[['acme', 0], 'first']]);
  await expect(again.table('history').write(changes)).rejects.toMatchObject({ code: 'ENOSPC' });
  // one that was never there cannot be made: memory, with a warning
  expect(again.table('new').range({})).toEqual([]);
  await again.table('new').write([{ key: ['a'], value: 1 }]);
  expect(logged).toEqual(['database.unusable']);
  expect(again.status()).toBe('memory');

  await rm(join(volume, 'ballast'));
  await again.table('history').write(changes.slice(0, 100));
  expect(again.table('history').range({})).toHaveLength(101);
  await again.close();
});

it('a first start on a full volume uses memory and does not crash', async ({ skip }) => {
  if (volume === undefined) return skip('this user may not mount a volume');
  await writeFile(join(volume, 'ballast'), Buffer.alloc(600 * 1024)).catch(() => undefined);
  const logged: string[] = [];
  const database = await openDatabase({
    disk: nodeDisk(),
    directory: join(volume, 'other.lmdb'),
    aside: () => Promise.reject(new Error('moved aside')),
    log: (event) => void logged.push(event),
  });
  expect(database.status()).toBe('memory');
  expect(logged).toEqual(['database.unusable']);
  await database.close();
});
