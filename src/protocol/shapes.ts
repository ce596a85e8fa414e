/** Parts that several methods and events share. */
import { z } from 'zod';
import { Scope } from './scopes.ts';
import { OrgId, Session } from './session.ts';

/** A bookmark in the stream of events. `epoch` changes at every start of the server, `seq` grows by one with every event. */
export const Position = z.object({ epoch: z.string().min(1).max(32), seq: z.int().nonnegative() });
export type Position = z.infer<typeof Position>;

/** '*' is every organization that the key may see. */
export const Orgs = z.union([z.literal('*'), z.array(OrgId).min(1).max(500)]);

export const Principal = z.object({ keyId: z.string(), name: z.string(), scopes: z.array(Scope), orgs: Orgs });

export const Limits = z.object({
  maxMessageBytes: z.int(),
  maxInFlight: z.int(),
  maxSubscriptions: z.int(),
  /** What may wait unsent for one client before it is cut off. */
  maxOutboundBytes: z.int(),
  /** How long something may wait unsent before the client is cut off, however little it is. */
  maxUndrainedMs: z.int(),
  /** How long a connection may last; then 1012: connect again and resume. */
  maxConnectionMs: z.int(),
  /** What is held for "since": so many events and so long, whichever is less (and never more than 8 MiB). */
  replayEvents: z.int(),
  replaySeconds: z.int(),
});
export type Limits = z.infer<typeof Limits>;

/** A command is answered when it is accepted; what comes of it arrives as events. */
export const Accepted = z.object({
  session: Session,
  /** False when there was nothing to do. */
  changed: z.boolean(),
  /** False when the change could not be written to disk: it holds until the server restarts. */
  durable: z.boolean(),
});
