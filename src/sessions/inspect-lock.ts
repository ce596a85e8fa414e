import { hostname } from 'node:os';
import type { Disk } from '../disk/disk.ts';
import type { Layout } from './layout.ts';
import { type Holder, hasOpen, isListed, parseHolder, processThatLocked } from './lock-holder.ts';

/**
 * `unclear`: the holder is on another machine or in another container, or its open files are not visible to
 * this user.
 */
export type LockState =
  | { readonly is: 'never' | 'free' }
  | { readonly is: 'held' | 'unclear'; readonly holder: Holder | undefined };

/** The lock file is small; anything larger was not written by a supervisor. */
const largestHolderBytes = 4_096;

/**
 * Whether a supervisor is running here. It does not take the lock, not even for a moment: a supervisor that
 * starts just then would be refused. The answer comes from what the kernel shows: the lock of the directory
 * itself, then the lock file, which is the only one of an older version. Rejects with `DiskFault`.
 */
export const inspectLock = async (disk: Disk, layout: Layout, proc = '/proc'): Promise<LockState> => {
  const root = await disk.stat(layout.root);
  const file = await disk.stat(layout.lock);
  const isReadable = file?.kind === 'file' && file.size <= largestHolderBytes;
  const holder = isReadable ? parseHolder((await disk.read(layout.lock)) ?? Buffer.alloc(0)) : undefined;
  const rootHolder = root && (await processThatLocked(root, proc));
  if (root && (rootHolder !== undefined || (await isListed(proc, root.ino)))) {
    const isNamed = rootHolder === undefined || rootHolder === holder?.pid;
    return { is: 'held', holder: isNamed ? holder : undefined };
  }
  if (!file) return { is: 'never' };
  const isHere = holder?.host === hostname();
  const open = holder && isHere ? await hasOpen(proc, holder.pid, file) : undefined;
  if (open || (await isListed(proc, file.ino))) return { is: 'held', holder };
  if (open === false || !holder) return { is: 'free' };
  return { is: 'unclear', holder };
};
