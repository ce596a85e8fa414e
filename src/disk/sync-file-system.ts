/**
 * syncfs(2), through the `sync` program of coreutils (busybox also has it), because Node has no call for it.
 * One sync of the whole file system makes ten thousand small files durable in the time of a few single syncs.
 */
import { spawn } from 'node:child_process';

/**
 * Since 5.8 Linux reports content that could not be written; before, a disk that fails silently is not
 * noticed. Rejects with `code` `EIO` when the program failed, and with the system's code when it could not be
 * started.
 */
export const syncFileSystem = (path: string): Promise<void> =>
  new Promise((resolve, reject) => {
    const child = spawn('sync', ['-f', path], { stdio: 'ignore' });
    child.on('error', reject);
    child.on('close', (status, signal) => {
      if (status === 0) return resolve();
      // ended by a signal: the sync was not attempted
      reject(
        Object.assign(new Error(`sync ended with ${status ?? signal}`), {
          code: status === null ? 'EINTR' : 'EIO',
        }),
      );
    });
  });
