/** What a scan means, as a pure function: whom to adopt, whom to drop, whom to tell, and when to believe nothing. */
import type { Policy } from '../domain/policy.ts';
import type { Found, Org, Scan } from '../domain/ports.ts';

export interface Known {
  readonly found: Found;
  readonly loaded: boolean;
  /** Scans in a row that did not see it. */
  readonly missing: number;
  readonly crashes: readonly number[];
}
export type Roster = ReadonlyMap<Org, Known>;
export interface Plan {
  readonly roster: Roster;
  readonly adopt: readonly { readonly found: Found; readonly crashed: boolean }[];
  readonly drop: readonly Org[];
  readonly seen: readonly Found[];
  readonly frozenSince: number | undefined;
  /** The freeze began with this scan. */
  readonly alarm: boolean;
  /** The root has been gone for so long that going on would only do harm. */
  readonly rootLost: boolean;
  /** Something may still be in the making: look again soon. */
  readonly restless: boolean;
}
/** A directory that vanished is believed only after this many scans without it. */
export const believedAfterScans = 2;
/** As many vanishing at once, and more than this share, is an unmounted volume rather than an operator. */
export const massMin = 10;
export const massShare = 0.2;

/** The identity of each organization that may use it; whoever had it first keeps it. */
const owners = (roster: Roster) => {
  const byFingerprint = new Map<string, Org>();
  for (const [org, { found }] of roster) if (found.duplicateOf === undefined) byFingerprint.set(found.fingerprint, org);
  return byFingerprint;
};
const seniority = (a: Found, b: Found) =>
  (a.record?.firstSeen ?? Number.POSITIVE_INFINITY) - (b.record?.firstSeen ?? Number.POSITIVE_INFINITY) || (a.org < b.org ? -1 : 1);

const withDuplicates = (roster: Roster, scan: Scan): Map<Org, Found> => {
  const owner = owners(roster);
  const marked = new Map<Org, Found>();
  for (const raw of [...scan.found].sort(seniority)) {
    const { duplicateOf: _, ...rest } = raw;
    // a file that cannot be read just now is still whose it was: its session may be live, and its twin must not take its place
    const found: Found = { ...rest, fingerprint: raw.fingerprint || (roster.get(raw.org)?.found.fingerprint ?? '') };
    const first = found.fingerprint === '' ? undefined : owner.get(found.fingerprint); // none is nobody's
    if (first === undefined) owner.set(found.fingerprint, found.org);
    marked.set(found.org, first === undefined || first === found.org ? found : { ...found, duplicateOf: first });
  }
  return marked;
};

const differs = (a: Found, b: Found) =>
  a.fingerprint !== b.fingerprint || a.stored !== b.stored || a.duplicateOf !== b.duplicateOf || b.promoted === true;

export const reconcile = (roster: Roster, scan: Scan, now: number, frozenSince: number | undefined, policy: Policy): Plan => {
  const next = new Map(roster);
  const adopt: { found: Found; crashed: boolean }[] = [];
  const seen: Found[] = [];
  const drop: Org[] = [];
  if (!scan.rootSeen) {
    const since = frozenSince ?? now;
    return {
      roster,
      adopt,
      drop,
      seen,
      frozenSince: since,
      alarm: frozenSince === undefined,
      rootLost: now - since >= policy.freezeMs,
      restless: true,
    };
  }
  const found = withDuplicates(roster, scan);
  const onDisk = [...roster].filter(([, k]) => k.found.stored !== 'absent'); // one that is being paired for the first time has no directory yet
  const missing = onDisk.filter(([org]) => !found.has(org));
  const isMass = missing.length >= massMin && missing.length > onDisk.length * massShare;
  const since = isMass ? (frozenSince ?? now) : undefined;
  const isFrozen = since !== undefined && now - since < policy.freezeMs;

  for (const [org, f] of found) {
    const known = roster.get(org);
    const crashes = (known?.crashes ?? []).filter((at) => at > now - policy.crashWindowMs);
    if (!known?.loaded) adopt.push({ found: f, crashed: crashes.length >= policy.crashLimit });
    else if (differs(known.found, f)) seen.push(f);
    next.set(org, { found: f, loaded: true, missing: 0, crashes });
  }
  if (!isFrozen) {
    for (const [org, known] of missing) {
      if (known.missing + 1 < believedAfterScans && !isMass) next.set(org, { ...known, missing: known.missing + 1 });
      else {
        next.delete(org);
        drop.push(org);
      }
    }
  }
  const restless = [...found.values()].some((f) => f.stored === 'unsettled') || isFrozen;
  return {
    roster: next,
    adopt,
    drop,
    seen,
    frozenSince: isFrozen ? since : undefined,
    alarm: isFrozen && frozenSince === undefined,
    rootLost: false,
    restless,
  };
};
