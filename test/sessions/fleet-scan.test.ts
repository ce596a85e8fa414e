import { readFileSync } from 'node:fs';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DiskFault } from '../../src/disk/disk.ts';
import { nodeDisk } from '../../src/disk/node-disk.ts';
import { examine } from '../../src/sessions/examine.ts';
import { restorable } from './harness.ts';
import { open, temporaryRoot } from './real-root.ts';

const fleet = 10_000;
const mostMs = 50;

/**
 * Processor time of the main thread. Not the wall clock: on a busy machine the thread waits for a core, or
 * for starved threads of the collector: of a turn of 275 ms it had used 3. undefined where the system does
 * not tell (it is Linux that does).
 */
const ownTimeMs = (): number | undefined => {
  try {
    return Number(readFileSync(`/proc/self/task/${process.pid}/schedstat`, 'utf8').split(' ')[0]) / 1e6;
  } catch {
    return undefined;
  }
};
/** The longest turn of the event loop while `work` runs. */
const longestTurn = async (
  work: () => Promise<void>,
): Promise<{ readonly ownMs: number; readonly wallMs: number }> => {
  const now = () => ({ own: ownTimeMs() ?? performance.now(), wall: performance.now() });
  let [going, before, ownMs, wallMs] = [true, now(), 0, 0];
  const turn = (): void => {
    const after = now();
    ownMs = Math.max(ownMs, after.own - before.own);
    wallMs = Math.max(wallMs, after.wall - before.wall);
    before = after;
    if (going) setImmediate(turn);
  };
  setImmediate(turn);
  await work();
  going = false;
  return { ownMs, wallMs };
};

let made: Awaited<ReturnType<typeof temporaryRoot>>;
let opened: Awaited<ReturnType<typeof open>>;
beforeAll(async () => {
  made = await temporaryRoot();
  for (let n = 0; n < fleet; n += 100) {
    const place = async (_: unknown, more: number): Promise<void> => {
      const directory = join(made.path, `org-${n + more}`);
      await mkdir(directory, { mode: 0o700 });
      await writeFile(join(directory, 'creds.json'), restorable(`55${n + more}:1`), { mode: 0o600 });
    };
    await Promise.all(Array.from({ length: 100 }, place));
  }
  opened = await open(made.path);
}, 240_000);
afterAll(async () => {
  opened.lock.release();
  await made.remove();
}, 240_000);

describe('a scan of ten thousand directories', () => {
  it.each(['all new', 'all known'])(
    'never keeps the process from its other work for 50 ms (%s)',
    async (which) => {
      let sound = 0;
      const { ownMs, wallMs } = await longestTurn(async () => {
        sound = (await opened.scan()).found.filter((one) => one.stored === 'restorable').length;
      });
      console.info(
        `${fleet} directories, ${which}: longest turn ${ownMs.toFixed(1)} ms of processor time, ` +
          `${wallMs.toFixed(1)} ms by the wall`,
      );
      expect(sound).toBe(fleet);
      expect(ownMs).toBeLessThan(mostMs);
    },
    240_000,
  );

  it('is examined by the doctor without blocking the event loop', async () => {
    const disk = nodeDisk();
    let sound = 0;
    const { ownMs, wallMs } = await longestTurn(async () => {
      const seen = await examine({
        root: made.path,
        disk,
        now: Date.now,
        wait: (ms) => wait(ms),
        uid: process.getuid?.(),
      });
      sound = [...seen.inventories.values()].filter(
        (one) => !(one instanceof DiskFault) && one.exposed.length === 0,
      ).length;
    });
    console.info(
      `${fleet} directories, examined: longest turn ${ownMs.toFixed(1)} ms of processor time, ` +
        `${wallMs.toFixed(1)} ms by the wall`,
    );
    expect(sound).toBe(fleet);
    expect(ownMs).toBeLessThan(mostMs);
  }, 240_000);

  it('never waits for the disk in the main thread', async () => {
    const sourcesOf = async (folder: string): Promise<[name: string, text: string][]> => {
      const path = fileURLToPath(new URL(`../../src/${folder}`, import.meta.url));
      const names = (await readdir(path, { recursive: true })).filter((name) => name.endsWith('.ts'));
      return Promise.all(names.map(async (name) => [name, await readFile(join(path, name), 'utf8')]));
    };
    const that = async (pattern: RegExp, ...folders: string[]): Promise<string[]> =>
      (await Promise.all(folders.map(sourcesOf)))
        .flat()
        .filter(([, text]) => pattern.test(text))
        .map(([name]) => name)
        .sort();
    // The lock is taken once, at start. The configuration and the path of the root are checked before that.
    expect(await that(/\w+Sync\b/u, 'disk', 'sessions')).toEqual([
      'lock-file.ts',
      'lock-standing.ts',
      'lock.ts',
      'read-text.ts',
      'root-path.ts',
    ]);
    expect(await that(/\b(readText|faultOfRoot)\b/u, 'app', 'control', 'delivery', 'whatsapp')).toEqual([]);
  });
});
