/** Links that let a customer pair without a key. */
import { z } from 'zod';
import { OrgId, PairingMethod, Timestamp } from '../session.ts';
import type { MethodSpec } from './spec.ts';

export const languages = ['es', 'en', 'pt'] as const;
const PairingLink = z.object({
  linkId: z.string(),
  orgId: OrgId,
  /** Null: the customer chooses. */
  method: PairingMethod.nullable(),
  createdBy: z.string(),
  createdAt: Timestamp,
  expiresAt: Timestamp,
  /** Pairings that were started with it, of at most `maxStarts`. */
  starts: z.int().nonnegative(),
  maxStarts: z.int().positive(),
  /** `used_up`: it has started too many pairings. */
  status: z.enum(['open', 'completed', 'expired', 'revoked', 'used_up']),
  endedAt: Timestamp.nullable(),
});
export type PairingLink = z.infer<typeof PairingLink>;
const weekSeconds = 7 * 86_400;

export const linkMethods = {
  'pairing.createLink': {
    scope: 'sessions:pair',
    doc:
      'Makes a link for the customer, whose own phone or PC opens it without a key. It opens only the ' +
      'pairing of this organization, until it has succeeded, expires or is revoked. Its address is shown ' +
      'this one time: send it to this customer only.',
    params: z.strictObject({
      orgId: OrgId,
      expiresInSeconds: z.int().min(60).max(weekSeconds).default(86_400),
      method: PairingMethod.optional(),
      /** Shown to the customer: who asks. */
      name: z
        .string()
        .regex(/^[^\p{C}]{1,64}$/u, 'A name has 1 to 64 characters, and no control characters.')
        .optional(),
      returnUrl: z
        .string()
        .max(2_000)
        .regex(/^https:\/\/[^\s]+$/, 'returnUrl begins with https:// and has no spaces.')
        .optional(),
      language: z.enum(languages).optional(),
    }),
    result: z.object({ link: PairingLink, url: z.string() }),
  },
  'pairing.links': {
    scope: 'sessions:pair',
    doc: 'Links of visible organizations, newest first. Ended ones stay listed for a week.',
    params: z.strictObject({ orgId: OrgId.optional() }),
    result: z.object({ items: z.array(PairingLink) }),
  },
  'pairing.revokeLink': {
    scope: 'sessions:pair',
    doc: 'Ends a link, and the pairing that it started. "changed" is false when it had ended before.',
    params: z.strictObject({ linkId: z.string().min(1).max(64) }),
    result: z.object({ linkId: z.string(), changed: z.boolean() }),
  },
} as const satisfies Record<string, MethodSpec>;
