/**
 * The public Session: the same object in every answer, event and webhook. Times are ISO 8601 in UTC with
 * milliseconds. It never contains a QR or a pairing code.
 */
import { z } from 'zod';
import { reasons } from '../../machines/domain/disconnect.ts';
import { orgPattern } from '../../machines/domain/ports.ts';
import { credentialsWords, livenesses, states } from '../../machines/domain/view.ts';

export const orgIdMessage =
  'An organization id has 1 to 128 characters: letters, digits and any of . _ @ + -, and it begins with ' +
  'a letter or a digit. It does not end with .tmp, and is neither lost+found nor a name that Windows ' +
  'keeps for devices (con, nul, com1, ...).';
/** The name of the organization's directory. The grammar prevents a path outside the root. */
export const OrgId = z.string(orgIdMessage).regex(orgPattern, orgIdMessage);
export const Timestamp = z.iso.datetime();

export const State = z.enum(states);
export const Liveness = z.enum(livenesses);
export const Reason = z.enum(reasons);
export const PairingMethod = z.enum(['qr', 'code']);

export const LastError = z.object({
  reason: Reason,
  /** One or two sentences for a person: what happened and what to do. Programs read `reason`. */
  message: z.string().max(500),
  /** WhatsApp's status code, if it sent one. */
  statusCode: z.int().optional(),
  at: Timestamp,
});

export const attentionActions = [
  /** Pair it with the phone: `session.pair`. */
  'pair',
  /** Try once more: `session.retry`. */
  'retry',
  /** Open another connection: `session.stop`, then `session.restore`. */
  'restart',
  /** Open WhatsApp on the phone and solve what it shows; then `session.restore` with `force`. */
  'check_phone',
  /** End the other login with the same credentials; then `session.retry`. */
  'stop_other_program',
  /** Remove one of two directories that hold the same device. */
  'remove_duplicate',
  /** Check the free space, the owner and the permissions of the directory. */
  'check_storage',
] as const;
export type AttentionAction = (typeof attentionActions)[number];
export const Attention = z.object({
  action: z.enum(attentionActions),
  /** What to do, for a person. */
  message: z.string().max(600),
});
export type Attention = z.infer<typeof Attention>;

export const Session = z.object({
  orgId: OrgId,
  state: State,
  /** The step of a restore: waiting for its turn, connecting, or verifying. Null in other states. */
  step: z.enum(['queued', 'connecting', 'verifying']).nullable(),
  /** What the operator wants. */
  desired: z.enum(['running', 'stopped']),
  /** What the disk holds. */
  credentials: z.enum(credentialsWords),
  /** Whether a connected session is healthy. `suspect`: a ping went unanswered, or credentials cannot be
   * written. `deaf`: messages arrive, and the client library reports none. Null unless connected. */
  liveness: Liveness.nullable(),
  /**
   * Grows with every change, also across restarts of the server: of two Sessions the one with the higher
   * revision is newer.
   */
  revision: z.int().nonnegative(),
  since: Timestamp,
  /** Consecutive failures, of at most `maxAttempts`. */
  attempt: z.int().nonnegative(),
  maxAttempts: z.int().nonnegative(),
  nextRetryAt: Timestamp.nullable(),
  lastConnectedAt: Timestamp.nullable(),
  lastError: LastError.nullable(),
  account: z.object({ id: z.string(), name: z.string().nullable() }).nullable(),
  /** The organization that has the session, when its directory holds the same identity. */
  duplicateOf: OrgId.nullable(),
  pairing: z.object({ id: z.string(), method: PairingMethod, expiresAt: Timestamp }).nullable(),
  /** Whether a person is needed now, and the one action that helps. Null when none is. */
  attention: Attention.nullable(),
});
export type Session = z.infer<typeof Session>;
