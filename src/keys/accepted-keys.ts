/**
 * Who may speak to us, as it stands now: keys are stored as digests through a port and read again when another process changed
 * them. The clear key exists only when it is made, and in whoever holds it. A key from the environment lives in memory alone.
 */

import { failed, type Result } from '../base/result.ts';
import { digestOf, faultOfApiKey, keyIdOf, mintKey, noDigest, type StoredKey, sameDigest } from './key-format.ts';
import type { Principal } from './principal.ts';
import { type KeyStore, parseKeys, printKeys, statusOf, unreadableMessage } from './stored-keys.ts';

/** A key that was accepted. Whoever keeps it for longer than one request asks again each time what the key may do. */
export interface Pass {
  readonly keyId: string;
  /** Undefined from the moment the key is revoked, expired or gone. */
  principal(): Principal | undefined;
}
export interface Keys {
  /** Undefined for an unknown, revoked or expired key, without telling which. */
  authenticate(presented: string): Pass | undefined;
  /**
   * Makes the first key, an admin's, unless there is a usable one already or the environment gave one; then undefined. `keep` stores
   * the clear key for the operator (a 0600 file) before the digest is stored, so that no crash leaves a key that nobody knows.
   */
  firstKey(keep: (key: string) => Promise<void>): Promise<{ readonly keyId: string } | undefined>;
  /** Reads the stored keys again. False when they cannot be read as keys, or are gone: those known before stay as they were. */
  refresh(): Promise<boolean>;
  /** Called when keys may have changed, and when one expires. Answers its undo. */
  onChange(listener: () => void): () => void;
}
export type KeysOpened = Result<{ keys: Keys }, 'api_key_unfit' | 'key_file_unreadable'>;

const environment: Principal = { keyId: 'env', name: 'API_KEY', scopes: ['admin'], orgs: '*' };
/** Node's timers take at most this. */
const longestTimerMs = 2_147_483_647;
interface Known {
  readonly stored: StoredKey;
  readonly digest: Buffer;
  readonly principal: Principal;
  readonly expiresAtMs: number;
}
const knownOf = (stored: StoredKey): Known => {
  const { keyId, name, scopes, orgs, sha256, expiresAt } = stored;
  const expiresAtMs = expiresAt === undefined ? Number.POSITIVE_INFINITY : Date.parse(expiresAt);
  return { stored, digest: Buffer.from(sha256, 'hex'), principal: { keyId, name, scopes, orgs }, expiresAtMs };
};

/** `now` in epoch milliseconds. Faults of the port itself (EACCES, say) are thrown by it and pass through. */
export const openKeys = async (
  store: KeyStore,
  { apiKey, now = Date.now }: { readonly apiKey?: string; readonly now?: () => number } = {},
): Promise<KeysOpened> => {
  const fault = apiKey === undefined ? undefined : faultOfApiKey(apiKey);
  if (fault !== undefined) return failed('api_key_unfit', fault);
  const atStart = parseKeys(await store.read());
  if (atStart === undefined) return failed('key_file_unreadable', unreadableMessage);

  const environmentDigest = apiKey === undefined ? undefined : digestOf(apiKey);
  const environmentPass: Pass = { keyId: environment.keyId, principal: () => environment };
  const listeners = new Set<() => void>();
  let known: ReadonlyMap<string, Known> = new Map();
  let expiry: NodeJS.Timeout | undefined;

  const usable = ({ stored, expiresAtMs }: Known): boolean => stored.revokedAt === undefined && expiresAtMs > now();
  const awaitExpiry = (): void => {
    clearTimeout(expiry);
    const next = Math.min(...[...known.values()].filter(usable).map(({ expiresAtMs }) => expiresAtMs));
    if (next === Number.POSITIVE_INFINITY) return;
    expiry = setTimeout(told, Math.min(Math.max(next - now(), 1), longestTimerMs)).unref();
  };
  const told = (): void => {
    awaitExpiry();
    for (const listener of listeners) listener();
  };
  const take = (keys: readonly StoredKey[]): void => {
    known = new Map(keys.map((key) => [key.keyId, knownOf(key)]));
    told();
  };
  take(atStart);

  const authenticate = (presented: string): Pass | undefined => {
    const digest = digestOf(presented);
    // Both comparisons always happen: the time taken tells neither which keys exist nor which kind matched.
    const fromEnvironment = sameDigest(digest, environmentDigest ?? noDigest) && environmentDigest !== undefined;
    const keyId = keyIdOf(presented) ?? '';
    const accepted = known.get(keyId);
    const matches = sameDigest(digest, accepted?.digest ?? noDigest);
    if (fromEnvironment) return environmentPass;
    if (!accepted || !matches) return undefined;
    const { sha256 } = accepted.stored;
    /** Asked for every event and subscriber. Both digests are our own: how long comparing them takes tells nobody anything. */
    const principal = (): Principal | undefined => {
      const current = known.get(keyId);
      return current?.stored.sha256 === sha256 && usable(current) ? current.principal : undefined;
    };
    return principal() && { keyId, principal };
  };

  const firstKey: Keys['firstKey'] = async (keep) => {
    if (environmentDigest !== undefined) return undefined;
    const { first, keys } = await store.update<{ first: { keyId: string } | undefined; keys: readonly StoredKey[] }>(async (bytes) => {
      const stored = parseKeys(bytes);
      if (stored === undefined) throw new Error(unreadableMessage);
      if (stored.some((key) => statusOf(key, now()) === 'active')) return { answer: { first: undefined, keys: stored } };
      const { keyId, key } = mintKey();
      const sha256 = digestOf(key).toString('hex');
      const createdAt = new Date(now()).toISOString();
      const all: StoredKey[] = [...stored, { keyId, sha256, name: 'first key', scopes: ['admin'], orgs: '*', createdAt }];
      await keep(key);
      return { write: printKeys(all), answer: { first: { keyId }, keys: all } };
    });
    take(keys);
    return first;
  };

  const refresh: Keys['refresh'] = async () => {
    const bytes = await store.read();
    const stored = bytes === undefined && known.size > 0 ? undefined : parseKeys(bytes); // a file that vanished revokes nobody
    if (stored === undefined) return false;
    take(stored);
    return true;
  };

  return {
    ok: true,
    keys: {
      authenticate,
      firstKey,
      refresh,
      onChange: (listener) => {
        listeners.add(listener);
        return () => void listeners.delete(listener);
      },
    },
  };
};
