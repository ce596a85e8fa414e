/** Looking at sessions, and commanding them. */
import { z } from 'zod';
import { OrgId, PairingMethod, Session, State, Timestamp } from '../session.ts';
import { Accepted } from '../shapes.ts';
import type { MethodSpec } from './spec.ts';

const org = z.strictObject({ orgId: OrgId });
const attempt = org.extend({ force: z.boolean().optional() });
const phoneNumberMessage =
  'A phone number has 7 to 15 digits with its country code first, and nothing else: 34600111222.';

export const sessionMethods = {
  'session.list': {
    scope: 'sessions:read',
    doc: 'Visible sessions in the order of their ids, a page at a time.',
    params: z.strictObject({
      limit: z.int().min(1).max(500).default(100),
      cursor: z.string().min(1).max(256).optional(),
      states: z.array(State).min(1).max(6).optional(),
    }),
    result: z.object({ items: z.array(Session), nextCursor: z.string().nullable() }),
  },
  'session.get': {
    scope: 'sessions:read',
    doc: 'One session.',
    params: org,
    result: z.object({ session: Session }),
  },
  'session.restore': {
    scope: 'sessions:control',
    doc:
      'Wants it running, from stored credentials; strikes are kept. Nothing changes when it is live. ' +
      '"force" for a locked account, after looking at the phone, and for one of another number than before.',
    params: attempt,
    result: Accepted,
  },
  'session.retry': {
    scope: 'sessions:control',
    doc: 'Tries now and forgets the strikes. Only when it is to run and is retrying or failed.',
    params: attempt,
    result: Accepted,
  },
  'session.stop': {
    scope: 'sessions:control',
    doc: 'Wants it stopped: disconnects, keeps the credentials, cancels a pairing.',
    params: org,
    result: Accepted,
  },
  'session.pair': {
    scope: 'sessions:pair',
    doc:
      'Starts a pairing, or joins the one under way; creates the session if there is none. QR or code ' +
      'arrive as "pairing.updated". A phone of another number than before ends in failed(wrong_account), ' +
      'unless "replaceAccount" says that it is to change.',
    params: z
      .strictObject({
        orgId: OrgId,
        method: PairingMethod.default('qr'),
        phoneNumber: z
          .string()
          .regex(/^[1-9][0-9]{6,14}$/, phoneNumberMessage) // E.164 without the plus sign
          .optional(),
        replaceAccount: z.boolean().optional(),
      })
      .refine((p) => p.method !== 'code' || p.phoneNumber !== undefined, {
        path: ['phoneNumber'],
        message: 'The method "code" needs phoneNumber: WhatsApp makes the code for that phone.',
      })
      .refine((p) => p.method !== 'qr' || p.phoneNumber === undefined, {
        path: ['phoneNumber'],
        message:
          'The method "qr" takes no phoneNumber: whichever phone scans it is linked. Use the method ' +
          '"code" to name the phone.',
      })
      // the same two rules for those who read the schema
      .meta({
        anyOf: [
          { properties: { method: { const: 'code' } }, required: ['method', 'phoneNumber'] },
          { properties: { method: { const: 'qr' } }, not: { required: ['phoneNumber'] } },
        ],
      }),
    /** `expiresAt` is null when the pairing was over before this answer was sent. */
    result: Accepted.extend({ pairingId: z.string(), expiresAt: Timestamp.nullable() }),
  },
  'session.cancelPairing': {
    scope: 'sessions:pair',
    doc: 'Ends a pairing; back to what it was before.',
    params: org,
    result: Accepted,
  },
  'session.logout': {
    scope: 'sessions:logout',
    doc:
      'Unlinks the device, archives the credentials and removes the session. "unlinked": false when ' +
      'WhatsApp could not be told; remove the device on the phone then.',
    params: org,
    result: z.object({
      session: z.null(),
      unlinked: z.boolean(),
      changed: z.boolean(),
      durable: z.boolean(),
    }),
  },
} as const satisfies Record<string, MethodSpec>;
