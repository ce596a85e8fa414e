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

describe('inspecting the lock', () => {
  it('reports a lock that never existed, and creates no file', async () => {
    expect(await seen()).toEqual({ is: 'never' });
    await expect(nodeDisk().list(layoutOf(root).own)).resolves.toBeUndefined();
  });
  it('reports a lock held by this process, and free after the release', async () => {
    const lock = await takeLock(root);
    expect(await seen()).toMatchObject({ is: 'held', holder: { pid: process.pid, host: hostname() } });
    lock.release();
    expect(await seen()).toEqual({ is: 'free' });
  });
  it('reports a lock held by another process until that process is killed', async () => {
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
  it('does not take the lock, so that another process can take it meanwhile', async () => {
    (await takeLock(root)).release();
    const looking = Array.from({ length: 50 }, () => seen());
    const lock = await takeLock(root);
    await Promise.all(looking);
    lock.release();
  });
  it('is unclear about a holder elsewhere, or one whose open files are not visible', async () => {
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
  it('reports a lock that the kernel lists, with any holder', async () => {
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
