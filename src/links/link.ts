/**
 * A pairing link as it is stored: a digest of its token, and never the token. SHA-256 without salt is right
 * for a random token of 256 bits.
 */
import { createHash, randomBytes } from 'node:crypto';
import { z } from 'zod';

export const outcomes = ['completed', 'expired', 'revoked', 'used_up'] as const;
export type Outcome = (typeof outcomes)[number];

/** Times are epoch milliseconds. */
const StoredLink = z.object({
  linkId: z.string().min(1).max(64),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  org: z.string().min(1).max(128),
  /** Null: the customer chooses. */
  method: z.enum(['qr', 'code']).nullable(),
  /** For the customer: the name of the business that asks. */
  name: z.string().nullable(),
  language: z.string().nullable(),
  returnUrl: z.string().nullable(),
  createdBy: z.string(),
  createdAt: z.number(),
  expiresAt: z.number(),
  /** How often a pairing was started with it. */
  starts: z.number(),
  outcome: z.enum(outcomes).nullable(),
  endedAt: z.number().nullable(),
});
export type Link = Readonly<z.infer<typeof StoredLink>>;
const LinkFile = z.object({ version: z.literal(1), links: z.array(StoredLink) });

/** Throws when the bytes are not a file of links. */
export const parseLinks = (bytes: Uint8Array | undefined): readonly Link[] =>
  bytes === undefined ? [] : LinkFile.parse(JSON.parse(Buffer.from(bytes).toString('utf8'))).links;
export const printLinks = (links: readonly Link[]): string =>
  `${JSON.stringify({ version: 1, links }, undefined, 2)}\n`;

export const digestOfToken = (token: string): string =>
  createHash('sha256').update(token, 'utf8').digest('hex');
export const newToken = (): string => randomBytes(32).toString('base64url');
export const newId = (kind: 'link' | 'visit'): string => `${kind}_${randomBytes(12).toString('base64url')}`;

/** Pairings that one link may start. A customer may let several QRs pass, and begin again. */
export const maxStarts = 10;
/** Open links of one organization. */
export const maxOpenLinks = 20;
/** A link that ended stays listed for this long, so that the customer reads how it ended. */
export const keptMs = 7 * 86_400_000;
/** A page that asked within this time holds the link: no second page may use it. */
export const visitMs = 30_000;
