/** The stored keys, as a running server changes them. */
import { failed, type Result } from '../base/result.ts';
import { DiskFault } from '../disk/disk.ts';
import type { Keys } from './accepted-keys.ts';
import { createKey, type KeyRequest, type ListedKey, listKeys, revokeKey } from './administer.ts';
import { KeyStoreBusy } from './key-store.ts';
import type { KeyStore } from './stored-keys.ts';

export type AdministrationFault = 'too_many_keys' | 'unavailable';
type Answer<T extends object> = Promise<Result<T, AdministrationFault>>;
/** Expected failures are answers. Their messages contain no key. */
export interface KeyAdministration {
  create(request: KeyRequest): Answer<{ readonly keyId: string; readonly key: string }>;
  /** Every stored key, also expired and revoked ones. */
  list(): Answer<{ readonly keys: readonly ListedKey[] }>;
  /** Ends the key and those that it made. */
  revoke(keyId: string): Answer<{ readonly changed: boolean }>;
}

const guarded = async <T extends object, Code extends string>(
  work: () => Promise<Result<T, Code>>,
): Answer<T> => {
  try {
    const answer = await work();
    if (answer.ok) return answer;
    return failed(answer.code === 'too_many_keys' ? 'too_many_keys' : 'unavailable', answer.message);
  } catch (error) {
    if (error instanceof KeyStoreBusy || error instanceof DiskFault)
      return failed('unavailable', `The keys cannot be read or changed now: ${error.message}.`);
    throw error;
  }
};

/**
 * `keys` are read again after each change, so that a new key works at once, and a revoked one ends at once.
 */
export const administrationOf = (
  store: KeyStore,
  keys: Keys,
  now: () => number = Date.now,
): KeyAdministration => ({
  create: (request) =>
    guarded(async () => {
      const created = await createKey(store, request, now());
      await keys.refresh();
      return created;
    }),
  list: () => guarded(() => listKeys(store, now())),
  revoke: (keyId) =>
    guarded(async () => {
      const revoked = await revokeKey(store, keyId, now());
      await keys.refresh();
      return revoked;
    }),
});
