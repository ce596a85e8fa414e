/**
 * syncfs(2), through the program of coreutils (busybox has it too): Node has no call for it, and one sync of
 * the whole file system is what makes ten thousand small files durable in the time of a few.
 */
import { spawn } from 'node:child_process';

/**
 * Linux reports what could not be written since 5.8; before, a disk that fails silently does so here too.
 * Rejects with `code` `EIO` when the program said no, and with the system's code when it could not be
 * started.
 */
export const syncFileSystem = (path: string): Promise<void> =>
  new Promise((resolve, reject) => {
    const child = spawn('sync', ['-f', path], { stdio: 'ignore' });
    child.on('error', reject);
    child.on('close', (status, signal) => {
      if (status === 0) return resolve();
      // ended by somebody else: it was not tried
      reject(
        Object.assign(new Error(`sync ended with ${status ?? signal}`), {
          code: status === null ? 'EINTR' : 'EIO',
        }),
      );
    });
  });
