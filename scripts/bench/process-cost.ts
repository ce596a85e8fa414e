/** What a process has cost so far: from `/proc` (Linux), and from its own meter (`meter.mjs`). */
import { randomUUID } from 'node:crypto';
import { readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { until } from '../../test/support/until.ts';

/** `USER_HZ`, fixed at 100 on Linux (`man 7 time`). */
const ticksPerSecond = 100;
const megabyte = 2 ** 20;

/** Processor time of all threads since the start. */
export const cpuMsOf = (pid: number): number => {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /s, '') // the name may hold spaces and parentheses
    .split(' ');
  return ((Number(fields[11]) + Number(fields[12])) * 1_000) / ticksPerSecond;
};

export interface Reading {
  readonly rssMb: number;
  readonly peakRssMb: number;
  /** After garbage was collected. */
  readonly heapMb: number;
  /**
   * How late the event loop was since the reading before, or since the start. One that is never late shows 5
   * ms.
   */
  readonly loopP99Ms: number;
  readonly loopMaxMs: number;
}
type Written = NodeJS.MemoryUsage & Pick<Reading, 'loopP99Ms' | 'loopMaxMs'>;

/** For a process that is started with this `env` added to its own. */
export const openMeter = () => {
  const file = join(tmpdir(), `vigia-bench-${randomUUID()}.json`);
  return {
    env: { METER_FILE: file, NODE_OPTIONS: `--import ${new URL('./meter.mjs', import.meta.url).href}` },
    read: async (pid: number): Promise<Reading> => {
      process.kill(pid, 'SIGUSR2');
      const { heapUsed, loopP99Ms, loopMaxMs } = await until('the meter to answer', () => {
        try {
          return JSON.parse(readFileSync(file, 'utf8')) as Written;
        } catch {
          return undefined; // not written yet
        }
      });
      rmSync(file);
      const status = readFileSync(`/proc/${pid}/status`, 'utf8');
      const kilobytes = (name: string) =>
        Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1] ?? Number.NaN);
      return {
        rssMb: kilobytes('VmRSS') / 1_024,
        peakRssMb: kilobytes('VmHWM') / 1_024,
        heapMb: heapUsed / megabyte,
        loopP99Ms,
        loopMaxMs,
      };
    },
  };
};
