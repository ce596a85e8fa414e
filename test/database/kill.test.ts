import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openDatabase } from '../../src/database/database.ts';
import { nodeDisk } from '../../src/disk/node-disk.ts';

const kills = Number(process.env['VIGIA_DATABASE_KILLS'] ?? 8);
const child = fileURLToPath(new URL('kill-database-child.ts', import.meta.url));
let base: string;
beforeAll(async () => {
  base = await mkdtemp(join(tmpdir(), 'vigia-database-kill-'));
});
afterAll(() => rm(base, { recursive: true }));

/** Resolves with the last batch that was asked for, and the last that was acknowledged. */
const run = (first: number, mode: 'kill' | 'stop') =>
  new Promise<{ asked: number; acked: number; signal: string | null; code: number | null }>(
    (resolve, reject) => {
      const running = spawn(
        process.execPath,
        ['--import', import.meta.resolve('tsx'), child, join(base, 'db'), String(first), mode],
        {
          stdio: ['ignore', 'pipe', 'inherit'],
        },
      );
      let [asked, acked] = [first - 1, first - 1];
      createInterface({ input: running.stdout }).on('line', (line) => {
        const [what, n] = line.split(' ');
        if (what === 'warn') reject(new Error(line));
        if (what === 'ask') asked = Number(n);
        if (what === 'ack') acked = Number(n);
        if (what === 'ack' && mode === 'kill')
          setTimeout(() => running.kill('SIGKILL'), 5 + Math.random() * 50);
      });
      const cut = setTimeout(() => running.kill('SIGKILL'), 30_000);
      running.on('close', (code, signal) => {
        clearTimeout(cut);
        resolve({ asked, acked, signal, code });
      });
    },
  );

it(`after each of ${kills} kills in the middle of writing, every batch that was called durable is there, and no half of one`, async () => {
  let last = 0;
  for (let kill = 0; kill < kills; kill += 1) {
    const { asked, acked, signal } = await run(last + 1, 'kill');
    expect(signal).toBe('SIGKILL');
    expect(acked).toBeGreaterThan(last);
    const database = await openDatabase({
      disk: nodeDisk(),
      directory: join(base, 'db'),
      aside: () => Promise.reject(new Error('moved aside')),
      log: (event, fields) => expect.fail(`${event} ${JSON.stringify(fields)}`),
    });
    const rows = database.table('history').range({});
    await database.close();
    const batches = new Map<number, number>();
    for (const [[, n]] of rows) batches.set(Number(n), (batches.get(Number(n)) ?? 0) + 1);
    expect([...batches.values()].every((size) => size === 10)).toBe(true);
    for (let n = 1; n <= acked; n += 1) expect(batches.get(n), `batch ${n}`).toBe(10);
    expect(Math.max(...batches.keys())).toBeLessThanOrEqual(asked);
    last = Math.max(...batches.keys());
  }
}, 180_000);

it('keeps no process alive after it was closed', async () => {
  expect(await run(1, 'stop')).toEqual({ asked: 1, acked: 1, signal: null, code: 0 });
});
