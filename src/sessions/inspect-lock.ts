import { readdir, readFile, stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { type FileIdentity, isSameFile } from '../base/file-identity.ts';
import type { Disk } from '../disk/disk.ts';
import type { Layout } from './layout.ts';
import { type Holder, holderFormat } from './lock.ts';

/**
 * `unclear`: the holder is on another machine or in another container, or its open files are not visible to
 * this user.
 */
export type LockState =
  | { readonly is: 'never' | 'free' }
  | { readonly is: 'held' | 'unclear'; readonly holder: Holder | undefined };

const parseHolder = (bytes: Buffer): Holder | undefined => {
  try {
    return holderFormat.safeParse(JSON.parse(bytes.toString('utf8'))).data;
  } catch {
    return undefined; // empty, or written by another program
  }
};

const codeOf = (error: unknown): string | undefined => (error as NodeJS.ErrnoException | undefined)?.code;

/**
 * Whether the process has the file open; `undefined` without permission. A supervisor keeps it open as long
 * as it runs.
 */
const hasOpen = async (proc: string, pid: number, file: FileIdentity): Promise<boolean | undefined> => {
  const directory = join(proc, String(pid), 'fd');
  let names: string[];
  try {
    names = await readdir(directory);
  } catch (error) {
    return codeOf(error) === 'ENOENT' || codeOf(error) === 'ESRCH' ? false : undefined;
  }
  for (const name of names) {
    // closed in the meantime, or not permitted
    const open = await stat(join(directory, name)).catch(() => undefined);
    if (isSameFile(open, file)) return true;
  }
  return false;
};

/**
 * A line of `/proc/locks`: `1: FLOCK ADVISORY WRITE 1234 08:02:567 0 EOF`. Only the inode counts: device
 * numbers differ on some file systems.
 */
const isListed = async (proc: string, ino: number): Promise<boolean> => {
  const text = await readFile(join(proc, 'locks'), 'utf8').catch(() => '');
  return text
    .split('\n')
    .some((line) => /\bFLOCK\s+ADVISORY\s+WRITE\b/u.test(line) && line.includes(`:${ino} `));
};

/**
 * Whether a supervisor is running here. It does not take the lock, not even for a moment: a supervisor that
 * starts just then would be refused. The answer comes from what the kernel shows of the holder that the file
 * names. Rejects with `DiskFault`.
 */
export const inspectLock = async (disk: Disk, layout: Layout, proc = '/proc'): Promise<LockState> => {
  const file = await disk.stat(layout.lock);
  if (!file) return { is: 'never' };
  const holder = parseHolder((await disk.read(layout.lock)) ?? Buffer.alloc(0));
  const isHere = holder?.host === hostname();
  const open = holder && isHere ? await hasOpen(proc, holder.pid, file) : undefined;
  if (open || (await isListed(proc, file.ino))) return { is: 'held', holder };
  if (open === false || !holder) return { is: 'free' };
  return { is: 'unclear', holder };
};
