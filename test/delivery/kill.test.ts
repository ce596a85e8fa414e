/**
 * kill -9 while events are produced and the receiver fails half of its requests: nothing that was recorded is
 * lost, nothing is invented.
 */
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Receiver, secret } from './harness.ts';

const kills = Number(process.env['VIGIA_DELIVERY_KILLS'] ?? 100);
const child = fileURLToPath(new URL('kill-delivery-child.ts', import.meta.url));
const receiver = new Receiver();
let base: string;
let url: string;
beforeAll(async () => {
  base = await mkdtemp(join(tmpdir(), 'vigia-delivery-kill-'));
  url = await receiver.listen();
});
afterAll(async () => {
  await receiver.close();
  await rm(base, { recursive: true });
});

const run = (first: number, mode: 'kill' | 'drain') =>
  new Promise<{ recorded: readonly number[]; logged: readonly string[] }>((resolve) => {
    const running = spawn(
      process.execPath,
      ['--import', import.meta.resolve('tsx'), child, join(base, 'db'), url, String(first), mode],
      {
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    );
    const logged: string[] = [];
    createInterface({ input: running.stdout }).on('line', (line) => {
      logged.push(line);
      if (logged.length === 1 && mode === 'kill')
        setTimeout(() => running.kill('SIGKILL'), Math.random() * 60);
    });
    const cut = setTimeout(() => running.kill('SIGKILL'), 60_000);
    running.on('close', () => {
      clearTimeout(cut);
      resolve({
        logged,
        recorded: logged.flatMap((line) => (line.startsWith('recorded ') ? [Number(line.slice(9))] : [])),
      });
    });
  });

it(`after ${kills} kills, every event that was called recorded arrives, and no other`, {
  timeout: 600_000,
}, async () => {
  receiver.answer = (_, response, nth) => void response.writeHead(nth % 2 === 0 ? 500 : 204).end();
  const recorded: number[] = [];
  for (let kill = 0; kill < kills; kill += 1) {
    // the one after the last may have been recorded without a word
    const one = await run((recorded.at(-1) ?? 0) + 2, 'kill');
    expect(one.logged.filter((line) => line.startsWith('warn'))).toEqual([]);
    recorded.push(...one.recorded);
  }
  expect((await run(0, 'drain')).logged).toEqual(['drained']);
  const verified = receiver.got.map(
    ({ body, headers }) =>
      new Webhook(secret).verify(body, headers) as { id: string; data: { session: { revision: number } } },
  );
  const arrived = new Set(verified.map(({ id }) => Number(id.slice(4))));
  expect(recorded.length).toBeGreaterThan(kills);
  expect(recorded.filter((n) => !arrived.has(n))).toEqual([]);
  // what was being recorded when it was killed may have come through, and nothing beyond it
  const near = new Set(recorded.flatMap((n) => [n, n + 1]).concat(2));
  expect([...arrived].filter((n) => !near.has(n))).toEqual([]);
  // whatever the order of arrival, the revision says which is the newest
  expect(Math.max(...verified.map(({ data }) => data.session.revision))).toBe(Math.max(...arrived));
});
