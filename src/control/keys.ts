/**
 * Who may speak to us. Keys are stored as digests through a port (`src/app.ts` plugs a 0600 file in); the clear key exists only
 * when it is made, and in whoever holds it. A key from the environment lives in memory alone.
 */
import type { Principal } from './authorize.ts';
import { digestOf, faultOfApiKey, KeyFile, keyIdOf, mintKey, noDigest, type StoredKey, sameDigest } from './key-form.ts';

export interface KeyStore {
  /** The bytes last written; undefined when nothing was. */
  read(): Promise<Uint8Array | undefined>;
  /** Resolves when they are durable. Replaces everything, atomically. */
  write(bytes: Uint8Array): Promise<void>;
}

export interface Keys {
  /** Undefined for an unknown, revoked or expired key, without telling which. */
  authenticate(presented: string): Principal | undefined;
  /**
   * Makes the first key, an admin's, unless there is a usable one already or the environment gave one; then undefined. `keep` stores
   * the clear key for the operator (a 0600 file) before the digest is stored, so that no crash leaves a key that nobody knows.
   */
  firstKey(keep: (key: string) => Promise<void>): Promise<{ readonly keyId: string } | undefined>;
}
export type KeysOpened =
  | { readonly ok: true; readonly keys: Keys }
  | { readonly ok: false; readonly code: 'api_key_unfit' | 'key_file_unreadable'; readonly sentence: string };

const environmentKeyId = 'env';

/** `now` in epoch milliseconds. Faults of the port itself (EACCES, say) are thrown by it and pass through. */
export const openKeys = async (
  store: KeyStore,
  { apiKey, now = Date.now }: { readonly apiKey?: string; readonly now?: () => number } = {},
): Promise<KeysOpened> => {
  const fault = apiKey === undefined ? undefined : faultOfApiKey(apiKey);
  if (fault !== undefined) return { ok: false, code: 'api_key_unfit', sentence: fault };
  const stored = parse(await store.read());
  if (stored === undefined) {
    const sentence = 'The stored keys cannot be read as keys, and are left as they are: put a backup in place, or move the file away.';
    return { ok: false, code: 'key_file_unreadable', sentence };
  }

  const environmentDigest = apiKey === undefined ? undefined : digestOf(apiKey);
  const byId = new Map(stored.map((key) => [key.keyId, key]));
  const usable = (key: StoredKey): boolean =>
    key.revokedAt === undefined && (key.expiresAt === undefined || Date.parse(key.expiresAt) > now());

  const authenticate = (presented: string): Principal | undefined => {
    const digest = digestOf(presented);
    // Both comparisons always happen: the time taken tells neither which keys exist nor which kind matched.
    const fromEnvironment = sameDigest(digest, environmentDigest ?? noDigest) && environmentDigest !== undefined;
    const known = byId.get(keyIdOf(presented) ?? '');
    const matches = sameDigest(digest, known ? Buffer.from(known.sha256, 'hex') : noDigest);
    if (fromEnvironment) return { keyId: environmentKeyId, name: 'API_KEY', scopes: ['admin'], orgs: '*' };
    if (!known || !matches || !usable(known)) return undefined;
    return { keyId: known.keyId, name: known.name, scopes: known.scopes, orgs: known.orgs };
  };

  const firstKey: Keys['firstKey'] = async (keep) => {
    if (environmentDigest !== undefined || [...byId.values()].some(usable)) return undefined;
    const { keyId, key } = mintKey();
    const sha256 = digestOf(key).toString('hex');
    const entry: StoredKey = {
      keyId,
      sha256,
      name: 'first key',
      scopes: ['admin'],
      orgs: '*',
      createdAt: new Date(now()).toISOString(),
    };
    await keep(key);
    await store.write(Buffer.from(`${JSON.stringify({ version: 1, keys: [...byId.values(), entry] }, undefined, 2)}\n`));
    byId.set(keyId, entry);
    return { keyId };
  };

  return { ok: true, keys: { authenticate, firstKey } };
};

/** Empty when nothing is stored; undefined when what is stored is not a key file. */
const parse = (bytes: Uint8Array | undefined): readonly StoredKey[] | undefined => {
  if (bytes === undefined) return [];
  try {
    const file = KeyFile.safeParse(JSON.parse(Buffer.from(bytes).toString('utf8')));
    return file.success ? file.data.keys : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
};
