/** Methods that read and command sessions. */
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
    doc: 'Visible sessions, ordered by id, a page at a time.',
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
      'Runs the session with its stored credentials; its failures still count. Changes nothing when it is ' +
      'live. Use "force" for a locked account after a check of the phone, and for a phone of another ' +
      'number than before.',
    params: attempt,
    result: Accepted,
  },
  'session.retry': {
    scope: 'sessions:control',
    doc: 'Retries now and forgets the failures. Only for a wanted session that is retrying or failed.',
    params: attempt,
    result: Accepted,
  },
  'session.stop': {
    scope: 'sessions:control',
    doc: 'Stops the session: disconnects, keeps the credentials, cancels a pairing.',
    params: org,
    result: Accepted,
  },
  'session.pair': {
    scope: 'sessions:pair',
    doc:
      'Starts a pairing, or joins the present one; creates the session if needed. The QR or code arrives ' +
      'as "pairing.updated". A phone of another number than before ends in failed(wrong_account), unless ' +
      '"replaceAccount" is set.',
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
      // the same two rules, for readers of the schema
      .meta({
        anyOf: [
          { properties: { method: { const: 'code' } }, required: ['method', 'phoneNumber'] },
          { properties: { method: { const: 'qr' } }, not: { required: ['phoneNumber'] } },
        ],
      }),
    /** `expiresAt` is null when the pairing ended before this answer was sent. */
    result: Accepted.extend({ pairingId: z.string(), expiresAt: Timestamp.nullable() }),
  },
  'session.pairing': {
    scope: 'sessions:pair',
    doc:
      'The running pairing with its present QR or code, for programs that receive no events. "pairing" is ' +
      'null when none runs, and its "qr" and "code" are null until WhatsApp has sent one. A QR is ' +
      'replaced after 20 to 60 seconds: ask again at its "expiresAt".',
    params: org,
    result: z.object({
      session: Session,
      pairing: z
        .object({
          pairingId: z.string(),
          method: PairingMethod,
          /** When the whole attempt ends. */
          expiresAt: Timestamp,
          /** A secret: a person who scans it links a phone. `attempt` counts the QRs of this pairing. */
          qr: z.object({ text: z.string(), attempt: z.int(), expiresAt: Timestamp }).nullable(),
          /** A secret: the phone of the pairing's number links by typing it. */
          code: z.object({ text: z.string(), expiresAt: Timestamp }).nullable(),
        })
        .nullable(),
    }),
  },
  'session.cancelPairing': {
    scope: 'sessions:pair',
    doc: 'Cancels a pairing; the session returns to its previous state.',
    params: org,
    result: Accepted,
  },
  'session.logout': {
    scope: 'sessions:logout',
    doc:
      'Unlinks the device, archives the credentials and removes the session. "unlinked" is false when ' +
      'WhatsApp could not be reached; then remove the device on the phone, unless another directory holds ' +
      'the same device (`duplicateOf`).',
    params: org,
    result: z.object({
      session: z.null(),
      unlinked: z.boolean(),
      changed: z.boolean(),
      durable: z.boolean(),
    }),
  },
} as const satisfies Record<string, MethodSpec>;
