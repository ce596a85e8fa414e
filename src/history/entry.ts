/** One entry of an organization's history: a transition and its cause. */
import { z } from 'zod';
import { type Reason, reasons } from '../../machines/domain/disconnect.ts';
import { livenesses, type SessionView, states } from '../../machines/domain/view.ts';
import type { FleetFact } from '../../machines/supervisor/fleet.ts';

const State = z.enum(states);
const When = z.number().nonnegative();

/**
 * As stored. Times are epoch milliseconds. An entry of another version that this one cannot read is skipped.
 */
export const HistoryEntry = z.object({
  at: When,
  /** Null when it was loaded: at a start of Vigía, or when its directory appeared. */
  from: State.nullable(),
  /** Null when it was removed: logged out, its directory removed, or crashed. */
  to: State.nullable(),
  /** The event that caused it, for example `connection.closed` or `session.stop`. */
  cause: z.string(),
  /** The reason of the state `to`, when it is retrying, failed or idle. */
  reason: z.enum(reasons).nullable(),
  /** The status code of WhatsApp, if there was one. */
  statusCode: z.number().int().optional(),
  /** Consecutive failures so far. */
  attempt: z.number().int().nonnegative(),
  /** The desired state at that time. */
  desired: z.enum(['running', 'stopped']),
  revision: z.number().int().nonnegative(),
  liveness: z.enum(livenesses).nullable(),
  nextRetryAt: When.nullable(),
});
export type HistoryEntry = Readonly<z.infer<typeof HistoryEntry>>;

/** The events that the history records. */
const historyFacts = ['session.reported', 'session.gone', 'session.dropped', 'session.crashed'] as const;
export type HistoryFact = Extract<FleetFact, { type: (typeof historyFacts)[number] }>;
export const isHistoryFact = <E extends { readonly type: string }>(e: E): e is Extract<E, HistoryFact> =>
  historyFacts.some((type) => type === e.type);

const reasoned: ReadonlySet<SessionView['state']> = new Set(['retrying', 'failed', 'idle']);
const errorOf = ({ state, lastError }: SessionView): Pick<HistoryEntry, 'reason' | 'statusCode'> => {
  const error = reasoned.has(state) ? lastError : null;
  return {
    reason: error?.reason ?? null,
    ...(error?.statusCode !== undefined && { statusCode: error.statusCode }),
  };
};
const removals: Readonly<
  Record<Exclude<HistoryFact['type'], 'session.reported'>, { cause: string; reason: Reason | null }>
> = {
  'session.gone': { cause: 'session.logout', reason: 'logged_out' },
  'session.dropped': { cause: 'directory.removed', reason: null },
  'session.crashed': { cause: 'session.crashed', reason: 'crashed' },
};

/**
 * `before`: the last reported liveness. Undefined when the event is no transition but a detail of the same
 * state.
 */
export const entryOf = (
  fact: HistoryFact,
  before: SessionView['liveness'],
  now: number,
): HistoryEntry | undefined => {
  const { view } = fact;
  const { attempt, desired, revision, liveness, nextRetryAt } = view;
  if (fact.type !== 'session.reported')
    return {
      at: now,
      from: view.state,
      to: null,
      ...removals[fact.type],
      attempt,
      desired,
      revision,
      liveness: null,
      nextRetryAt: null,
    };
  const { previousState: from, cause } = fact;
  const isChange = from !== view.state;
  const isCommand = cause.startsWith('session.'); // also a command that changes the desired state alone
  if (!isChange && !isCommand && liveness === before) return undefined;
  const at = isChange ? view.since : now;
  return {
    at,
    from,
    to: view.state,
    cause,
    ...errorOf(view),
    attempt,
    desired,
    revision,
    liveness,
    nextRetryAt,
  };
};
