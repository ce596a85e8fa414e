/** API keys, so that a backend can hand a page a key of its own. */
import { z } from 'zod';
import { Scope } from '../scopes.ts';
import { OrgId, Timestamp } from '../session.ts';
import { Orgs } from '../shapes.ts';
import type { MethodSpec } from './spec.ts';

const longestSeconds = 10 * 365 * 86_400;
const Key = z.object({
  keyId: z.string(),
  /** For people: the holder of the key. */
  name: z.string(),
  scopes: z.array(Scope),
  orgs: z.union([z.literal('*'), z.array(OrgId)]),
  createdAt: Timestamp,
  /** The key that made it, if a key did. */
  createdBy: z.string().nullable(),
  /** Null: valid until it is revoked. */
  expiresAt: Timestamp.nullable(),
  revokedAt: Timestamp.nullable(),
  status: z.enum(['active', 'expired', 'revoked']),
});

export const keyMethods = {
  'key.create': {
    scope: 'keys:write',
    doc:
      'Makes a key, and shows it this one time. It gets at most what the calling key has: its scopes, its ' +
      'organizations, and no later expiry. It ends with the key that made it.',
    params: z.strictObject({
      name: z
        .string()
        .regex(/^[^\p{C}]{1,64}$/u, 'A name has 1 to 64 characters, and none that control a terminal.'),
      scopes: z.array(Scope).min(1).max(20),
      orgs: Orgs,
      expiresInSeconds: z.int().min(1).max(longestSeconds).optional(),
    }),
    /** `key` is the whole key. It is not stored, so it cannot be shown again. */
    result: z.object({ keyId: z.string(), key: z.string(), expiresAt: Timestamp.nullable() }),
  },
  'key.list': {
    scope: 'keys:write',
    doc:
      'Keys that the calling key could have made, newest first, a page at a time. Expired and revoked ' +
      'ones stay listed.',
    params: z.strictObject({
      limit: z.int().min(1).max(500).default(100),
      cursor: z.string().min(1).max(128).optional(),
    }),
    result: z.object({ items: z.array(Key), nextCursor: z.string().nullable() }),
  },
  'key.revoke': {
    scope: 'keys:write',
    doc:
      'Ends a key, and every key that it made. Connections with these keys close with 4401. "changed" is ' +
      'false when it was revoked before.',
    params: z.strictObject({ keyId: z.string().min(1).max(64) }),
    result: z.object({ keyId: z.string(), changed: z.boolean() }),
  },
} as const satisfies Record<string, MethodSpec>;
