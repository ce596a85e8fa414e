/**
 * File locks between processes: flock(2), through the program of util-linux. The child locks our own open
 * file through its copy of the descriptor. The lock belongs to the open file, not to the process, so it stays
 * when the child ends, and ends with our process (kill -9 included). There is no native module, and no pid
 * file, which would be wrong across containers.
 */
import { spawn } from 'node:child_process';

/**
 * `held`: another open file has the lock, for the whole time of the wait. `missing`: the program is not
 * installed.
 */
export type Flocked =
  | { readonly kind: 'locked' }
  | { readonly kind: 'held' }
  | { readonly kind: 'missing'; readonly cause: unknown }
  | { readonly kind: 'failed'; readonly why: string; readonly cause?: unknown };

/** flock(1): "a failure to obtain the lock" with -n or -w. */
const conflictStatus = 1;

/** Locks exclusively, at once or within `waitMs`. Closing the descriptor unlocks. */
export const flock = (fd: number, waitMs = 0): Promise<Flocked> =>
  new Promise((resolve) => {
    const patience = waitMs === 0 ? ['-n'] : ['-w', String(waitMs / 1_000)];
    const child = spawn('flock', [...patience, '-x', '3'], { stdio: ['ignore', 'ignore', 'pipe', fd] });
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
      if (status === conflictStatus) return resolve({ kind: 'held' });
      resolve({
        kind: 'failed',
        why: `${output.trim()} (flock ended with ${status ?? signal}); does this file system support locks?`,
      });
    });
  });
