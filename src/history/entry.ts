/** One line of an organization's history: what became of it, and why. */
import { z } from 'zod';
import { type Reason, reasons } from '../../machines/domain/disconnect.ts';
import { type SessionView, states } from '../../machines/domain/view.ts';
import type { FleetFact } from '../../machines/supervisor/fleet.ts';

const State = z.enum(states);
const When = z.number().nonnegative();

/**
 * As it is kept. Times are epoch milliseconds. What another version of Vigía wrote and this one cannot read
 * is passed over.
 */
export const HistoryEntry = z.object({
  at: When,
  /** Null when it was taken up: at a start of Vigía, or when its directory appeared. */
  from: State.nullable(),
  /** Null when it was let go: logged out, its directory taken away, or crashed. */
  to: State.nullable(),
  /** The event that brought it about, for example `connection.closed` or `session.stop`. */
  cause: z.string(),
  /** Of `to`, where it has one: why it is retrying, failed or idle. */
  reason: z.enum(reasons).nullable(),
  /** WhatsApp's number, if it gave one. */
  statusCode: z.number().int().optional(),
  /** Consecutive failures so far. */
  attempt: z.number().int().nonnegative(),
  /** What the operator wanted then. */
  desired: z.enum(['running', 'stopped']),
  revision: z.number().int().nonnegative(),
  liveness: z.enum(['healthy', 'suspect']).nullable(),
  nextRetryAt: When.nullable(),
});
export type HistoryEntry = Readonly<z.infer<typeof HistoryEntry>>;

/** What the history listens to, of all that is said. */
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
const lettingGo: Readonly<
  Record<Exclude<HistoryFact['type'], 'session.reported'>, { cause: string; reason: Reason | null }>
> = {
  'session.gone': { cause: 'session.logout', reason: 'logged_out' },
  'session.dropped': { cause: 'directory.removed', reason: null },
  'session.crashed': { cause: 'session.crashed', reason: 'crashed' },
};

/**
 * `before`: the liveness that was told last. Undefined when what was said is no transition, only a detail of
 * the same state.
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
      ...lettingGo[fact.type],
      attempt,
      desired,
      revision,
      liveness: null,
      nextRetryAt: null,
    };
  const { previousState: from, cause } = fact;
  const isChange = from !== view.state;
  const isCommand = cause.startsWith('session.'); // also one that changes only what is desired
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
