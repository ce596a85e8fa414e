/**
 * The file of the keys, which the server and the command line share. A lock admits one writer at a time,
 * across processes.
 */
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { missingProgram } from '../base/programs.ts';
import type { Disk } from '../disk/disk.ts';
import { flock } from '../disk/flock.ts';
import { replaceFile } from '../disk/replace-file.ts';
import type { KeyStore } from './stored-keys.ts';

/** Paths. The lock is held while the keys are read and replaced. */
export interface KeyFiles {
  readonly keys: string;
  readonly keysLock: string;
}
/** Long enough: the holder of the lock writes one small file. */
const lockWaitMs = 5_000;
const lockFlags = constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW;

/** The keys cannot be changed now. The message is for the operator. */
export class KeyStoreBusy extends Error {
  override readonly name = 'KeyStoreBusy';
}

const withLock = async <T>(path: string, work: () => Promise<T>): Promise<T> => {
  const handle = await open(path, lockFlags, 0o600);
  try {
    const result = await flock(handle.fd, lockWaitMs);
    if (result.kind === 'missing')
      throw new KeyStoreBusy(`${missingProgram('flock')}. Without a lock keys could be lost.`, {
        cause: result.cause,
      });
    if (result.kind === 'held')
      throw new KeyStoreBusy(`the keys are being changed by another process (${path} is locked): try again`);
    if (result.kind === 'failed')
      throw new KeyStoreBusy(`cannot lock ${path}: ${result.why}`, { cause: result.cause });
    return await work();
  } finally {
    await handle.close();
  }
};

export const keyStoreOf = (disk: Disk, files: KeyFiles): KeyStore => ({
  read: () => disk.read(files.keys),
  update: (change) =>
    withLock(files.keysLock, async () => {
      const { write, answer } = await change(await disk.read(files.keys));
      if (write !== undefined) await replaceFile(disk, files.keys, write, 0o600);
      return answer;
    }),
});
