/**
 * File locks between processes: flock(2), through the program of util-linux or BusyBox. The child locks our
 * own open file through its copy of the descriptor. The lock belongs to the open file, not to the process, so
 * it stays when the child ends, and ends with our process (kill -9 included). There is no native module, and
 * no pid file, which would be wrong across containers.
 */
import { spawn } from 'node:child_process';
import { setTimeout as wait } from 'node:timers/promises';
import { monotonicMs } from '../base/monotonic.ts';

/**
 * `held`: another open file has the lock, for the whole time of the wait. `missing`: the program is not
 * installed. `failed`: nothing is known about the lock.
 */
export type Flocked =
  | { readonly kind: 'locked' }
  | { readonly kind: 'held' }
  | { readonly kind: 'missing'; readonly cause: unknown }
  | { readonly kind: 'failed'; readonly why: string; readonly cause?: unknown };

/**
 * The status of a conflict. BusyBox ends with the same status after a usage error or an error of the system;
 * it then writes to standard error, which neither program does after a conflict.
 */
const conflictStatus = 1;
/** Between attempts. Only util-linux can wait by itself (`-w`). */
const attemptEveryMs = 50;

const unsupported = /No locks available|not supported|not implemented/iu;
const failure = (output: string, ending: number | NodeJS.Signals | null): string => {
  const [first = ''] = output.trim().split('\n');
  const isUsage = /usage:|(?:invalid|unrecogni[sz]ed|unknown) option/iu.test(output);
  const why = `${first === '' ? 'no message' : first} (flock ended with ${ending})`;
  if (isUsage)
    return `${why}; the installed program "flock" does not know these options: install that of util-linux`;
  return unsupported.test(output) ? `${why}; this file system does not support locks` : why;
};

const lockOnce = (fd: number): Promise<Flocked> =>
  new Promise((resolve) => {
    const child = spawn('flock', ['-n', '-x', '3'], {
      stdio: ['ignore', 'ignore', 'pipe', fd],
      env: { PATH: process.env['PATH'], LC_ALL: 'C' }, // none of our secrets, and messages in English
    });
    let output = '';
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      output = `${output}${text}`.slice(0, 500);
    });
    child.on('error', (cause: NodeJS.ErrnoException) =>
      resolve(
        cause.code === 'ENOENT' ? { kind: 'missing', cause } : { kind: 'failed', why: cause.message, cause },
      ),
    );
    child.on('close', (status, signal) => {
      if (status === 0) return resolve({ kind: 'locked' });
      if (status === conflictStatus && output.trim() === '') return resolve({ kind: 'held' });
      resolve({ kind: 'failed', why: failure(output, status ?? signal) });
    });
  });

/** Locks exclusively, at once or within `waitMs`. Closing the descriptor unlocks. */
export const flock = async (fd: number, waitMs = 0): Promise<Flocked> => {
  const deadline = monotonicMs() + waitMs;
  for (;;) {
    const result = await lockOnce(fd);
    if (result.kind !== 'held' || monotonicMs() >= deadline) return result;
    await wait(attemptEveryMs);
  }
};
