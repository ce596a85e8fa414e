/**
 * The public Session: the same object in every answer, event and webhook. Times are ISO 8601 in UTC with
 * milliseconds. The text of a QR or a pairing code is never inside it.
 */
import { z } from 'zod';
import { reasons } from '../../machines/domain/disconnect.ts';
import { orgPattern } from '../../machines/domain/ports.ts';
import { credentialsWords, states } from '../../machines/domain/view.ts';

export const orgIdMessage =
  'An organization id has 1 to 128 characters: letters, digits and any of . _ @ + -, and it begins with ' +
  'a letter or a digit. It does not end with .tmp, and is neither lost+found nor a name that Windows ' +
  'keeps for devices (con, nul, com1, ...).';
/**
 * The name of the organization's directory, hence the grammar (it cannot leave the directory it is looked up
 * in).
 */
export const OrgId = z.string(orgIdMessage).regex(orgPattern, orgIdMessage);
export const Timestamp = z.iso.datetime();

export const State = z.enum(states);
export const Reason = z.enum(reasons);
export const PairingMethod = z.enum(['qr', 'code']);

export const LastError = z.object({
  reason: Reason,
  /** One or two sentences for a human: what happened and what to do. Not for programs: they read `reason`. */
  message: z.string().max(500),
  /** WhatsApp's number, if it gave one. */
  statusCode: z.int().optional(),
  at: Timestamp,
});

export const Session = z.object({
  orgId: OrgId,
  state: State,
  /**
   * Where a restore is: waiting for its turn, opening its connection, or being proven. Null in other states.
   */
  step: z.enum(['queued', 'connecting', 'verifying']).nullable(),
  /** What the operator wants. */
  desired: z.enum(['running', 'stopped']),
  /** What lies on disk. */
  credentials: z.enum(credentialsWords),
  /** Whether a connected session is well. Null unless connected. */
  liveness: z.enum(['healthy', 'suspect']).nullable(),
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
  /** Another organization's directory holds the same identity, and has the session. */
  duplicateOf: OrgId.nullable(),
  pairing: z.object({ id: z.string(), method: PairingMethod, expiresAt: Timestamp }).nullable(),
});
export type Session = z.infer<typeof Session>;
