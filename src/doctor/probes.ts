/**
 * Facts about the machine. Nothing is changed, and a fact that cannot be read is undefined rather than
 * guessed.
 */
import { spawnSync } from 'node:child_process';
import { readFile, statfs } from 'node:fs/promises';
import { createServer } from 'node:net';
import { dirname } from 'node:path';
import type { Space } from './directory.ts';
import type { NodeFacts } from './machine.ts';

/** The longest wait for another program. */
const programMs = 5_000;

/**
 * The last day on which each line of Node gets security fixes. Source: the release schedule of the Node
 * project (https://github.com/nodejs/release#release-schedule).
 */
const nodeEnds: ReadonlyMap<number, string> = new Map([
  [20, '2026-04-30'],
  [22, '2027-04-30'],
  [24, '2028-04-30'],
]);
const numbersOf = (text: string): readonly number[] =>
  (/\d+(?:\.\d+)*/u.exec(text)?.[0] ?? '0').split('.').map(Number);
const isAtLeast = (have: readonly number[], need: readonly number[]): boolean => {
  for (const [n, needed] of need.entries()) {
    const present = have[n] ?? 0;
    if (present !== needed) return present > needed;
  }
  return true;
};

/**
 * `engines` as in package.json: alternatives like `^20.19` (this major version) or `>=24` (and all later
 * ones). `today`: epoch ms.
 */
export const judgeNode = (version: string, engines: string, today: number): NodeFacts => {
  const have = numbersOf(version);
  const alternatives = engines
    .split('||')
    .map((range) => ({ isOpen: range.includes('>='), need: numbersOf(range) }));
  const fits = alternatives.some(
    ({ isOpen, need }) => isAtLeast(have, need) && (isOpen || have[0] === need[0]),
  );
  const endsOn = nodeEnds.get(have[0] ?? 0);
  if (fits) {
    const isPastEnd = endsOn !== undefined && today > Date.parse(endsOn);
    return { version, endsOn, is: isPastEnd ? 'past_end' : 'supported' };
  }
  const isNewEnough = alternatives.some(({ need }) => isAtLeast(have, need));
  return { version, endsOn, is: isNewEnough ? 'untested' : 'too_old' };
};

/** By its start alone: the `flock` of BusyBox knows no `--version`. */
export const hasFlock = (): boolean =>
  spawnSync('flock', ['--version'], { stdio: 'ignore', timeout: programMs }).error === undefined;

interface AddressFacts {
  readonly is: 'free' | 'in_use' | 'refused';
  /** The error code of the system. */
  readonly code?: string | undefined;
}
/** Listens on the address for a moment, and answers no connection. */
export const tryAddress = (host: string, port: number): Promise<AddressFacts> =>
  new Promise((resolve) => {
    const server = createServer((socket) => socket.destroy());
    server.once('error', ({ code }: NodeJS.ErrnoException) =>
      resolve(code === 'EADDRINUSE' ? { is: 'in_use' } : { is: 'refused', code }),
    );
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve({ is: 'free' })));
  });

/** The soft limit of a process that is started here. */
export const descriptorLimit = async (proc = '/proc'): Promise<number | undefined> => {
  const text = await readFile(`${proc}/self/limits`, 'utf8').catch(() => ''); // only Linux has it
  const soft = /^Max open files\s+(\d+|unlimited)/mu.exec(text)?.[1];
  if (soft === undefined) return undefined;
  return soft === 'unlimited' ? Number.POSITIVE_INFINITY : Number(soft);
};

/** The free space of the path, or of its nearest existing parent. */
export const spaceAt = async (path: string): Promise<Space | undefined> => {
  try {
    const { bavail, blocks, bsize, ffree, files } = await statfs(path);
    return { freeBytes: bavail * bsize, totalBytes: blocks * bsize, freeInodes: ffree, totalInodes: files };
  } catch (error) {
    const isMissing = (error as NodeJS.ErrnoException).code === 'ENOENT' && dirname(path) !== path;
    return isMissing ? spaceAt(dirname(path)) : undefined;
  }
};
