/** The programs that are compared, each in a process of its own, as an operator would run it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { ProgramHarness } from '../../test/support/program.ts';
import { until } from '../../test/support/until.ts';
import { trustTestRootPreload } from '../../test/support/whatsapp/remote.ts';
import { openMeter, type Reading } from './process-cost.ts';

export interface Running {
  readonly pid: number;
  /** Resolves when it says itself that all are restored. Asks nothing of it: that would be measured too. */
  readonly restored: () => Promise<void>;
  /** How often a session was opened so far, by its own word. */
  readonly opens: () => number;
  readonly read: () => Promise<Reading>;
  readonly stop: () => Promise<void>;
}
export type Contender = (harness: ProgramHarness, url: string, sessions: number) => Promise<Running>;
const restoredWithinMs = 600_000;

export const vigia: Contender = async (harness, _url, sessions) => {
  const meter = openMeter();
  const program = harness.start({ LOG_LEVEL: 'info', SCAN_INTERVAL_MS: '30000', ...meter.env });
  await program.url();
  const opens = () => program.logged('session.connected').length;
  return {
    pid: program.pid,
    restored: async () => {
      await until('all to be restored', () => opens() >= sessions, restoredWithinMs);
      await program.untilLogged('restore.done');
    },
    opens,
    read: () => meter.read(program.pid),
    stop: async () => void (await program.stop()),
  };
};

/** See `plain.mjs`. */
export const plain =
  (kind: 'naive' | 'bare'): Contender =>
  async (harness, url, sessions) => {
    const meter = openMeter();
    const script = fileURLToPath(new URL('./plain.mjs', import.meta.url));
    const child = spawn(
      process.execPath,
      ['--import', trustTestRootPreload, script, kind, harness.root, url],
      {
        env: { PATH: process.env['PATH'] ?? '', ...meter.env },
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    );
    const exited = once(child, 'exit');
    const pid = child.pid ?? 0;
    const logged = new Map<string, number>();
    createInterface({ input: child.stdout }).on('line', (line) => {
      const [word = '', number = '0'] = line.split(' ');
      logged.set(word, Number(number));
    });
    await until(`the ${kind} program to start`, () => logged.has('started'));
    return {
      pid,
      restored: async () => {
        if (sessions > 0)
          await until('all to be open', () => (logged.get('open') ?? 0) >= sessions, restoredWithinMs);
      },
      opens: () => logged.get('opens') ?? 0,
      read: () => meter.read(pid),
      stop: async () => {
        child.kill('SIGKILL');
        await exited;
      },
    };
  };
