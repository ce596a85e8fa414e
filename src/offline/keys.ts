/** Keys without a server: what `vigia keys create|list|revoke` does. A server that runs notices within two seconds. */

import { stat } from 'node:fs/promises';
import { type Failed, failed } from '../base/result.ts';
import { DiskFault } from '../disk/disk.ts';
import { nodeDisk } from '../disk/node-disk.ts';
import { createKey, type KeyCreated, type KeyRequest, type KeyRevoked, type KeysListed, listKeys, revokeKey } from '../keys/administer.ts';
import { KeyStoreBusy, keyStoreOf } from '../keys/key-store.ts';
import { layoutOf, makeInside } from '../sessions/layout.ts';

export type { KeyRequest } from '../keys/administer.ts';

/** `no_directory`: AUTH_DIR is not there. `wrong_user`: it belongs to another one. `busy`, `disk`: not now, or not on this disk. */
export type KeyAdminFault = Failed<'no_directory' | 'wrong_user' | 'busy' | 'disk'>;
/** Expected failures are returned as results, not thrown. */
export interface KeyAdmin {
  create(request: KeyRequest): Promise<KeyCreated | KeyAdminFault>;
  list(): Promise<KeysListed | KeyAdminFault>;
  revoke(keyId: string): Promise<KeyRevoked | KeyAdminFault>;
}

/** `now` in epoch milliseconds. Nothing is opened or created before it is needed. */
export const openKeyAdmin = (authDir: string, now: () => number = Date.now): KeyAdmin => {
  const disk = nodeDisk();
  const layout = layoutOf(authDir);
  const store = keyStoreOf(disk, layout);

  const faultOfPlace = async (): Promise<KeyAdminFault | undefined> => {
    const root = await stat(layout.root).catch((error: NodeJS.ErrnoException) => error);
    if (root instanceof Error && root.code !== 'ENOENT')
      return failed('disk', `AUTH_DIR is ${layout.root}, which cannot be looked at (${root.code ?? 'unknown error'}).`);
    if (root instanceof Error || !root.isDirectory())
      return failed('no_directory', `AUTH_DIR is ${layout.root}, and there is no such directory. Start Vigía once, or create it.`);
    const { uid } = (await stat(layout.own).catch(() => undefined)) ?? root;
    const ours = process.geteuid?.();
    if (ours === uid) return undefined;
    // A file that root writes here could not be read by the server any more.
    return failed('wrong_user', `${layout.root} belongs to the user with the number ${uid}, and you are ${ours}: run this as that user.`);
  };
  const carefully = async <T>(work: () => Promise<T>): Promise<T | KeyAdminFault> => {
    const misplaced = await faultOfPlace();
    if (misplaced) return misplaced;
    try {
      return await work();
    } catch (error) {
      if (error instanceof KeyStoreBusy) return failed('busy', `The keys cannot be changed now: ${error.message}.`);
      if (error instanceof DiskFault) return failed('disk', `The keys could not be read or written: ${error.message}.`);
      const { code, path } = error as NodeJS.ErrnoException;
      if (code !== undefined && path !== undefined) return failed('disk', `The keys could not be locked: ${path}: ${code}.`);
      throw error;
    }
  };
  return {
    create: (request) =>
      carefully(async () => {
        if ((await disk.stat(layout.own)) === undefined) await makeInside(disk, layout.own);
        return createKey(store, request, now());
      }),
    list: () => carefully(() => listKeys(store, now())),
    revoke: (keyId) =>
      carefully(async () => {
        // without a directory of ours there is no key, and nothing to lock
        if ((await disk.stat(layout.own)) === undefined) return revokeKey({ read: store.read, update: updateNothing }, keyId, now());
        return revokeKey(store, keyId, now());
      }),
  };
};
const updateNothing: ReturnType<typeof keyStoreOf>['update'] = async (change) => (await change(undefined)).answer;
