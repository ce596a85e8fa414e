/** Making, listing and revoking keys on what is stored: used without a server, which notices within two seconds (`watch-store.ts`). */

import { z } from 'zod';
import { failed, type Result } from '../base/result.ts';
import { Scope } from '../protocol/scopes.ts';
import { Timestamp } from '../protocol/session.ts';
import { Orgs } from '../protocol/shapes.ts';
import { digestOf, keyIdOf, maxStoredKeys, mintKey, type StoredKey } from './key-format.ts';
import { type KeyStatus, type KeyStore, parseKeys, printKeys, statusOf, unreadableMessage } from './stored-keys.ts';

export interface KeyRequest {
  /** For people: who holds it. */
  readonly name: string;
  readonly scopes: readonly Scope[];
  readonly orgs: '*' | readonly string[];
  /** ISO 8601 in UTC. Without it the key holds until it is revoked. */
  readonly expiresAt?: string | undefined;
}
/** A stored key as it is shown: nothing in it opens anything. */
export interface ListedKey {
  readonly keyId: string;
  readonly name: string;
  readonly scopes: readonly Scope[];
  readonly orgs: '*' | readonly string[];
  readonly createdAt: string;
  readonly expiresAt: string | null;
  readonly revokedAt: string | null;
  readonly status: KeyStatus;
}
export type KeyFaultCode = 'key_request_invalid' | 'key_unknown' | 'key_file_unreadable' | 'too_many_keys';
/** A failure's message says what is wrong and what to do. It never contains a key. */
type Answer<T extends object> = Result<T, KeyFaultCode>;
/** `key` is the whole key, in clear: it exists here and in whoever gets it, and cannot be shown again. */
export type KeyCreated = Answer<{ readonly keyId: string; readonly key: string }>;
export type KeysListed = Answer<{ readonly keys: readonly ListedKey[] }>;
/** `changed`: false when it was revoked before. */
export type KeyRevoked = Answer<{ readonly keyId: string; readonly changed: boolean }>;

const nameMessage = 'a name has 1 to 64 characters, and none that control a terminal';
const request = z.strictObject({
  name: z.string().regex(/^[^\p{C}]{1,64}$/u, nameMessage),
  scopes: z.array(Scope).min(1, 'a key needs at least one scope'),
  orgs: Orgs,
  expiresAt: Timestamp.optional(),
});
const unreadable = failed('key_file_unreadable', unreadableMessage);

/** `now` in epoch milliseconds. Faults of the store (a disk that is full, say) are thrown by it and pass through. */
export const createKey = async (store: KeyStore, asked: KeyRequest, now: number): Promise<KeyCreated> => {
  const parsed = request.safeParse(asked);
  if (!parsed.success) {
    const issues = parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
    return failed('key_request_invalid', `The key cannot be made. ${issues.join('. ')}.`);
  }
  const { name, orgs, expiresAt } = parsed.data;
  const scopes = [...new Set(parsed.data.scopes)];
  if (expiresAt !== undefined && Date.parse(expiresAt) <= now)
    return failed('key_request_invalid', `The key cannot be made. expiresAt: ${expiresAt} is in the past.`);
  return store.update<KeyCreated>(async (bytes) => {
    const keys = parseKeys(bytes);
    if (keys === undefined) return { answer: unreadable };
    if (keys.length >= maxStoredKeys)
      return { answer: failed('too_many_keys', `There are ${keys.length} keys already, and no more are kept.`) };
    const { keyId, key } = mintKey();
    const createdAt = new Date(now).toISOString();
    const entry: StoredKey = {
      keyId,
      sha256: digestOf(key).toString('hex'),
      name,
      scopes,
      orgs,
      createdAt,
      ...(expiresAt !== undefined && { expiresAt }),
    };
    return { write: printKeys([...keys, entry]), answer: { ok: true, keyId, key } };
  });
};

export const listKeys = async (store: KeyStore, now: number): Promise<KeysListed> => {
  const keys = parseKeys(await store.read());
  if (keys === undefined) return unreadable;
  const listed = keys.map((key) => {
    const { keyId, name, scopes, orgs, createdAt, expiresAt = null, revokedAt = null } = key;
    return { keyId, name, scopes, orgs, createdAt, expiresAt, revokedAt, status: statusOf(key, now) };
  });
  return { ok: true, keys: listed };
};

/** A revoked key stays listed, and can never be used again. */
export const revokeKey = (store: KeyStore, keyId: string, now: number): Promise<KeyRevoked> =>
  store.update<KeyRevoked>(async (bytes) => {
    const keys = parseKeys(bytes);
    if (keys === undefined) return { answer: unreadable };
    const found = keys.find((key) => key.keyId === keyId);
    if (found === undefined) {
      const isWhole = keyIdOf(keyId) !== undefined; // it is not repeated: it may be a live one
      const message = isWhole
        ? 'This is a whole key: give its id only, the part between the two underscores.'
        : 'There is no key with this id. List the keys to see them all.';
      return { answer: failed('key_unknown', message) };
    }
    if (found.revokedAt !== undefined) return { answer: { ok: true, keyId, changed: false } };
    const revokedAt = new Date(now).toISOString();
    return {
      write: printKeys(keys.map((key) => (key === found ? { ...key, revokedAt } : key))),
      answer: { ok: true, keyId, changed: true },
    };
  });
