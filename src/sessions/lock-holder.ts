/**
 * Which process holds a lock: as it described itself in the lock file, and as the kernel shows it. Both are
 * for a person only; no decision depends on them.
 */
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { type FileIdentity, isSameFile } from '../base/file-identity.ts';

export const holderFormat = z.object({
  pid: z.number().int(),
  since: z.string().max(40),
  host: z.string().max(255),
});
/** The holder as it described itself. */
export type Holder = z.infer<typeof holderFormat>;

/** `undefined` when the content is empty, cut short by a kill, or of another program. */
export const parseHolder = (bytes: Buffer): Holder | undefined => {
  try {
    return holderFormat.safeParse(JSON.parse(bytes.toString('utf8'))).data;
  } catch {
    return undefined;
  }
};

const codeOf = (error: unknown): string | undefined => (error as NodeJS.ErrnoException | undefined)?.code;

/** The descriptors of a process; `undefined` without permission, and none when the process is gone. */
const descriptorsOf = async (proc: string, pid: string): Promise<readonly string[] | undefined> => {
  try {
    return await readdir(join(proc, pid, 'fd'));
  } catch (error) {
    return codeOf(error) === 'ENOENT' || codeOf(error) === 'ESRCH' ? [] : undefined;
  }
};

const isOpenAt = async (proc: string, pid: string, fd: string, file: FileIdentity): Promise<boolean> =>
  // closed in the meantime, or not permitted
  isSameFile(await stat(join(proc, pid, 'fd', fd)).catch(() => undefined), file);

/**
 * Whether the process has the file open; `undefined` without permission. A supervisor keeps it open as long
 * as it runs.
 */
export const hasOpen = async (
  proc: string,
  pid: number,
  file: FileIdentity,
): Promise<boolean | undefined> => {
  const descriptors = await descriptorsOf(proc, String(pid));
  for (const fd of descriptors ?? []) if (await isOpenAt(proc, String(pid), fd, file)) return true;
  return descriptors && false;
};

/**
 * The process whose open file has the flock(2) lock, by the `lock:` lines of proc(5) `fdinfo`. `undefined`
 * when it runs in another container, on another machine, or as another user.
 */
export const processThatLocked = async (file: FileIdentity, proc = '/proc'): Promise<number | undefined> => {
  const pids = (await readdir(proc).catch(() => [])).filter((name) => /^\d+$/u.test(name));
  for (const pid of pids) {
    for (const fd of (await descriptorsOf(proc, pid)) ?? []) {
      if (!(await isOpenAt(proc, pid, fd, file))) continue;
      const info = await readFile(join(proc, pid, 'fdinfo', fd), 'utf8').catch(() => '');
      if (/^lock:.*\bFLOCK\b/mu.test(info)) return Number(pid);
    }
  }
  return undefined;
};

/**
 * A line of `/proc/locks`: `1: FLOCK ADVISORY WRITE 1234 08:02:567 0 EOF`. Only the inode counts: device
 * numbers differ on some file systems.
 */
export const isListed = async (proc: string, ino: number): Promise<boolean> => {
  const text = await readFile(join(proc, 'locks'), 'utf8').catch(() => '');
  return text
    .split('\n')
    .some((line) => /\bFLOCK\s+ADVISORY\s+WRITE\b/u.test(line) && line.includes(`:${ino} `));
};
