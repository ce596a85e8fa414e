/** Looks at the machine: only looks, and whatever cannot be seen is left out rather than guessed. */
import { spawnSync } from 'node:child_process';
import { readFile, statfs } from 'node:fs/promises';
import { createServer } from 'node:net';
import { dirname } from 'node:path';
import type { Space } from './directory.ts';

/** A program that does not answer is not waited for. */
const programMs = 5_000;

/** `least`: as in `engines.node`, for example `>=20.19`. */
export const isEnough = (version: string, least: string): boolean => {
  const numbers = (text: string): number[] => (/\d+(?:\.\d+)*/u.exec(text)?.[0] ?? '0').split('.').map(Number);
  const [have, need] = [numbers(version), numbers(least)];
  for (let n = 0; n < need.length; n += 1) if ((have[n] ?? 0) !== (need[n] ?? 0)) return (have[n] ?? 0) > (need[n] ?? 0);
  return true;
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
