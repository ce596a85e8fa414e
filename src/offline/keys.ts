/**
 * API keys without a server, for `vigia keys create|list|revoke`. A running server notices changes within two
 * seconds.
 */
import { stat } from 'node:fs/promises';
import { type Failed, failed } from '../base/result.ts';
import { DiskFault } from '../disk/disk.ts';
import { nodeDisk } from '../disk/node-disk.ts';
import {
  createKey,
  type KeyCreated,
  type KeyRequest,
  type KeyRevoked,
  type KeysListed,
  listKeys,
  revokeKey,
} from '../keys/administer.ts';
import { KeyStoreBusy, keyStoreOf } from '../keys/key-store.ts';
import { layoutOf, makeInside } from '../sessions/layout.ts';

export type { KeyRequest } from '../keys/administer.ts';

/**
 * `no_directory`: AUTH_DIR does not exist. `wrong_user`: it belongs to another user. `busy`: another process
 * changes the keys. `disk`: they cannot be read or written.
 */
export type KeyAdminFault = Failed<'no_directory' | 'wrong_user' | 'busy' | 'disk'>;
/** Expected failures are returned as results, not thrown. */
export interface KeyAdmin {
  create(request: KeyRequest): Promise<KeyCreated | KeyAdminFault>;
  list(): Promise<KeysListed | KeyAdminFault>;
  revoke(keyId: string): Promise<KeyRevoked | KeyAdminFault>;
}

/** `now`: epoch milliseconds. Opens and creates nothing before it is needed. */
export const openKeyAdmin = (authDir: string, now: () => number = Date.now): KeyAdmin => {
  const disk = nodeDisk();
  const layout = layoutOf(authDir);
  const store = keyStoreOf(disk, layout);

  const directoryFault = async (): Promise<KeyAdminFault | undefined> => {
    const root = await stat(layout.root).catch((error: NodeJS.ErrnoException) => error);
    if (root instanceof Error && root.code !== 'ENOENT')
      return failed(
        'disk',
        `AUTH_DIR is ${layout.root}, which cannot be read (${root.code ?? 'unknown error'}).`,
      );
    if (root instanceof Error || !root.isDirectory())
      return failed(
        'no_directory',
        `AUTH_DIR is ${layout.root}, and there is no such directory. Start Vigía once, or create it.`,
      );
    const { uid } = (await stat(layout.own).catch(() => undefined)) ?? root;
    const ownUid = process.geteuid?.();
    if (ownUid === uid) return undefined;
    // The server could not read a file that another user, such as root, writes.
    return failed(
      'wrong_user',
      `${layout.root} belongs to uid ${uid}, and this process has uid ${ownUid}. Run it as that user.`,
    );
  };
  const guarded = async <T>(work: () => Promise<T>): Promise<T | KeyAdminFault> => {
    const fault = await directoryFault();
    if (fault) return fault;
    try {
      return await work();
    } catch (error) {
      if (error instanceof KeyStoreBusy)
        return failed('busy', `The keys cannot be changed now: ${error.message}. Try again.`);
      if (error instanceof DiskFault)
        return failed('disk', `The keys could not be read or written: ${error.message}.`);
      const { code, path } = error as NodeJS.ErrnoException;
      if (code !== undefined && path !== undefined)
        return failed('disk', `The keys could not be locked: ${path}: ${code}.`);
      throw error;
    }
  };
  return {
    create: (request) =>
      guarded(async () => {
        if ((await disk.stat(layout.own)) === undefined) await makeInside(disk, layout.own);
        return createKey(store, request, now());
      }),
    list: () => guarded(() => listKeys(store, now())),
    revoke: (keyId) =>
      guarded(async () => {
        // Without .vigia there is no key, and no directory for the lock.
        if ((await disk.stat(layout.own)) === undefined)
          return revokeKey({ read: store.read, update: updateNothing }, keyId, now());
        return revokeKey(store, keyId, now());
      }),
  };
};
const updateNothing: ReturnType<typeof keyStoreOf>['update'] = async (change) =>
  (await change(undefined)).answer;
