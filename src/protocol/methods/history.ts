/** What became of an organization, and what it means. */
import { z } from 'zod';
import { commandNames } from '../../../machines/domain/commands.ts';
import { nextWords } from '../explain/next.ts';
import { OrgId, Reason, State, Timestamp } from '../session.ts';
import type { MethodSpec } from './spec.ts';

const Entry = z.object({
  /** Grows by one with every entry of this organization. */
  id: z.int().nonnegative(),
  at: Timestamp,
  /** Null when it was taken up: at a start of the server, or when its directory appeared. */
  from: State.nullable(),
  /**
   * Null when it was let go: logged out, its directory taken away, or crashed. Equal to `from` when something
   * beside it changed.
   */
  to: State.nullable(),
  /** The event that brought it about, for example "connection.closed" or "session.stop". */
  cause: z.string(),
  reason: Reason.nullable(),
  /** WhatsApp's number, if it gave one. */
  statusCode: z.int().optional(),
  attempt: z.int().nonnegative(),
  desired: z.enum(['running', 'stopped']),
  liveness: z.enum(['healthy', 'suspect']).nullable(),
  revision: z.int().nonnegative(),
  nextRetryAt: Timestamp.nullable(),
});
export type HistoryEntry = z.infer<typeof Entry>;

export const historyMethods = {
  'session.history': {
    scope: 'sessions:read',
    doc:
      'What became of one organization: every transition with its cause, newest first, a page at a time. ' +
      'Kept across restarts; of each the last 200, also for a while after it is gone.',
    params: z.strictObject({
      orgId: OrgId,
      limit: z.int().min(1).max(200).default(50),
      cursor: z
        .string()
        .regex(/^[0-9]{1,15}$/, 'A cursor is the nextCursor of an earlier answer.')
        .optional(),
    }),
    result: z.object({ items: z.array(Entry), nextCursor: z.string().nullable() }),
  },
  'session.explain': {
    scope: 'sessions:read',
    doc:
      'One paragraph for a human: what state, since when, why, what happens next by itself and when, and ' +
      'what can be done; and the same as slugs.',
    params: z.strictObject({ orgId: OrgId }),
    result: z.object({
      orgId: OrgId,
      text: z.string(),
      state: State,
      since: Timestamp,
      /** Why it is in this state, where the state has a reason. */
      reason: Reason.nullable(),
      statusCode: z.int().optional(),
      /** The event that brought the state about, if it is remembered. */
      cause: z.string().nullable(),
      next: z.object({ what: z.enum(nextWords), at: Timestamp.nullable() }),
      /** Methods that would be taken now, and would change something. `force`: only with it. */
      canDo: z.array(z.object({ method: z.enum(commandNames), force: z.boolean() })),
    }),
  },
} as const satisfies Record<string, MethodSpec>;
