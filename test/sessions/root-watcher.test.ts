import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { watchRoot } from '../../src/sessions/root-watcher.ts';
import { temporaryRoot } from './real-root.ts';

/**
 * The clock is turned by hand; the events of the file system come when they come, so these are waited for in
 * real time.
 */
const realTimeout = globalThis.setTimeout;
const inRealTime = (ms: number) => new Promise<void>((resolve) => void realTimeout(resolve, ms));
const timers = async (count: number): Promise<void> => {
  for (let n = 0; n < 2_000 && vi.getTimerCount() < count; n += 1) await inRealTime(5);
  expect(vi.getTimerCount()).toBeGreaterThanOrEqual(count);
};
/** Long enough for an event to arrive, where none is expected to matter. */
const noEvent = () => inRealTime(150);

let root = '';
let remove: () => Promise<void>;
let stop = (): void => undefined;
let hints = 0;
const logged: string[] = [];
const log = (event: string) => void logged.push(event);
const watchIt = (path = root): void => {
  hints = 0;
  logged.length = 0;
  const hint = (): void => {
    hints += 1;
  };
  stop = watchRoot(path, hint, log);
};

beforeEach(async () => {
  const made = await temporaryRoot();
  root = made.path;
  remove = made.remove;
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
});
afterEach(async () => {
  stop();
  vi.useRealTimers();
  await remove();
});

describe('scans requested by the watcher', () => {
  it('follow a new directory soon, are repeated a few times, and end', async () => {
    watchIt();
    await mkdir(join(root, '2'));
    await timers(2); // the hint, and the end of the watch on the new directory
    vi.advanceTimersByTime(199);
    expect(hints).toBe(0);
    vi.advanceTimersByTime(1);
    expect(hints).toBe(1);
    vi.advanceTimersByTime(3_500);
    expect(hints).toBe(4);
    vi.advanceTimersByTime(60_000);
    expect(hints).toBe(4);
  });

  it('follow credentials that come minutes later into a directory that is new, but not its keys', async () => {
    watchIt();
    await mkdir(join(root, '2'));
    await timers(2);
    vi.advanceTimersByTime(200_000);
    const before = hints;
    await writeFile(join(root, '2', 'pre-key-1.json'), '{}');
    await noEvent();
    expect(vi.getTimerCount()).toBe(1);
    await writeFile(join(root, '2', 'creds.json'), '{}');
    await timers(2);
    vi.advanceTimersByTime(200);
    expect(hints).toBe(before + 1);
  });

  it('are not made for a directory that has existed for long', async () => {
    watchIt();
    await mkdir(join(root, '2'));
    await timers(2);
    vi.advanceTimersByTime(300_000);
    await writeFile(join(root, '2', 'creds.json'), '{}');
    await noEvent();
    expect(vi.getTimerCount()).toBe(0);
  });

  it('are few for many changes, and are not postponed for ever by changes without end', async () => {
    watchIt();
    for (let n = 0; n < 30; n += 1) {
      await mkdir(join(root, `org-${n}`));
      await timers(n + 2);
      vi.advanceTimersByTime(100);
    }
    expect([2, 3]).toContain(hints);
  });

  it('come from at most 64 new directories at a time', async () => {
    watchIt();
    for (let n = 0; n < 100; n += 1) await mkdir(join(root, `org-${n}`));
    await timers(65);
    await noEvent();
    expect(vi.getTimerCount()).toBe(65);
  });

  it('are not made for .vigia, nor for names that are not valid for an organization', async () => {
    await mkdir(join(root, '.vigia'));
    watchIt();
    await writeFile(join(root, '.vigia', 'x'), '');
    await mkdir(join(root, '.hidden'));
    await mkdir(join(root, '2.tmp'));
    await noEvent();
    expect(vi.getTimerCount()).toBe(0);
  });

  it('continue when a new directory is removed again', async () => {
    watchIt();
    await mkdir(join(root, '2'));
    await timers(2);
    await rm(join(root, '2'), { recursive: true });
    await noEvent();
    vi.advanceTimersByTime(300_000);
    const before = hints;
    await mkdir(join(root, '3'));
    await timers(2);
    vi.advanceTimersByTime(200);
    expect(hints).toBe(before + 1);
    expect(logged).toEqual([]);
  });

  it('end when they are stopped', async () => {
    watchIt();
    await mkdir(join(root, '2'));
    await timers(2);
    stop();
    await writeFile(join(root, '2', 'creds.json'), '{}');
    await noEvent();
    expect(vi.getTimerCount()).toBe(0);
    expect(hints).toBe(0);
  });

  it('do not exist where nothing can be watched, which is logged once and stops nothing', () => {
    watchIt(join(root, 'missing'));
    expect(logged).toEqual(['watcher.lost']);
    stop();
  });
});
