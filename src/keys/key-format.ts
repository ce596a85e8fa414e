/**
 * Keys as text and as digests. A key is `vigia_<id>_<secret>`; the secret is 32 random bytes in base64url.
 * SHA-256 without salt or stretching is right for a random secret of 256 bits; slow hashes are for passwords.
 */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import { Scope } from '../protocol/scopes.ts';
import { Timestamp } from '../protocol/session.ts';
import { Orgs } from '../protocol/shapes.ts';

export const StoredKey = z.object({
  keyId: z.string().regex(/^[a-z0-9]{1,32}$/),
  /** The digest of the whole key, as hex. */
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  name: z.string().max(64),
  scopes: z.array(Scope),
  orgs: Orgs,
  createdAt: Timestamp,
  /** The id of the key that made it, if a key did. */
  createdBy: z.string().max(64).optional(),
  expiresAt: Timestamp.optional(),
  revokedAt: Timestamp.optional(),
  /**
   * When a server noticed that the key had expired. A clock that is set back afterwards does not revive
   * it.
   */
  expiredAt: Timestamp.optional(),
});
export type StoredKey = z.infer<typeof StoredKey>;
export const maxStoredKeys = 10_000;
export const KeyFile = z.object({ version: z.literal(1), keys: z.array(StoredKey).max(maxStoredKeys) });

export const digestOf = (key: string): Buffer => createHash('sha256').update(key, 'utf8').digest();
export const sameDigest = (a: Buffer, b: Buffer): boolean => timingSafeEqual(a, b);
/** The digest to compare with when the key id is unknown, so that the time does not reveal it. */
export const noDigest = Buffer.alloc(32);

const form = /^vigia_([a-z0-9]{1,32})_[A-Za-z0-9_-]{43}$/;
export const keyIdOf = (key: string): string | undefined => form.exec(key)?.[1];

export const mintKey = (): { readonly keyId: string; readonly key: string } => {
  const keyId = randomBytes(6).toString('hex');
  return { keyId, key: `vigia_${keyId}_${randomBytes(32).toString('base64url')}` };
};

export const minApiKeyCharacters = 16;
export const maxApiKeyCharacters = 256;
/** Why a key from the environment cannot be used; undefined when it can. It never repeats the key. */
export const faultOfApiKey = (key: string): string | undefined => {
  if (key.length < minApiKeyCharacters) {
    const advice = 'use a long random one, for example from "openssl rand -base64 32"';
    return `API_KEY has ${key.length} characters and needs at least ${minApiKeyCharacters}: ${advice}.`;
  }
  if (key.length > maxApiKeyCharacters)
    return `API_KEY has ${key.length} characters; at most ${maxApiKeyCharacters} are allowed.`;
  if (!/^[\x21-\x7e]+$/.test(key)) {
    const found = 'a space, a control character or a letter outside ASCII';
    return `API_KEY contains ${found}, which cannot be sent in an HTTP header: choose another.`;
  }
  return undefined;
};
