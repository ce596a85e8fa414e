/** Looks at the machine: only looks, and whatever cannot be seen is left out rather than guessed. */
import { spawnSync } from 'node:child_process';
import { readFile, statfs } from 'node:fs/promises';
import { createServer } from 'node:net';
import { dirname } from 'node:path';
import type { Space } from './directory.ts';
import type { NodeFacts } from './machine.ts';

/** A program that does not answer is not waited for. */
const programMs = 5_000;

/**
 * When each line of Node no longer gets security fixes. Source: the release schedule of the Node project
 * (https://github.com/nodejs/release#release-schedule).
 */
const nodeEnds: ReadonlyMap<number, string> = new Map([
  [20, '2026-04-30'],
  [22, '2027-04-30'],
  [24, '2028-04-30'],
]);
const numbersOf = (text: string): readonly number[] => (/\d+(?:\.\d+)*/u.exec(text)?.[0] ?? '0').split('.').map(Number);
const isAtLeast = (have: readonly number[], need: readonly number[]): boolean => {
  for (let n = 0; n < need.length; n += 1) if ((have[n] ?? 0) !== (need[n] ?? 0)) return (have[n] ?? 0) > (need[n] ?? 0);
  return true;
};

/** `engines`: as in the package, alternatives `^20.19` (this major version) or `>=24` (and all later ones). `today`: epoch ms. */
export const judgeNode = (version: string, engines: string, today: number): NodeFacts => {
  const have = numbersOf(version);
  const alternatives = engines.split('||').map((range) => ({ isOpen: range.includes('>='), need: numbersOf(range) }));
  const fits = alternatives.some(({ isOpen, need }) => isAtLeast(have, need) && (isOpen || have[0] === need[0]));
  const endsOn = nodeEnds.get(have[0] ?? 0);
  if (fits) return { version, endsOn, is: endsOn !== undefined && today > Date.parse(endsOn) ? 'past_end' : 'supported' };
  return { version, endsOn, is: alternatives.some(({ need }) => isAtLeast(have, need)) ? 'untested' : 'too_old' };
};

export const hasFlock = (): boolean => spawnSync('flock', ['--version'], { stdio: 'ignore', timeout: programMs }).status === 0;

/** Asks the system by listening for a moment; nobody is ever answered. */
export const tryAddress = (host: string, port: number): Promise<{ readonly is: 'free' | 'in_use' | 'refused'; readonly code?: string }> =>
  new Promise((resolve) => {
    const server = createServer((socket) => socket.destroy());
    server.once('error', ({ code }: NodeJS.ErrnoException) =>
      resolve(code === 'EADDRINUSE' ? { is: 'in_use' } : { is: 'refused', ...(code !== undefined && { code }) }),
    );
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve({ is: 'free' })));
  });

/** The soft limit that a process started from here would have. */
export const descriptorLimit = async (proc = '/proc'): Promise<number | undefined> => {
  const text = await readFile(`${proc}/self/limits`, 'utf8').catch(() => ''); // not a Linux: not to be seen
  const soft = /^Max open files\s+(\d+|unlimited)/mu.exec(text)?.[1];
  return soft === undefined ? undefined : soft === 'unlimited' ? Number.POSITIVE_INFINITY : Number(soft);
};

/** Of the nearest directory above that exists. */
export const spaceAt = async (path: string): Promise<Space | undefined> => {
  try {
    const { bavail, blocks, bsize, ffree, files } = await statfs(path);
    return { freeBytes: bavail * bsize, totalBytes: blocks * bsize, freeInodes: ffree, totalInodes: files };
  } catch (error) {
    const isMissing = (error as NodeJS.ErrnoException).code === 'ENOENT' && dirname(path) !== path;
    return isMissing ? spaceAt(dirname(path)) : undefined;
  }
};
