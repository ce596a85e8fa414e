/**
 * Compares a scan with the roster and plans what to do: adopt sessions, drop them, inform them, or freeze.
 * Pure functions.
 */
import type { Policy } from '../domain/policy.ts';
import type { Found, Org, Scan } from '../domain/ports.ts';
import { withDuplicates } from './duplicates.ts';

/** One organization on the roster. */
export interface RosterEntry {
  readonly found: Found;
  readonly loaded: boolean;
  /** Scans in a row that did not find it. */
  readonly missing: number;
  /** When it crashed, in epoch milliseconds. */
  readonly crashes: readonly number[];
}
export type Roster = ReadonlyMap<Org, RosterEntry>;
export interface Plan {
  readonly roster: Roster;
  readonly adopt: readonly { readonly found: Found; readonly crashed: boolean }[];
  readonly drop: readonly Org[];
  /** Findings that differ from the ones before. */
  readonly seen: readonly Found[];
  readonly frozenSince: number | undefined;
  /** The freeze began with this scan. */
  readonly alarm: boolean;
  /** The root has been missing for `freezeMs`: the process should end. */
  readonly rootLost: boolean;
  /** The scan found something unfinished: the next one should come soon. */
  readonly restless: boolean;
}
/** A missing directory is dropped after this many scans without it. */
export const believedAfterScans = 2;
/**
 * This many missing at once, and more than this share, is an unmounted volume rather than an operator's work.
 */
export const massMin = 10;
export const massShare = 0.2;

const differs = (a: Found, b: Found) =>
  a.fingerprint !== b.fingerprint ||
  a.stored !== b.stored ||
  a.duplicateOf !== b.duplicateOf ||
  a.behind !== b.behind ||
  b.promoted === true;

/** The root is missing: nothing is dropped, and after `freezeMs` the process should end. */
const withoutRoot = (roster: Roster, now: number, frozenSince: number | undefined, policy: Policy): Plan => {
  const since = frozenSince ?? now;
  return {
    roster,
    adopt: [],
    drop: [],
    seen: [],
    frozenSince: since,
    alarm: frozenSince === undefined,
    rootLost: now - since >= policy.freezeMs,
    restless: true,
  };
};

/** An organization that is being paired for the first time has no directory yet, so it cannot be missing. */
const missingFrom = (found: ReadonlyMap<Org, Found>, roster: Roster) => {
  const onDisk = [...roster].filter(([, entry]) => entry.found.stored !== 'absent');
  const missing = onDisk.filter(([org]) => !found.has(org));
  const isMass = missing.length >= massMin && missing.length > onDisk.length * massShare;
  return { missing, isMass };
};

/** `frozenSince`: since when a mass disappearance has lasted. `now` in epoch milliseconds. */
export const reconcile = (
  roster: Roster,
  scan: Scan,
  now: number,
  frozenSince: number | undefined,
  policy: Policy,
): Plan => {
  if (!scan.rootSeen) return withoutRoot(roster, now, frozenSince, policy);
  const found = withDuplicates(roster, scan);
  const { missing, isMass } = missingFrom(found, roster);
  const since = isMass ? (frozenSince ?? now) : undefined;
  // equivalent mutant `since !== undefined` → `true`: a comparison with undefined is false; the check is for
  // TypeScript
  const isFrozen = since !== undefined && now - since < policy.freezeMs;

  const next = new Map(roster);
  const adopt: { found: Found; crashed: boolean }[] = [];
  const seen: Found[] = [];
  for (const [org, f] of found) {
    const known = roster.get(org);
    // equivalent mutant `[]` → `["Stryker was here"]`: the filter drops a word in a list of times
    const crashes = (known?.crashes ?? []).filter((at) => at > now - policy.crashWindowMs);
    if (!known?.loaded) adopt.push({ found: f, crashed: crashes.length >= policy.crashLimit });
    else if (differs(known.found, f)) seen.push(f);
    next.set(org, { found: f, loaded: true, missing: 0, crashes });
  }

  const drop: Org[] = [];
  for (const [org, known] of isFrozen ? [] : missing) {
    const scansWithout = known.missing + 1;
    if (scansWithout < believedAfterScans && !isMass) {
      next.set(org, { ...known, missing: scansWithout });
    } else {
      next.delete(org);
      drop.push(org);
    }
  }
  return {
    roster: next,
    adopt,
    drop,
    seen,
    frozenSince: isFrozen ? since : undefined,
    alarm: isFrozen && frozenSince === undefined,
    rootLost: false,
    restless: isFrozen || [...found.values()].some((f) => f.stored === 'unsettled'),
  };
};
