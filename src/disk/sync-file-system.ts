/**
 * syncfs(2), through the `sync` program of coreutils (busybox also has it), because Node has no call for it.
 * One sync of the whole file system makes ten thousand small files durable in the time of a few single syncs.
 */
import { spawn } from 'node:child_process';
import { missingProgram } from '../base/programs.ts';

/** The program refused its options, or could not open the path: the system was asked for no sync. */
const notAttempted = /usage:|(?:invalid|unrecogni[sz]ed|unknown) option|error opening|can't open/iu;

/**
 * Since 5.8 Linux reports content that could not be written; before, a disk that fails silently is not
 * noticed. Rejects with `code` `EIO` when content may be lost. Every other code means that no sync was
 * attempted: `ENOSYS` when the program is missing or cannot do it, `EINTR` when it was ended by a signal, or
 * the system's code when it could not be started.
 */
export const syncFileSystem = (path: string): Promise<void> =>
  new Promise((resolve, reject) => {
    const fail = (code: string, why: string) => reject(Object.assign(new Error(why), { code }));
    const child = spawn('sync', ['-f', path], {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { PATH: process.env['PATH'], LC_ALL: 'C' }, // none of our secrets, and messages in English
    });
    let output = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      output = `${output}${text}`.slice(0, 500);
    });
    child.on('error', (error: NodeJS.ErrnoException) =>
      error.code === 'ENOENT' ? fail('ENOSYS', missingProgram('sync')) : reject(error),
    );
    child.on('close', (status, signal) => {
      if (status === 0) return resolve();
      if (status === null) return fail('EINTR', `sync ended with ${signal}`);
      fail(notAttempted.test(output) ? 'ENOSYS' : 'EIO', `sync ended with ${status}: ${output.trim()}`);
    });
  });
