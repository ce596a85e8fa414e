/** The programs that are compared, each in a process of its own, as an operator would run it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { House } from '../../test/support/program.ts';
import { until } from '../../test/support/until.ts';
import { trustTestRootPreload } from '../../test/support/whatsapp/remote.ts';
import { type Memory, openMeter } from './process-cost.ts';

interface Running {
  readonly pid: number;
  /** Resolves when it says itself that all are restored. Asks nothing of it: that would be measured too. */
  readonly restored: () => Promise<void>;
  /** After so long a rest. */
  readonly memory: (restMs: number) => Promise<Memory>;
  readonly stop: () => Promise<void>;
}
export type Contender = (house: House, url: string, sessions: number) => Promise<Running>;
const restoredWithinMs = 900_000;

export const vigia: Contender = async (house, _url, sessions) => {
  const meter = openMeter();
  const program = house.start({ LOG_LEVEL: 'info', SCAN_INTERVAL_MS: '30000', ...meter.env });
  await program.url();
  return {
    pid: program.pid,
    restored: async () => {
      await until('all to be restored', () => program.said('session connected').length >= sessions, restoredWithinMs);
      await program.says('restoration complete, automatic detection is on');
    },
    memory: async (restMs) => {
      await wait(restMs);
      return meter.memoryOf(program.pid);
    },
    stop: async () => void (await program.stop()),
  };
};

export const naive: Contender = async (house, url, sessions) => {
  const meter = openMeter();
  const script = fileURLToPath(new URL('./naive.mjs', import.meta.url));
  const child = spawn(process.execPath, ['--import', trustTestRootPreload, script, house.root, url], {
    env: { PATH: process.env['PATH'] ?? '', ...meter.env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  const pid = child.pid ?? 0;
  const said = new Set<string>();
  createInterface({ input: child.stdout }).on('line', (line) => said.add(line));
  await until('the naive program to start', () => said.has('started'));
  return {
    pid,
    restored: async () => {
      if (sessions > 0) await until('all to be open', () => said.has(`open ${sessions}`), restoredWithinMs);
    },
    memory: async (restMs) => {
      await wait(restMs);
      return meter.memoryOf(pid);
    },
    stop: async () => {
      child.kill('SIGKILL');
      await exited;
    },
  };
};
