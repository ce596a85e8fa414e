/**
 * The keys that the server accepts now. Their digests are stored through a port, and read again when another
 * process changed them. A clear key exists only when it is created, and with its holder. A key from the
 * environment is held in memory only.
 */
import { failed, type Result } from '../base/result.ts';
import {
  digestOf,
  faultOfApiKey,
  keyIdOf,
  mintKey,
  noDigest,
  type StoredKey,
  sameDigest,
} from './key-format.ts';
import type { Principal } from './principal.ts';
import {
  type KeyStore,
  type KeysUpdate,
  noteExpired,
  parseKeys,
  printKeys,
  statusOf,
  unreadableMessage,
} from './stored-keys.ts';

/**
 * A key that was accepted. A connection holds it and reads `principal` again for each request and each event.
 */
export interface AcceptedKey {
  readonly keyId: string;
  /** Undefined from the moment the key is revoked, expired or gone. */
  principal(): Principal | undefined;
}
export interface Keys {
  /** Undefined for an unknown, revoked or expired key; the caller cannot see which. */
  authenticate(presented: string): AcceptedKey | undefined;
  /**
   * Creates the first key, for an admin. Undefined when there is a usable one already or the environment gave
   * one. `saveKey` stores the clear key for the operator (a 0600 file) before the digest is stored, so that
   * no crash leaves a key that no one knows.
   */
  firstKey(saveKey: (key: string) => Promise<void>): Promise<{ readonly keyId: string } | undefined>;
  /**
   * Reads the stored keys again. False when they cannot be read as keys, or are gone: then the keys stay as
   * they were.
   */
  refresh(): Promise<boolean>;
  /**
   * Stores that keys have expired, if any did since: a clock that is set back revives none. Rejects with the
   * fault of the store; the keys stay expired in memory, and the next call tries again.
   */
  saveExpired(): Promise<void>;
  /** Called when keys may have changed, and when one expires. Returns unsubscribe. */
  onChange(listener: () => void): () => void;
}
export type KeysOpened = Result<{ keys: Keys }, 'api_key_unfit' | 'key_file_unreadable'>;

const environment: Principal = { keyId: 'env', name: 'API_KEY', scopes: ['admin'], orgs: '*' };
/** The longest delay of a Node timer. */
const longestTimerMs = 2_147_483_647;

interface LoadedKey {
  readonly stored: StoredKey;
  readonly digest: Buffer;
  readonly principal: Principal;
  readonly expiresAtMs: number;
}
const loadedKeyOf = (stored: StoredKey): LoadedKey => {
  const { keyId, name, scopes, orgs, sha256, expiresAt } = stored;
  const expiresAtMs = expiresAt === undefined ? Number.POSITIVE_INFINITY : Date.parse(expiresAt);
  return {
    stored,
    digest: Buffer.from(sha256, 'hex'),
    principal: { keyId, name, scopes, orgs, ...(expiresAt !== undefined && { expiresAt }) },
    expiresAtMs,
  };
};
const isUsable = ({ stored, expiresAtMs }: LoadedKey, now: number): boolean =>
  stored.revokedAt === undefined && stored.expiredAt === undefined && expiresAtMs > now;

/** The keys in memory. It notifies its listeners when they change, and when one expires. */
class LoadedKeys {
  readonly #now: () => number;
  readonly #listeners = new Set<() => void>();
  #byId: ReadonlyMap<string, LoadedKey> = new Map();
  #expiryTimer: NodeJS.Timeout | undefined;

  /** `wall`: the clock of the machine, which may be set back. Here time never runs backwards. */
  constructor(wall: () => number) {
    let latest = 0;
    this.#now = () => {
      latest = Math.max(latest, wall());
      return latest;
    };
  }
  /** Whether a key has expired without a note of that in the store. */
  get hasUnsavedExpiry(): boolean {
    const now = this.#now();
    return [...this.#byId.values()].some(
      ({ stored, expiresAtMs }) => expiresAtMs <= now && stored.expiredAt === undefined,
    );
  }
  time(): number {
    return this.#now();
  }
  get isEmpty(): boolean {
    return this.#byId.size === 0;
  }
  load(keys: readonly StoredKey[]): void {
    this.#byId = new Map(keys.map((key) => [key.keyId, loadedKeyOf(key)]));
    this.#notify();
  }
  find(keyId: string): LoadedKey | undefined {
    return this.#byId.get(keyId);
  }
  /**
   * Undefined unless this key is loaded and usable now. The digests are both ours, so comparing them reveals
   * nothing by its time.
   */
  principalOf({ keyId, sha256 }: StoredKey): Principal | undefined {
    const current = this.#byId.get(keyId);
    if (current === undefined || current.stored.sha256 !== sha256) return undefined;
    return isUsable(current, this.#now()) ? current.principal : undefined;
  }
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }
  #notify(): void {
    this.#awaitExpiry();
    for (const listener of this.#listeners) listener();
  }
  #awaitExpiry(): void {
    clearTimeout(this.#expiryTimer);
    const now = this.#now();
    const usable = [...this.#byId.values()].filter((key) => isUsable(key, now));
    const next = Math.min(...usable.map(({ expiresAtMs }) => expiresAtMs));
    if (next === Number.POSITIVE_INFINITY) return;
    const delayMs = Math.min(Math.max(next - now, 1), longestTimerMs);
    this.#expiryTimer = setTimeout(() => this.#notify(), delayMs).unref();
  }
}

const authenticatorOf = (loaded: LoadedKeys, apiKey: string | undefined): Keys['authenticate'] => {
  const environmentDigest = apiKey === undefined ? undefined : digestOf(apiKey);
  const environmentKey: AcceptedKey = { keyId: environment.keyId, principal: () => environment };
  return (presented) => {
    const digest = digestOf(presented);
    // Both comparisons always happen, so that the time reveals neither which keys exist nor which kind
    // matched.
    const isEnvironmentKey =
      sameDigest(digest, environmentDigest ?? noDigest) && environmentDigest !== undefined;
    const found = loaded.find(keyIdOf(presented) ?? '');
    const isMatch = sameDigest(digest, found?.digest ?? noDigest);
    if (isEnvironmentKey) return environmentKey;
    if (!found || !isMatch) return undefined;
    const principal = () => loaded.principalOf(found.stored);
    return principal() && { keyId: found.stored.keyId, principal };
  };
};

interface FirstKey {
  readonly created: { readonly keyId: string } | undefined;
  /** All stored keys, with the new one. */
  readonly keys: readonly StoredKey[];
}
/** Throws when the stored bytes are not keys, and what `saveKey` throws. */
const addFirstKey = async (
  bytes: Uint8Array | undefined,
  now: number,
  saveKey: (key: string) => Promise<void>,
): Promise<KeysUpdate<FirstKey>> => {
  const stored = parseKeys(bytes);
  if (stored === undefined) throw new Error(unreadableMessage);
  if (stored.some((key) => statusOf(key, now) === 'active'))
    return { answer: { created: undefined, keys: stored } };
  const { keyId, key } = mintKey();
  const sha256 = digestOf(key).toString('hex');
  const createdAt = new Date(now).toISOString();
  const keys: StoredKey[] = [
    ...stored,
    { keyId, sha256, name: 'first key', scopes: ['admin'], orgs: '*', createdAt },
  ];
  await saveKey(key);
  return { write: printKeys(keys), answer: { created: { keyId }, keys } };
};

export interface KeysOptions {
  /** The key from the environment. */
  readonly apiKey?: string | undefined;
  /** Epoch milliseconds. */
  readonly now?: () => number;
}
/** Faults of the store itself, such as EACCES, are thrown by it and pass through. */
export const openKeys = async (
  store: KeyStore,
  { apiKey, now = Date.now }: KeysOptions = {},
): Promise<KeysOpened> => {
  const fault = apiKey === undefined ? undefined : faultOfApiKey(apiKey);
  if (fault !== undefined) return failed('api_key_unfit', fault);
  const atStart = parseKeys(await store.read());
  if (atStart === undefined) return failed('key_file_unreadable', unreadableMessage);
  const loaded = new LoadedKeys(now);
  loaded.load(atStart);

  const firstKey: Keys['firstKey'] = async (saveKey) => {
    if (apiKey !== undefined) return undefined;
    const { created, keys } = await store.update((bytes) => addFirstKey(bytes, now(), saveKey));
    loaded.load(keys);
    return created;
  };
  const refresh: Keys['refresh'] = async () => {
    const bytes = await store.read();
    if (bytes === undefined && !loaded.isEmpty) return false; // a file that vanished revokes no key
    const stored = parseKeys(bytes);
    if (stored === undefined) return false;
    loaded.load(stored);
    return true;
  };
  const saveExpired: Keys['saveExpired'] = async () => {
    if (!loaded.hasUnsavedExpiry) return;
    const keys = await store.update(async (bytes): Promise<KeysUpdate<readonly StoredKey[] | undefined>> => {
      const noted = parseKeys(bytes);
      if (noted === undefined || bytes === undefined) return { answer: undefined };
      const answer = noteExpired(noted, loaded.time());
      return { write: printKeys(answer), answer };
    });
    if (keys) loaded.load(keys);
  };
  const onChange: Keys['onChange'] = (listener) => loaded.onChange(listener);
  const authenticate = authenticatorOf(loaded, apiKey);
  return { ok: true, keys: { authenticate, firstKey, refresh, saveExpired, onChange } };
};
