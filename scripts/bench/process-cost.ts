/** What a process has cost so far, from `/proc` (Linux): its processor time, and its memory now and at its peak. */
import { readFileSync } from 'node:fs';

/** `USER_HZ`, fixed at 100 on Linux (`man 7 time`). */
const ticksPerSecond = 100;

export interface Cost {
  readonly cpuMs: number;
  readonly rssMb: number;
  readonly peakMb: number;
}
export const costOf = (pid: number): Cost => {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /s, '')
    .split(' ');
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const kb = (name: string) => Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1] ?? Number.NaN);
  return {
    cpuMs: ((Number(fields[11]) + Number(fields[12])) * 1_000) / ticksPerSecond,
    rssMb: kb('VmRSS') / 1024,
    peakMb: kb('VmHWM') / 1024,
  };
};
