/** Applies the verdict table to a session: pure functions of its context. */
import { backoffMs } from '../domain/backoff.ts';
import { refusalOf, type SessionCommand } from '../domain/commands.ts';
import { type Judgement, type Lasting, type Reason, verdicts } from '../domain/disconnect.ts';
import type { Found, Verdict } from '../domain/ports.ts';
import type { LastError, State } from '../domain/view.ts';
import { type SessionContext, type SessionEvent, viewOf } from './context.ts';

/** The longest time that a timer of Node can have; a longer one fires at once. */
const longestTimerMs = 2_147_483_647;
const inARow = (c: SessionContext, reason: Reason) => (c.last === reason ? c.again : 0) + 1;
// equivalent mutant `j.kind === 'retry'` → `true`: the other kinds have no `strikes`; the check is for
// TypeScript
const isStrike = (j: Judgement) => j.kind === 'reopen' || (j.kind === 'retry' && j.strikes);

export const reopens = (c: SessionContext, reason: Reason): boolean => {
  const j = verdicts[reason];
  // equivalent mutant `j.kind === 'reopen'` → `true`: the other kinds have no `free`, and no number is below
  // undefined
  return j.kind === 'reopen' && inARow(c, reason) <= j.free;
};
export const endsAs = (reason: Reason): boolean => verdicts[reason].kind === 'end';

/** The verdict that this ending leads to; undefined when the session tries again. */
export const strikeOut = (c: SessionContext, reason: Reason): Lasting | undefined => {
  const j = verdicts[reason];
  if (j.kind === 'fail') return reason as Lasting;
  if (j.kind === 'end') return undefined;
  if (c.verdict !== undefined) return c.verdict.reason; // on probation: one failure brings the verdict back
  if (!c.counts) return undefined;
  // equivalent mutant `j.kind === 'retry'` → `true`: the other kinds have no `limit`, and no number reaches
  // undefined
  if (j.kind === 'retry' && inARow(c, reason) >= j.limit) return j.verdict;
  return isStrike(j) && c.strikes + 1 >= c.policy.maxStrikes ? 'exhausted' : undefined;
};

export interface ConnectionClosed {
  readonly reason: Reason;
  readonly statusCode?: number;
  readonly until?: number;
}
const lastErrorOf = ({ statusCode }: ConnectionClosed, reason: Reason, at: number): LastError =>
  statusCode === undefined ? { reason, at } : { reason, at, statusCode };
const counted = (c: SessionContext, e: ConnectionClosed) => {
  const one = c.counts ? 1 : 0;
  return {
    last: e.reason,
    again: inARow(c, e.reason) - 1 + one,
    failures: c.failures + one,
    strikes: c.strikes + (isStrike(verdicts[e.reason]) ? one : 0),
  };
};

/** After a 515, which is no failure: only its number in a row is kept. */
export const reopened = (c: SessionContext, e: ConnectionClosed) => ({
  last: e.reason,
  again: inARow(c, e.reason),
  urgent: true,
});

/** The least wait before the next attempt. */
const floorMsOf = (c: SessionContext, reason: Reason): number => {
  const j = verdicts[reason];
  if (j.kind !== 'retry' || inARow(c, reason) < j.floorFrom) return 0;
  return j.floorMs / c.policy.floorDivisor;
};
/** After a failure that is tried again. */
export const struck = (c: SessionContext, e: ConnectionClosed) => {
  const now = c.clock.now();
  const tally = counted(c, e);
  const waitMs = backoffMs({
    failures: tally.failures,
    floorMs: floorMsOf(c, e.reason),
    baseMs: c.policy.backoffBaseMs,
    capMs: c.policy.backoffCapMs,
    random: c.random(),
  });
  return { ...tally, waitMs, nextAt: now + waitMs, lastError: lastErrorOf(e, e.reason, now), urgent: false };
};

/** The parts of a verdict that only its own reason has. */
const detailsOf = (
  c: SessionContext,
  reason: Lasting,
  e: ConnectionClosed,
  now: number,
): Partial<Verdict> => {
  switch (reason) {
    case 'banned_temporarily':
      return { until: e.until ?? now + c.policy.banMs };
    case 'exhausted':
      return { nextProbeAt: now + Math.round(c.policy.probeMs * (0.8 + 0.4 * c.random())) };
    case 'crashed':
      return { build: c.build };
    case 'conflict':
      return c.duplicateOf === undefined ? {} : { duplicateOf: c.duplicateOf };
    default:
      return {};
  }
};
/**
 * After an ending that leads to a verdict. On probation it is the old verdict with its old date, because
 * nothing new has happened that should raise an alert.
 */
export const judged = (c: SessionContext, e: ConnectionClosed) => {
  const now = c.clock.now();
  const reason = strikeOut(c, e.reason) ?? (e.reason as Lasting);
  const same = c.verdict?.reason === reason ? c.verdict : undefined;
  const verdict: Verdict = {
    ...lastErrorOf(e, reason, same?.at ?? now),
    reason,
    ...detailsOf(c, reason, e, now),
  };
  return {
    ...counted(c, e),
    verdict,
    nextAt: verdict.until ?? verdict.nextProbeAt ?? null,
    lastError: lastErrorOf(e, reason, verdict.at),
    saved: 'pending' as const,
    urgent: false,
  };
};

/**
 * At most the longest wait between two probes: a clock that was set back must not postpone a probe for years.
 */
export const probeInMs = (c: SessionContext): number => {
  // equivalent mutant `c.verdict?.nextProbeAt` → `c.verdict.nextProbeAt`: it runs only with a verdict; for
  // TypeScript
  const inMs = Math.max(0, (c.verdict?.nextProbeAt ?? 0) - c.clock.now());
  return Math.min(inMs, Math.round(c.policy.probeMs * 1.2));
};
/**
 * How long the ban lasts still: at most as long as it was meant to last when it was noted, because a clock
 * that was set back must not prolong it.
 */
const banLeftMs = ({ verdict, clock }: SessionContext): number => {
  if (verdict?.until === undefined) return Number.POSITIVE_INFINITY;
  return Math.max(0, Math.min(verdict.until - clock.now(), verdict.until - verdict.at));
};
export const banEndsInMs = (c: SessionContext): number => Math.min(longestTimerMs, banLeftMs(c));
/**
 * Whether the ban is over once a timer of `banEndsInMs` has ended: that timer measured all that was left, or
 * the longest time that a timer can have.
 */
export const isBanServed = (c: SessionContext): boolean =>
  banLeftMs(c) === 0 ||
  (c.verdict?.until ?? Number.POSITIVE_INFINITY) - (c.verdict?.at ?? 0) < longestTimerMs;

/**
 * Whether a scan's finding lifts the verdict. Only other credentials do, or the end of the verdict's own
 * cause.
 */
export const lifts = (c: SessionContext, found: Found): boolean =>
  found.promoted === true ||
  (found.stored === 'restorable' &&
    (found.fingerprint !== c.fingerprint ||
      c.verdict?.reason === 'creds_corrupt' ||
      (c.verdict?.reason === 'older_copy' && !found.behind) ||
      (c.verdict?.duplicateOf !== undefined && found.duplicateOf === undefined)));

/** Whether a scan's finding changes what a session without a verdict should do. */
export const matters = (c: SessionContext, found: Found): boolean => {
  // a file that was only touched must not cut a backoff short; one that has become readable must
  const becameUsable = c.state === 'retrying' ? c.stored === 'unreadable' : c.stored !== 'restorable';
  return (
    found.promoted === true ||
    (found.stored === 'restorable' && (found.fingerprint !== c.fingerprint || becameUsable)) ||
    (found.stored === 'corrupt' && c.stored !== 'corrupt')
  );
};

/** Why a command is refused in this state; undefined when it is accepted. */
export const refusal = (c: SessionContext, event: SessionEvent, state: State): string | undefined =>
  refusalOf(viewOf({ ...c, state }), event as SessionCommand, c.clock.now())?.message;
