/**
 * Every method: what it takes, what it answers, the scope it needs. Params are strict (a misspelt `force` is refused, not
 * ignored); results may grow, and clients ignore what they do not know.
 */
import { z } from 'zod';
import { type Scope, Topic } from './scopes.ts';
import { OrgId, PairingMethod, Session, State, Timestamp } from './session.ts';
import { Accepted, Limits, Orgs, Position, Principal } from './shapes.ts';

export interface MethodSpec {
  readonly params: z.ZodType;
  readonly result: z.ZodType;
  /** `null`: any initialized client. `per topic`: see `topicScopes`. */
  readonly scope: Scope | 'per topic' | null;
  readonly doc: string;
}

const nothing = z.strictObject({});
const org = z.strictObject({ orgId: OrgId });
const attempt = org.extend({ force: z.boolean().optional() });
const phoneNumberSentence = 'A phone number has 7 to 15 digits with its country code first, and nothing else: 34600111222.';

export const methods = {
  initialize: {
    scope: null,
    doc: 'Handshake, once per connection and first of all. Authenticates unless the upgrade carried "Authorization: Bearer"; when both carry a key it must be the same.',
    // Not strict: this is where a newer client meets an older server.
    params: z.object({
      protocolVersion: z.string().max(16),
      apiKey: z.string().min(1).max(256).optional(),
      client: z.object({ name: z.string().max(64), version: z.string().max(64) }),
    }),
    result: z.object({
      protocolVersion: z.string(),
      server: z.object({ name: z.string(), version: z.string() }),
      connectionId: z.string(),
      principal: Principal,
      position: Position,
      heartbeatMs: z.int().positive(),
      limits: Limits,
    }),
  },
  subscribe: {
    scope: 'per topic',
    doc: 'The state of things now, then every event. With a position that is still held ("since"), the missed events instead of the snapshot. The answer comes first, then events; a QR or code that is still valid comes again at once.',
    params: z.strictObject({ topics: z.array(Topic).min(1).max(8), orgs: Orgs.default('*'), since: Position.optional() }),
    result: z.object({
      subscriptionId: z.string(),
      recovered: z.boolean(),
      position: Position,
      /** Null when recovered. `sessions` is empty unless the topic "sessions" was asked for. */
      snapshot: z.object({ sessions: z.array(Session) }).nullable(),
    }),
  },
  unsubscribe: {
    scope: null,
    doc: 'Ends one subscription. An id that is not (or no longer) known is no error.',
    params: z.strictObject({ subscriptionId: z.string().max(64) }),
    result: z.object({}),
  },
  ping: {
    scope: null,
    doc: 'Liveness for clients that cannot send ping frames (browsers).',
    params: nothing,
    result: z.object({ time: Timestamp }),
  },
  'server.status': {
    scope: 'sessions:read',
    doc: 'Version, start time, whether it is shutting down, and how many visible sessions are in each state.',
    params: nothing,
    result: z.object({
      version: z.string(),
      startedAt: Timestamp,
      draining: z.boolean(),
      counts: z.record(State, z.int().nonnegative()),
    }),
  },
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
  'session.get': { scope: 'sessions:read', doc: 'One session.', params: org, result: z.object({ session: Session }) },
  'session.restore': {
    scope: 'sessions:control',
    doc: 'Wants it running, from stored credentials; strikes are kept. Nothing changes when it is live. "force" for a locked account, after looking at the phone.',
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
    doc: 'Starts a pairing, or joins the one under way; creates the session if there is none. QR or code arrive as "pairing.updated".',
    params: z
      .strictObject({
        orgId: OrgId,
        method: PairingMethod.default('qr'),
        phoneNumber: z
          .string()
          .regex(/^[1-9][0-9]{6,14}$/, phoneNumberSentence) // E.164 without the plus sign
          .optional(),
      })
      .refine((p) => p.method !== 'code' || p.phoneNumber !== undefined, {
        path: ['phoneNumber'],
        message: 'The method "code" needs phoneNumber: WhatsApp makes the code for that phone.',
      })
      .refine((p) => p.method !== 'qr' || p.phoneNumber === undefined, {
        path: ['phoneNumber'],
        message: 'The method "qr" takes no phoneNumber: whichever phone scans it is linked. Use the method "code" to name the phone.',
      }),
    /** `expiresAt` is null when the pairing was over before this answer was sent. */
    result: Accepted.extend({ pairingId: z.string(), expiresAt: Timestamp.nullable() }),
  },
  'session.cancelPairing': { scope: 'sessions:pair', doc: 'Ends a pairing; back to what it was before.', params: org, result: Accepted },
  'session.logout': {
    scope: 'sessions:logout',
    doc: 'Unlinks the device, archives the credentials and removes the session. "unlinked": false when WhatsApp could not be told; remove the device on the phone then.',
    params: org,
    result: z.object({ session: z.null(), unlinked: z.boolean(), changed: z.boolean(), durable: z.boolean() }),
  },
} as const satisfies Record<string, MethodSpec>;

export type MethodName = keyof typeof methods;
/** What a handler gets. */
export type Params<M extends MethodName> = z.output<(typeof methods)[M]['params']>;
export type Result<M extends MethodName> = z.output<(typeof methods)[M]['result']>;
