import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { nodeDisk } from '../../src/disk/node-disk.ts';
import { inspectLock } from '../../src/sessions/inspect-lock.ts';
import { layoutOf } from '../../src/sessions/layout.ts';
import { takeLock } from '../../src/sessions/lock.ts';
import { moduleUrl, startChild } from './real-root.ts';

let root = '';
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'vigia-seen-'));
});
afterEach(() => rm(root, { recursive: true, force: true }));
const seen = (proc?: string) => inspectLock(nodeDisk(), layoutOf(root), proc);

describe('the lock, looked at', () => {
  it('was never there, and the look leaves nothing behind', async () => {
    expect(await seen()).toEqual({ is: 'never' });
    await expect(nodeDisk().list(layoutOf(root).own)).resolves.toBeUndefined();
  });
  it('is held by this process, and free again afterwards', async () => {
    const lock = await takeLock(root);
    expect(await seen()).toMatchObject({ is: 'held', holder: { pid: process.pid, host: hostname() } });
    lock.release();
    expect(await seen()).toEqual({ is: 'free' });
  });
  it('is held by another process, until that is killed', async () => {
    const child = startChild(
      `const { takeLock } = await import(${moduleUrl('sessions/lock.ts')}); await ` +
        `takeLock(process.argv[1]); console.log('locked'); setInterval(() => {}, 1000);`,
      [root],
    );
    await child.spoke();
    expect(await seen()).toMatchObject({ is: 'held', holder: { pid: child.pid } });
    child.kill();
    await child.ended;
    expect(await seen()).toEqual({ is: 'free' });
  });
  it('can be taken while it is looked at: looking takes nothing', async () => {
    (await takeLock(root)).release();
    const looking = Array.from({ length: 50 }, () => seen());
    const lock = await takeLock(root);
    await Promise.all(looking);
    lock.release();
  });
  it('is unclear when it names a holder elsewhere, or one whose files we may not see', async () => {
    await mkdir(layoutOf(root).own);
    const holder = { pid: 1, since: '2026-01-15T00:50:00Z', host: 'another-container' };
    await writeFile(layoutOf(root).lock, JSON.stringify(holder));
    expect(await seen()).toEqual({ is: 'unclear', holder });
    const proc = join(root, 'proc');
    await mkdir(join(proc, '7'), { recursive: true });
    await writeFile(join(proc, '7', 'fd'), ''); // cannot be listed
    await writeFile(layoutOf(root).lock, JSON.stringify({ ...holder, pid: 7, host: hostname() }));
    expect(await seen(proc)).toMatchObject({ is: 'unclear', holder: { pid: 7 } });
  });
  it('is held when the kernel lists it, whoever holds it', async () => {
    await mkdir(layoutOf(root).own);
    await writeFile(layoutOf(root).lock, 'not ours');
    const ino = (await nodeDisk().stat(layoutOf(root).lock))?.ino;
    const proc = join(root, 'proc');
    await mkdir(proc);
    await writeFile(join(proc, 'locks'), `1: POSIX  ADVISORY  READ 5 00:1:${ino} 0 EOF\n`);
    expect(await seen(proc)).toEqual({ is: 'free' });
    await writeFile(join(proc, 'locks'), `2: FLOCK  ADVISORY  WRITE 5 00:1:${ino} 0 EOF\n`);
    expect(await seen(proc)).toEqual({ is: 'held', holder: undefined });
  });
});
