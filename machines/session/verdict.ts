/** How a session reads the table of verdicts: pure answers from what it remembers. */
import { backoffMs } from '../domain/backoff.ts';
import { refusalOf, type SessionCommand } from '../domain/commands.ts';
import { type Judgement, type Lasting, type Reason, verdicts } from '../domain/disconnect.ts';
import type { Found, Verdict } from '../domain/ports.ts';
import type { State } from '../domain/view.ts';
import { type SessionContext, type SessionEvent, viewOf } from './context.ts';

/** Node's timers take at most this; anything longer would fire at once. */
const longestTimerMs = 2_147_483_647;
const inARow = (c: SessionContext, reason: Reason) => (c.last === reason ? c.again : 0) + 1;
const isStrike = (j: Judgement) => j.kind === 'reopen' || (j.kind === 'retry' && j.strikes);

export const reopens = (c: SessionContext, reason: Reason): boolean => {
  const j = verdicts[reason];
  return j.kind === 'reopen' && inARow(c, reason) <= j.free;
};
export const endsAs = (reason: Reason): boolean => verdicts[reason].kind === 'end';

/** The verdict this ending leads to, or undefined when it will be tried again. */
export const strikeOut = (c: SessionContext, reason: Reason): Lasting | undefined => {
  const j = verdicts[reason];
  if (j.kind === 'fail') return reason as Lasting;
  if (j.kind === 'end') return undefined;
  if (c.verdict !== undefined) return c.verdict.reason; // on probation: one failure brings the verdict back
  if (!c.counts) return undefined;
  if (j.kind === 'retry' && inARow(c, reason) >= j.limit) return j.verdict;
  return isStrike(j) && c.strikes + 1 >= c.policy.maxStrikes ? 'exhausted' : undefined;
};

export interface Ending {
  readonly reason: Reason;
  readonly statusCode?: number;
  readonly until?: number;
}
const lastErrorOf = (e: Ending, reason: Reason, at: number) => ({
  reason,
  at,
  ...(e.statusCode !== undefined && { statusCode: e.statusCode }),
});
const counted = (c: SessionContext, e: Ending) => {
  const one = c.counts ? 1 : 0;
  return {
    last: e.reason,
    again: inARow(c, e.reason) - 1 + one,
    failures: c.failures + one,
    strikes: c.strikes + (isStrike(verdicts[e.reason]) ? one : 0),
  };
};

/** 515: not a failure, so only how often it came in a row is remembered. */
export const reopened = (c: SessionContext, e: Ending) => ({ last: e.reason, again: inARow(c, e.reason), urgent: true });

/** A failure that is tried again. */
export const struck = (c: SessionContext, e: Ending) => {
  const j = verdicts[e.reason];
  const now = c.clock.now();
  const tally = counted(c, e);
  const floorMs = j.kind === 'retry' && inARow(c, e.reason) >= j.floorFrom ? j.floorMs / c.policy.floorDivisor : 0;
  const { backoffBaseMs: baseMs, backoffCapMs: capMs } = c.policy;
  const waitMs = backoffMs({ failures: tally.failures, floorMs, baseMs, capMs, random: c.random() });
  return { ...tally, waitMs, nextAt: now + waitMs, lastError: lastErrorOf(e, e.reason, now), urgent: false };
};

/** A verdict. On probation it is the old one, with its old date: nothing new has happened that anyone must hear of. */
export const judged = (c: SessionContext, e: Ending) => {
  const now = c.clock.now();
  const reason = strikeOut(c, e.reason) ?? (e.reason as Lasting);
  const same = c.verdict?.reason === reason ? c.verdict : undefined;
  const verdict: Verdict = {
    reason,
    at: same?.at ?? now,
    ...(e.statusCode !== undefined && { statusCode: e.statusCode }),
    ...(reason === 'banned_temporarily' && { until: e.until ?? now + c.policy.banMs }),
    ...(reason === 'exhausted' && { nextProbeAt: now + Math.round(c.policy.probeMs * (0.8 + 0.4 * c.random())) }),
    ...(reason === 'crashed' && { build: c.build }),
    ...(reason === 'conflict' && c.duplicateOf !== undefined && { duplicateOf: c.duplicateOf }),
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

export const probeInMs = (c: SessionContext): number =>
  Math.min(Math.max(0, (c.verdict?.nextProbeAt ?? 0) - c.clock.now()), Math.round(c.policy.probeMs * 1.2)); // a clock set back must not postpone it for years
export const banEndsInMs = (c: SessionContext): number =>
  Math.min(longestTimerMs, Math.max(0, (c.verdict?.until ?? Number.POSITIVE_INFINITY) - c.clock.now()));

/** Does what a scan found lift the verdict? Only other credentials do, or the end of what the verdict was about. */
export const lifts = (c: SessionContext, found: Found): boolean =>
  found.promoted === true ||
  (found.stored === 'restorable' &&
    (found.fingerprint !== c.fingerprint ||
      c.verdict?.reason === 'creds_corrupt' ||
      (c.verdict?.duplicateOf !== undefined && found.duplicateOf === undefined)));

/** Does what a scan found change what a session without a verdict should be doing? */
export const matters = (c: SessionContext, found: Found): boolean => {
  // a file that was merely touched must not cut a backoff short: only what was unreadable and no longer is does
  const becameUsable = c.state === 'retrying' ? c.stored === 'unreadable' : c.stored !== 'restorable';
  return (
    found.promoted === true ||
    (found.stored === 'restorable' && (found.fingerprint !== c.fingerprint || becameUsable)) ||
    (found.stored === 'corrupt' && c.stored !== 'corrupt')
  );
};

/** Why a command is refused in this state, if it is. */
export const refusal = (c: SessionContext, event: SessionEvent, state: State): string | undefined =>
  refusalOf(viewOf({ ...c, state }), event as SessionCommand, c.clock.now())?.message;
