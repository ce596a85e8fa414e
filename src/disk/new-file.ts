import { type FileHandle, link, lstat, open, rename, unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { DiskFault } from './disk.ts';

const isMissing = (error: unknown): boolean => (error as NodeJS.ErrnoException).code === 'ENOENT';
/** The codes of file systems without hard links. */
const noLinks: ReadonlySet<string | undefined> = new Set([
  'EPERM',
  'ENOTSUP',
  'EOPNOTSUPP',
  'ENOSYS',
  'EXDEV',
]);

/** Gives the finished file its name, and never replaces an existing file. */
const nameNew = async (temporary: string, path: string): Promise<void> => {
  try {
    await link(temporary, path);
    await unlink(temporary);
  } catch (error) {
    if (!noLinks.has((error as NodeJS.ErrnoException).code)) throw error;
    const there = await lstat(path).catch((missing: unknown) => {
      if (isMissing(missing)) return undefined;
      throw missing;
    });
    if (there) throw Object.assign(new Error('it exists'), { code: 'EEXIST' });
    await rename(temporary, path);
  }
};

const writeAll = async (file: FileHandle, chunks: AsyncIterable<Uint8Array>): Promise<number> => {
  try {
    let bytes = 0;
    for await (const chunk of chunks) {
      for (let at = 0; at < chunk.length; ) at += (await file.write(chunk, at)).bytesWritten;
      bytes += chunk.length;
    }
    await file.sync();
    return bytes;
  } finally {
    await file.close();
  }
};
const syncDirectory = async (path: string): Promise<void> => {
  const directory = await open(path, 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
};

/**
 * Writes a file outside the tree of the sessions, chunk by chunk: temporary file (0600), fsync, rename, fsync
 * of the directory. Without `replace` it refuses an existing name (`EEXIST`). Resolves with the number of
 * bytes. Rejects with `DiskFault`, or with the error of `chunks`; then it leaves nothing behind.
 */
export const writeNewFile = async (
  path: string,
  chunks: AsyncIterable<Uint8Array>,
  { replace }: { readonly replace: boolean },
): Promise<number> => {
  const temporary = join(dirname(path), `.${basename(path).slice(0, 60)}.${process.pid}.1.tmp~`);
  const asFault = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      throw typeof (error as NodeJS.ErrnoException).code === 'string' && !(error instanceof DiskFault)
        ? new DiskFault('write', path, error)
        : error;
    }
  };
  const file = await asFault(() => open(temporary, 'wx', 0o600));
  try {
    const bytes = await asFault(async () => {
      const written = await writeAll(file, chunks);
      await (replace ? rename(temporary, path) : nameNew(temporary, path));
      return written;
    });
    await asFault(() => syncDirectory(dirname(path)));
    return bytes;
  } catch (error) {
    await unlink(temporary).catch(() => undefined); // the first fault is the one to report
    throw error;
  }
};
