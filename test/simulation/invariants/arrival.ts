/** Checks whether a session is in its final state when the faults have ended for long enough. */
import type { Expectation } from '../expectations.ts';
import type { Harness } from '../harness.ts';

/** Verdicts that only a person lifts, or the end of a ban. */
const awaitsOperator: ReadonlySet<string> = new Set([
  'revoked',
  'wrong_account',
  'locked',
  'conflict',
  'creds_corrupt',
  'creds_lost',
  'unknown',
  'banned_temporarily',
  'storage',
]);

/** Returns undefined when it is, otherwise what is wrong. */
export const hasArrived = (harness: Harness, t: Expectation, since: number): string | undefined => {
  const { program, watch } = harness;
  if (!program) return 'cannot run: the program is not running';
  // an operation on it is not finished
  if (watch.expectation(t.org).touchedAt > since || t.commands > 0 || t.isTorn) return undefined;
  const context = program.sessions.actor(t.org)?.getSnapshot().context;
  if (t.held === undefined) return undefined;
  if (!context) return 'has credentials on the disk and is not loaded';
  const { desired, state, verdict, duplicateOf } = context;
  if (desired === 'stopped') return t.mayRun === 'yes' ? 'is stopped, and no operator stopped it' : undefined;
  if (t.mayRun === 'no') return 'was stopped, and its record says that it should run';
  if (state === 'connected') return undefined;
  if (duplicateOf !== undefined && harness.copies.isOlder(duplicateOf, t.org))
    return `waits for ${duplicateOf}, an older copy`;
  if (state === 'failed' && (duplicateOf !== undefined || awaitsOperator.has(verdict?.reason ?? '')))
    return undefined;
  const where = [state, verdict && `(${verdict.reason})`, context.step].filter(Boolean).join(' ');
  const failures = `after ${context.failures} failures, last ${context.last ?? 'none'}`;
  return `is ${where}, stored ${context.stored}, ${failures}`;
};
