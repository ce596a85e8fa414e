import { constants, type Stats } from 'node:fs';
import { type FileHandle, lstat, mkdir, open, readdir, rename, rmdir, unlink } from 'node:fs/promises';
import { normalize } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { createLimit } from '../base/limit.ts';
import { type Disk, DiskFault, type Stat } from './disk.ts';
import { syncFileSystem } from './sync-file-system.ts';

/**
 * Operations at once: far below any limit of open files, and enough to keep the four threads of libuv busy.
 */
const slots = 64;
/**
 * Directories held at once, each with its own descriptor; the others wait. Apart from `slots`, because a
 * holder needs slots.
 */
const holders = 64;
/**
 * Waits between attempts when the process or the machine has no free file descriptor; after them it is a
 * fault. About 0.6 s in all.
 */
const retryDelaysMs: readonly number[] = [20, 40, 80, 160, 320];
/** No file that is read whole is larger: the journal has at most 32 MiB. */
const largestReadBytes = 64 * 1024 * 1024;
const fileMode = 0o600;
const directoryMode = 0o700;
/** NONBLOCK: the open of a named pipe must not block a thread for ever. */
const readFlags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
const directoryFlags = constants.O_RDONLY | constants.O_DIRECTORY;
const writeFlags =
  constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/**
 * DSYNC: the write returns only when the content is on the medium, which saves a round trip through the
 * threads.
 */
const overwriteFlags = constants.O_WRONLY | constants.O_DSYNC | constants.O_NOFOLLOW | constants.O_NONBLOCK;

const codeOf = (error: unknown): string | undefined => (error as NodeJS.ErrnoException | undefined)?.code;
const isNotThere = (error: unknown): boolean => codeOf(error) === 'ENOENT';
const outOfDescriptors: ReadonlySet<string | undefined> = new Set(['EMFILE', 'ENFILE']);

const kindOf = (stats: Stats): Stat['kind'] => {
  if (stats.isFile()) return 'file';
  if (stats.isDirectory()) return 'directory';
  return stats.isSymbolicLink() ? 'symlink' : 'other';
};
const statOf = (stats: Stats): Stat => ({
  kind: kindOf(stats),
  size: stats.size,
  mtimeMs: stats.mtimeMs,
  ino: stats.ino,
  dev: stats.dev,
  mode: stats.mode & 0o777,
  uid: stats.uid,
});

const withHandle = async <T>(
  path: string,
  flags: number,
  mode: number,
  use: (handle: FileHandle) => Promise<T>,
): Promise<T> => {
  const handle = await open(path, flags, mode);
  try {
    return await use(handle);
  } finally {
    await handle.close();
  }
};

const readAll = async (handle: FileHandle, mostBytes: number): Promise<Buffer> => {
  const stats = await handle.stat();
  if (!stats.isFile()) throw Object.assign(new Error('not a regular file'), { code: 'EINVAL' });
  if (stats.size > mostBytes) throw Object.assign(new Error('too large'), { code: 'EFBIG' });
  return handle.readFile();
};

/** Retries while the process or the machine has no free file descriptor. */
const patiently = async <T>(work: () => Promise<T>): Promise<T> => {
  for (const delayMs of retryDelaysMs) {
    try {
      return await work();
    } catch (error) {
      if (!outOfDescriptors.has(codeOf(error))) throw error;
      await wait(delayMs);
    }
  }
  return work();
};
const ifThere = async <T>(work: () => Promise<T>): Promise<T | undefined> => {
  try {
    return await work();
  } catch (error) {
    if (isNotThere(error)) return undefined;
    throw error;
  }
};

/** Runs one operation on `path`; an error becomes a `DiskFault`. */
type Run = <T>(operation: string, path: string, work: () => Promise<T>) => Promise<T>;

const fileOperations = (run: Run): Omit<Disk, 'syncDirectory' | 'hold'> => ({
  list: (directory) => run('list', directory, () => ifThere(() => readdir(directory))),
  stat: (path) => run('stat', path, () => ifThere(async () => statOf(await lstat(path)))),
  read: (path, mostBytes = largestReadBytes) =>
    run('read', path, () =>
      ifThere(() => withHandle(path, readFlags, 0, (handle) => readAll(handle, mostBytes))),
    ),
  write: (path, content, mode = fileMode) =>
    run('write', path, () =>
      withHandle(path, writeFlags, mode, async (handle) => {
        await handle.writeFile(content);
        await handle.sync();
        return statOf(await handle.stat());
      }),
    ),
  writeUnsynced: (path, content, mode = fileMode) =>
    run('write', path, () => withHandle(path, writeFlags, mode, (handle) => handle.writeFile(content))),
  overwrite: (path, at, content) =>
    run('write', path, () =>
      withHandle(path, overwriteFlags, 0, async (handle) => {
        for (let done = 0; done < content.length; )
          done += (await handle.write(content, done, content.length - done, at + done)).bytesWritten;
      }),
    ),
  rename: (from, to) => run('rename', from, () => rename(from, to)),
  syncFileSystem: (path) => run('sync the file system of', path, () => syncFileSystem(path)),
  remove: (path) => run('remove', path, () => ifThere(() => unlink(path))),
  makeDirectory: (path, mode = directoryMode) =>
    run('makeDirectory', path, async () => {
      await mkdir(path, { recursive: true, mode });
    }),
  removeDirectory: (path) => run('removeDirectory', path, () => ifThere(() => rmdir(path))),
});

/**
 * Linux's link to the entry that a descriptor has open: it follows the directory through every rename
 * (proc(5)).
 */
const descriptorPath = /^\/proc\/self\/fd\/\d+/u;

/**
 * The real disk. Every rejection is a `DiskFault`. Only ENOENT means "not there", and only where `Disk` says
 * so.
 */
export const nodeDisk = (): Disk => {
  const limit = createLimit(slots);
  const holding = createLimit(holders);
  const held = new Map<string, { readonly handle: FileHandle; readonly directory: string }>();
  /** The name of a held directory as its caller knows it, for messages. */
  const shown = (path: string): string =>
    path.replace(descriptorPath, (link) => held.get(link)?.directory ?? link);
  const run: Run = (operation, path, work) =>
    limit(async () => {
      try {
        return await patiently(work);
      } catch (error) {
        throw new DiskFault(operation, shown(path), error);
      }
    });
  return {
    ...fileOperations(run),
    syncDirectory: (directory) =>
      run('syncDirectory', directory, () => {
        const opened = held.get(normalize(directory))?.handle; // it need not be opened again
        return opened ? opened.sync() : withHandle(directory, directoryFlags, 0, (handle) => handle.sync());
      }),
    hold: (directory, use) =>
      holding(async () => {
        const handle = await run('hold', directory, () =>
          ifThere(() => open(directory, directoryFlags | constants.O_NOFOLLOW)),
        );
        if (!handle) return undefined;
        const link = `/proc/self/fd/${handle.fd}`;
        held.set(link, { handle, directory });
        try {
          return await use(`${link}/.`); // without the dot, `stat` would describe the link
        } finally {
          held.delete(link);
          await handle.close();
        }
      }),
  };
};
