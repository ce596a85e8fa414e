/** Is an organization where it should be, once faults have ceased for long enough? */
import type { Expectations } from '../expectations.ts';
import type { SimulationHarness } from '../harness.ts';

/** Verdicts that only a person lifts, or a time that is told. */
const awaitsSomeone: ReadonlySet<string> = new Set([
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

/** undefined when it is; otherwise a sentence. */
export const hasArrived = (harness: SimulationHarness, t: Expectations, since: number): string | undefined => {
  const { program, watch } = harness;
  if (!program) return 'cannot run: the program is not up';
  if (watch.expectations(t.org).touchedAt > since || t.commands > 0 || t.isTorn) return undefined; // somebody is still at work on it
  const context = program.sessions.actor(t.org)?.getSnapshot().context;
  if (t.held === undefined) return undefined;
  if (!context) return 'has credentials on the disk and is not loaded';
  const { desired, state, verdict, duplicateOf } = context;
  if (desired === 'stopped') return t.mayRun === 'yes' ? 'was never stopped by anybody, and is' : undefined;
  if (t.mayRun === 'no') return 'was stopped, and is wanted running';
  if (state === 'connected') return undefined;
  if (state === 'failed' && (duplicateOf !== undefined || awaitsSomeone.has(verdict?.reason ?? ''))) return undefined;
  return `is ${state}${verdict ? ` (${verdict.reason})` : ''}${context.step ? `, ${context.step}` : ''}, stored ${context.stored}, after ${context.failures} failures, last ${context.last ?? 'none'}`;
};
