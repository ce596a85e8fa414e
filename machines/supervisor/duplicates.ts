/**
 * Which of several directories with one identity may log in. The counters decide, because they say which copy
 * is newer; a name or a date says nothing of that. Pure functions.
 */
import { isBehind } from '../domain/counters.ts';
import type { Found, Org, Scan } from '../domain/ports.ts';

/** What the supervisor knew before the scan. */
type Roster = ReadonlyMap<Org, { readonly found: Found; readonly loaded: boolean }>;

const isBehindOf = (one: Found, other: Found): boolean => isBehind(one.counters ?? {}, other.counters ?? {});
/** The copies that no other one is ahead of. None, if each was used since another was made. */
const newestOf = (copies: readonly Found[]): readonly Found[] =>
  copies.filter((one) => copies.every((other) => !isBehindOf(one, other)));

/** The records say already that every other one waits for it. */
const isChosen = (one: Found, others: readonly Found[]): boolean =>
  one.record?.verdict?.duplicateOf === undefined &&
  others.every(({ record }) => record?.verdict?.duplicateOf === one.org);
/** It alone has logged in from here with this identity, and every other one is an exact copy of it. */
const isOriginal = (one: Found, others: readonly Found[]): boolean => {
  const ran = ({ record, fingerprint }: Found): boolean =>
    record?.lastConnectedAt !== undefined && record.fingerprint === fingerprint;
  const isCopy = ({ digest }: Found): boolean => digest !== undefined && digest === one.digest;
  return ran(one) && others.every((other) => !ran(other) && isCopy(other));
};

/** The copy that may log in with one identity; `undefined` when that is not known. */
const choose = (copies: readonly Found[]): Found | undefined => {
  const newest = newestOf(copies);
  if (newest.length === 1) return newest[0];
  return newest.find((one) => {
    const others = newest.filter((other) => other !== one);
    return isChosen(one, others) || isOriginal(one, others);
  });
};

/**
 * The sessions that have an identity already, also while their directory is missing. They keep it: another
 * copy is at most as old as their last login, whatever it counts. An older copy that waits has nothing.
 */
const ownersIn = (roster: Roster, scanned: ReadonlyMap<Org, Found>): Map<string, Org> => {
  const owners = new Map<string, Org>();
  for (const [org, { found, loaded }] of roster) {
    const { fingerprint, duplicateOf } = found;
    if (!loaded || fingerprint === '' || duplicateOf !== undefined) continue;
    const now = scanned.get(org) ?? found;
    if (now.fingerprint === fingerprint && !now.behind) owners.set(fingerprint, org);
  }
  return owners;
};

/**
 * A file that cannot be read just now keeps its identity: its session may be live, and a copy must not take
 * over.
 */
const withIdentity = (raw: Found, roster: Roster): Found => {
  const { duplicateOf: _, ...found } = raw;
  const known = roster.get(raw.org)?.found;
  if (found.fingerprint !== '' || known === undefined) return found;
  const { fingerprint, counters, digest } = known;
  return { ...found, fingerprint, ...(counters && { counters }), ...(digest !== undefined && { digest }) };
};

const groupsIn = (found: Iterable<Found>): ReadonlyMap<string, readonly Found[]> => {
  const groups = new Map<string, Found[]>();
  for (const one of found) {
    const group = groups.get(one.fingerprint);
    if (group) group.push(one);
    else if (one.fingerprint !== '') groups.set(one.fingerprint, [one]);
  }
  return groups;
};

/**
 * Marks the duplicates. When it is not known which one may log in, each waits for another, so that none does
 * before a person has removed the rest.
 */
export const withDuplicates = (roster: Roster, scan: Scan): Map<Org, Found> => {
  const marked = new Map(scan.found.map((raw) => [raw.org, withIdentity(raw, roster)]));
  const owners = ownersIn(roster, marked);
  for (const [fingerprint, copies] of groupsIn(marked.values())) {
    const owner = owners.get(fingerprint) ?? (copies.length === 1 ? copies[0] : choose(copies))?.org;
    for (const copy of copies) {
      const other = owner ?? copies.find((one) => one !== copy)?.org;
      if (other !== undefined && other !== copy.org) marked.set(copy.org, { ...copy, duplicateOf: other });
    }
  }
  return marked;
};
