/**
 * Creates, lists and revokes stored keys without a server. A running server notices within two seconds
 * (`watch-store.ts`).
 */
import { z } from 'zod';
import { failed, type Result } from '../base/result.ts';
import { Scope } from '../protocol/scopes.ts';
import { Timestamp } from '../protocol/session.ts';
import { Orgs } from '../protocol/shapes.ts';
import { digestOf, keyIdOf, maxStoredKeys, mintKey, type StoredKey } from './key-format.ts';
import {
  type KeyStatus,
  type KeyStore,
  type KeysUpdate,
  parseKeys,
  printKeys,
  statusOf,
  unreadableMessage,
} from './stored-keys.ts';

export interface KeyRequest {
  /** For people: the holder of the key. */
  readonly name: string;
  readonly scopes: readonly Scope[];
  readonly orgs: '*' | readonly string[];
  /** ISO 8601 in UTC. Without it the key is valid until it is revoked. */
  readonly expiresAt?: string | undefined;
  /** The id of the key that makes it. It ends when that key is revoked. */
  readonly createdBy?: string | undefined;
}
/** A stored key as a list shows it. It contains no secret. */
export interface ListedKey {
  readonly keyId: string;
  readonly name: string;
  readonly scopes: readonly Scope[];
  readonly orgs: '*' | readonly string[];
  readonly createdAt: string;
  readonly createdBy: string | null;
  readonly expiresAt: string | null;
  readonly revokedAt: string | null;
  readonly status: KeyStatus;
}
export type KeyFaultCode = 'key_request_invalid' | 'key_unknown' | 'key_file_unreadable' | 'too_many_keys';
/** A failure's message says what is wrong and what to do. It never contains a key. */
type KeyResult<T extends object> = Result<T, KeyFaultCode>;
/** `key` is the whole key, in clear. It is not stored, so it cannot be shown again. */
export type KeyCreated = KeyResult<{ readonly keyId: string; readonly key: string }>;
export type KeysListed = KeyResult<{ readonly keys: readonly ListedKey[] }>;
/** `changed`: false when it was revoked before. */
export type KeyRevoked = KeyResult<{ readonly keyId: string; readonly changed: boolean }>;

const nameMessage = 'a name has 1 to 64 characters, and none that control a terminal';
const KeyRequestSchema = z.strictObject({
  name: z.string().regex(/^[^\p{C}]{1,64}$/u, nameMessage),
  scopes: z.array(Scope).min(1, 'a key needs at least one scope'),
  orgs: Orgs,
  expiresAt: Timestamp.optional(),
  createdBy: z.string().max(64).optional(),
});
const unreadable = failed('key_file_unreadable', unreadableMessage);

/**
 * Makes room for one key. Keys for an hour, made for each view of a page, would fill the file with keys that
 * ended. Undefined when every key is active.
 */
const withoutFirstEnded = (keys: readonly StoredKey[], now: number): readonly StoredKey[] | undefined => {
  const first = keys.findIndex((key) => statusOf(key, now) !== 'active');
  return first < 0 ? undefined : keys.toSpliced(first, 1);
};

const addKey = (
  bytes: Uint8Array | undefined,
  request: z.infer<typeof KeyRequestSchema>,
  now: number,
): KeysUpdate<KeyCreated> => {
  const keys = parseKeys(bytes);
  if (keys === undefined) return { answer: unreadable };
  const kept = keys.length < maxStoredKeys ? keys : withoutFirstEnded(keys, now);
  if (kept === undefined)
    return {
      answer: failed('too_many_keys', `There are ${keys.length} keys already, which is the maximum.`),
    };
  const { keyId, key } = mintKey();
  const stored: StoredKey = {
    keyId,
    sha256: digestOf(key).toString('hex'),
    name: request.name,
    scopes: [...new Set(request.scopes)],
    orgs: request.orgs,
    createdAt: new Date(now).toISOString(),
    createdBy: request.createdBy,
    expiresAt: request.expiresAt,
  };
  return { write: printKeys([...kept, stored]), answer: { ok: true, keyId, key } };
};

/**
 * `now` in epoch milliseconds. Faults of the store, such as a full disk, are thrown by it and pass through.
 */
export const createKey = async (store: KeyStore, request: KeyRequest, now: number): Promise<KeyCreated> => {
  const parsed = KeyRequestSchema.safeParse(request);
  if (!parsed.success) {
    const issues = parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
    return failed('key_request_invalid', `The key cannot be made. ${issues.join('. ')}.`);
  }
  const { expiresAt } = parsed.data;
  if (expiresAt !== undefined && Date.parse(expiresAt) <= now)
    return failed('key_request_invalid', `The key cannot be made. expiresAt: ${expiresAt} is in the past.`);
  return store.update<KeyCreated>(async (bytes) => addKey(bytes, parsed.data, now));
};

export const listKeys = async (store: KeyStore, now: number): Promise<KeysListed> => {
  const keys = parseKeys(await store.read());
  if (keys === undefined) return unreadable;
  const listed = keys.map((key) => {
    const {
      keyId,
      name,
      scopes,
      orgs,
      createdAt,
      createdBy = null,
      expiresAt = null,
      revokedAt = null,
    } = key;
    const status = statusOf(key, now);
    return { keyId, name, scopes, orgs, createdAt, createdBy, expiresAt, revokedAt, status };
  });
  return { ok: true, keys: listed };
};

/** The message never repeats the text: it may be a live key. */
const unknownKey = (text: string) =>
  failed(
    'key_unknown',
    keyIdOf(text) === undefined
      ? 'There is no key with this id. List the keys to see them all.'
      : 'This is a whole key: give its id only, the part between the two underscores.',
  );

/** The key, the keys that it made, the keys that those made, and so on. */
const descentOf = (keys: readonly StoredKey[], keyId: string): ReadonlySet<string> => {
  const ended = new Set([keyId]);
  for (let before = 0; before !== ended.size; ) {
    before = ended.size;
    for (const key of keys) if (key.createdBy !== undefined && ended.has(key.createdBy)) ended.add(key.keyId);
  }
  return ended;
};

/**
 * A revoked key stays listed, and can never be used again. The keys that it made end with it, because the
 * holder of a stolen key could have made them.
 */
export const revokeKey = (store: KeyStore, keyId: string, now: number): Promise<KeyRevoked> =>
  store.update<KeyRevoked>(async (bytes) => {
    const keys = parseKeys(bytes);
    if (keys === undefined) return { answer: unreadable };
    const found = keys.find((key) => key.keyId === keyId);
    if (found === undefined) return { answer: unknownKey(keyId) };
    if (found.revokedAt !== undefined) return { answer: { ok: true, keyId, changed: false } };
    const revokedAt = new Date(now).toISOString();
    const ended = descentOf(keys, keyId);
    const changed = keys.map((key) =>
      ended.has(key.keyId) && key.revokedAt === undefined ? { ...key, revokedAt } : key,
    );
    return { write: printKeys(changed), answer: { ok: true, keyId, changed: true } };
  });
