/** Tells an outage from the failure of single sessions. It only counts; the gate acts on the result. */
import type { GatePolicy } from '../domain/policy.ts';
import type { Org } from '../domain/ports.ts';

export interface Tally {
  /** Sessions connected right now. */
  readonly live: number;
  /** Times of the recent losses, in epoch milliseconds. */
  readonly lostAt: readonly number[];
  /** Organizations whose last attempt failed, and the time. Cleared when any session is proven. */
  readonly failed: ReadonlyMap<Org, number>;
}
// equivalent mutant `[]` → `["Stryker was here"]`: a word in a list of times is dropped by the first pass
// over it
export const noTally: Tally = { live: 0, lostAt: [], failed: new Map() };

export const proven = (t: Tally): Tally => ({ ...t, live: t.live + 1, failed: new Map() });
export const left = (t: Tally): Tally => ({ ...t, live: Math.max(0, t.live - 1) });
export const lost = (t: Tally, now: number, p: GatePolicy): Tally => ({
  ...left(t),
  lostAt: [...t.lostAt.filter((at) => at > now - p.dropWindowMs), now],
});
export const attemptFailed = (t: Tally, org: Org, now: number, p: GatePolicy): Tally => ({
  ...t,
  failed: new Map([...t.failed].filter(([, at]) => at > now - p.attemptWindowMs)).set(org, now),
});

/** More than half of the sessions that were live `dropWindowMs` ago are lost, and at least `outageMin`. */
export const isMassLoss = (t: Tally, p: GatePolicy): boolean =>
  t.lostAt.length >= p.outageMin && t.lostAt.length > (t.live + t.lostAt.length) / 2;

/**
 * No session is live, and the last attempt of every running organization failed. `outageMin` failures stand
 * for all of them, so that a big fleet need not fail one by one. One organization alone says nothing about
 * the others.
 */
export const isMassRefusal = (t: Tally, running: number, p: GatePolicy): boolean =>
  t.live === 0 && t.failed.size >= 2 && t.failed.size >= Math.min(p.outageMin, running);
