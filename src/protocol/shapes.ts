/** Shapes that several methods and events share. */
import { z } from 'zod';
import { Scope } from './scopes.ts';
import { OrgId, Session, Timestamp } from './session.ts';

/**
 * A position in the stream of events. `epoch` changes at every start of the server, `seq` grows by one with
 * every event.
 */
export const Position = z.object({ epoch: z.string().min(1).max(32), seq: z.int().nonnegative() });
export type Position = z.infer<typeof Position>;

/** '*' means every organization that the key may access. */
export const Orgs = z.union([z.literal('*'), z.array(OrgId).min(1).max(500)]);

export const Principal = z.object({
  keyId: z.string(),
  name: z.string(),
  scopes: z.array(Scope),
  orgs: Orgs,
  /** Absent: valid until it is revoked. */
  expiresAt: Timestamp.optional(),
});

export const Limits = z.object({
  maxMessageBytes: z.int().describe('Of one message to the server; a larger one is 1009, or 413 over HTTP.'),
  maxInFlight: z
    .int()
    .describe(
      'Requests without an answer yet, of one connection; over HTTP, of one key. One more is limit_exceeded.',
    ),
  maxSubscriptions: z.int().describe('Of one connection. One more is limit_exceeded.'),
  maxOutboundBytes: z
    .int()
    .describe('What may wait unsent for one client, apart from one snapshot or replay; then 4508.'),
  maxUndrainedMs: z
    .int()
    .describe('How long anything may wait unsent for one client, however little it is; then 4508.'),
  maxConnectionMs: z.int().describe('How long a connection may last; then 1012: connect again and resume.'),
  replayEvents: z.int().describe('The newest events that are held for "since".'),
  replaySeconds: z.int().describe('How long they are held.'),
  replayBytes: z.int().describe('How large all of them together may be.'),
  maxRequestsPer10Seconds: z
    .int()
    .describe('Of one key, over all its connections and HTTP together. One more is rate_limited.'),
  requestBurst: z.int().describe('Of those, what may come at once after a quiet time; the rest evenly.'),
  maxConnectionsPerKey: z.int().describe('One more is limit_exceeded and 4429, or 429 at the upgrade.'),
  maxConnectionsPerAddress: z
    .int()
    .describe('From one address (of IPv6: one /64); one more is 429 at the upgrade.'),
});
export type Limits = z.infer<typeof Limits>;

/** A command is answered when it is accepted; its effects arrive as events. */
export const Accepted = z.object({
  session: Session,
  /** False when the command changed nothing. */
  changed: z.boolean(),
  /**
   * False when the change could not be written to disk: a restart undoes it unless a later attempt succeeds.
   */
  durable: z.boolean(),
});
