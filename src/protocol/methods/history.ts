/** The history of an organization, and its explanation. */
import { z } from 'zod';
import { commandNames } from '../../../machines/domain/commands.ts';
import { nextWords } from '../explain/next.ts';
import { Liveness, OrgId, Reason, State, Timestamp } from '../session.ts';
import type { MethodSpec } from './spec.ts';

const Entry = z.object({
  /** Grows by one with every entry of this organization. */
  id: z.int().nonnegative(),
  at: Timestamp,
  /** Null when it was loaded: at a start of the server, or when its directory appeared. */
  from: State.nullable(),
  /**
   * Null when it was removed: logged out, its directory removed, or crashed. Equal to `from` when something
   * else changed.
   */
  to: State.nullable(),
  /** The event that caused it, for example "connection.closed" or "session.stop". */
  cause: z.string(),
  reason: Reason.nullable(),
  /** WhatsApp's status code, if it sent one. */
  statusCode: z.int().optional(),
  attempt: z.int().nonnegative(),
  desired: z.enum(['running', 'stopped']),
  liveness: Liveness.nullable(),
  revision: z.int().nonnegative(),
  nextRetryAt: Timestamp.nullable(),
});
export type HistoryEntry = z.infer<typeof Entry>;

export const historyMethods = {
  'session.history': {
    scope: 'sessions:read',
    doc:
      'The history of one organization: every transition with its cause, newest first, a page at a time. ' +
      'It survives restarts and keeps the last 200 transitions, for a while also after the organization is ' +
      'removed.',
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
      'Three lines for a person: the state with its reason, what happens next without a command and ' +
      'when, and what can be done. The same as slugs for programs.',
    params: z.strictObject({ orgId: OrgId }),
    result: z.object({
      orgId: OrgId,
      /** The lines as one paragraph, with the methods that are advised. */
      text: z.string(),
      lines: z.object({ what: z.string(), next: z.string(), you: z.string() }),
      state: State,
      since: Timestamp,
      /** The reason for the state, where the state has one. */
      reason: Reason.nullable(),
      statusCode: z.int().optional(),
      /** The event that caused the state, if it is in the history. */
      cause: z.string().nullable(),
      next: z.object({ what: z.enum(nextWords), at: Timestamp.nullable() }),
      /**
       * Methods that would be accepted now and would change something. `force`: accepted only with it.
       * `advised`: `lines.you` is about it. These stand first.
       */
      canDo: z.array(z.object({ method: z.enum(commandNames), force: z.boolean(), advised: z.boolean() })),
    }),
  },
} as const satisfies Record<string, MethodSpec>;
