/** What a scan means: whom to adopt, whom to drop, whom to tell, and when to believe nothing. */
import { describe, expect, it } from 'vitest';
import { defaultPolicy } from '../../../machines/domain/policy.ts';
import type { Found } from '../../../machines/domain/ports.ts';
import { type Roster, type RosterEntry, reconcile } from '../../../machines/supervisor/reconcile.ts';
import { found, record } from '../harness.ts';

const now = 1_000_000;
const nobody: Roster = new Map();
const known = (f: Found, over: Partial<RosterEntry> = {}): [string, RosterEntry] => [
  f.org,
  { found: f, loaded: true, missing: 0, crashes: [], ...over },
];
const rosterOf = (...all: readonly Found[]): Roster => new Map(all.map((f) => known(f)));
const many = (n: number) => Array.from({ length: n }, (_, i) => found(`o${i}`));
const look = (roster: Roster, all: readonly Found[], frozenSince?: number, rootSeen = true) =>
  reconcile(roster, { rootSeen, startedAt: now, found: all }, now, frozenSince, defaultPolicy);
const twins = (...all: readonly Found[]) =>
  look(nobody, all).adopt.flatMap((a) => (a.found.duplicateOf ? [[a.found.org, a.found.duplicateOf]] : []));
const none = (org: string, over: Partial<Found> = {}) =>
  found(org, { stored: 'absent', fingerprint: '', ...over });

describe('a look', () => {
  it('at an empty directory finds nothing to do', () => {
    expect(look(nobody, [])).toEqual({
      roster: new Map(),
      adopt: [],
      drop: [],
      seen: [],
      frozenSince: undefined,
      alarm: false,
      rootLost: false,
      restless: false,
    });
  });
  it('adopts whom it sees for the first time, and whoever crashed since', () => {
    const plan = look(
      new Map([known(found('old')), known(found('crashed'), { loaded: false, crashes: [now - 1] })]),
      [found('old'), found('crashed'), found('new')],
    );
    expect(plan.adopt).toStrictEqual([
      { found: found('crashed'), crashed: false },
      { found: found('new'), crashed: false },
    ]);
    expect(plan.roster.get('new')).toEqual({ found: found('new'), loaded: true, missing: 0, crashes: [] });
    expect(plan.roster.get('crashed')).toMatchObject({ loaded: true, crashes: [now - 1] });
  });
  it('tells a session only what is new to it', () => {
    const telling = (before: Partial<Found>, after: Partial<Found>) =>
      look(rosterOf(found('o', before)), [found('o', after)]).seen.length;
    expect(telling({}, {})).toBe(0);
    expect(telling({}, { promoted: false })).toBe(0);
    expect(telling({}, { fingerprint: 'other' })).toBe(1);
    expect(telling({}, { stored: 'unsettled' })).toBe(1);
    expect(telling({}, { promoted: true })).toBe(1);
    const twin = found('first', { fingerprint: 'same' });
    const copy = found('copy', { fingerprint: 'same' });
    expect(look(rosterOf(twin, copy), [copy]).seen, 'as long as the first is not believed gone').toEqual([]);
    const marked = rosterOf(twin, { ...copy, duplicateOf: 'first' });
    expect(look(marked, [twin, copy]).seen).toEqual([]);
    expect(look(rosterOf({ ...copy, duplicateOf: 'first' }), [copy]).seen).toEqual([copy]);
  });
  it('comes again soon while something is unsettled', () => {
    expect(look(nobody, [found('a'), found('b', { stored: 'unsettled' })]).restless).toBe(true);
    expect(look(nobody, [found('a'), none('b')]).restless).toBe(false);
  });
  it('sets aside who crashed three times within ten minutes', () => {
    const setAside = (...crashes: number[]) =>
      look(new Map([known(found('o'), { loaded: false, crashes })]), [found('o')]).adopt[0]?.crashed;
    expect(setAside(now - 599_999, now - 2, now - 1)).toBe(true);
    expect(setAside(now - 600_000, now - 2, now - 1)).toBe(false);
    expect(setAside(now - 2, now - 1)).toBe(false);
  });
});

describe('one identity in two directories', () => {
  const same = (org: string, firstSeen?: number) =>
    found(org, {
      fingerprint: 'same',
      ...(firstSeen !== undefined && { record: record(org, { firstSeen }) }),
    });
  it('belongs to whoever was seen first, and by name if nobody knows', () => {
    expect(twins(same('a', 9), same('b', 1))).toEqual([['a', 'b']]);
    expect(twins(same('a', 1), same('b', 9))).toEqual([['b', 'a']]);
    expect(twins(same('a'), same('b', 9))).toEqual([['a', 'b']]);
    expect(twins(same('b', 9), same('a'))).toEqual([['a', 'b']]);
    expect(twins(same('b'), same('a'))).toEqual([['b', 'a']]);
    expect(twins(same('a', 5), same('b', 5))).toEqual([['b', 'a']]);
    expect(twins(same('c', 3), same('b', 2), same('a', 1))).toEqual([
      ['b', 'a'],
      ['c', 'a'],
    ]);
  });
  it('stays with whoever has it, also while that file cannot be read', () => {
    const copy = same('copy', 0);
    const held = rosterOf(same('holder', 9));
    for (const stored of ['restorable', 'unsettled', 'unreadable', 'corrupt', 'absent'] as const) {
      const plan = look(held, [
        found('holder', { stored, fingerprint: stored === 'restorable' ? 'same' : '' }),
        copy,
      ]);
      expect(plan.adopt).toEqual([{ found: { ...copy, duplicateOf: 'holder' }, crashed: false }]);
      expect(plan.roster.get('holder')?.found).toMatchObject({ stored, fingerprint: 'same' });
      expect(plan.roster.get('holder')?.found.duplicateOf).toBeUndefined();
    }
  });
  it('is not what two directories without credentials have', () => {
    expect(twins(none('a'), none('b'))).toEqual([]);
    expect(look(rosterOf(none('a')), [none('a'), none('b')]).adopt).toEqual([
      { found: none('b'), crashed: false },
    ]);
    expect(look(nobody, [none('new')]).roster.get('new')?.found.fingerprint).toBe('');
  });
});

describe('who is missing', () => {
  it('is dropped after the second look without it', () => {
    const once = look(rosterOf(...many(3)), many(2));
    expect([once.drop, once.roster.get('o2')?.missing]).toEqual([[], 1]);
    const twice = look(once.roster, many(2));
    expect([twice.drop, twice.roster.has('o2')]).toEqual([['o2'], false]);
  });
  it('is not missed before it has a directory', () => {
    const pairing = rosterOf(none('new'));
    const plan = look(look(pairing, []).roster, []);
    expect([plan.drop, plan.roster.has('new')]).toEqual([[], true]);
  });
  it('is a mass from ten on, and only if it is more than a fifth', () => {
    const mass = (n: number, of: number) => look(rosterOf(...many(of)), many(of - n)).alarm;
    expect([mass(9, 10), mass(10, 10), mass(10, 49), mass(10, 50), mass(11, 50)]).toEqual([
      false,
      true,
      true,
      false,
      true,
    ]);
  });
  it('in such numbers freezes all for a minute, with one alarm, and is then believed at once', () => {
    const roster = rosterOf(...many(20));
    const first = look(roster, []);
    expect(first).toMatchObject({ alarm: true, frozenSince: now, restless: true, drop: [] });
    expect(first.roster).toEqual(roster);
    expect(look(first.roster, [], now - 59_999)).toMatchObject({
      alarm: false,
      frozenSince: now - 59_999,
      restless: true,
      drop: [],
    });
    const last = look(first.roster, [], now - 60_000);
    expect(last).toMatchObject({ alarm: false, frozenSince: undefined, restless: false, rootLost: false });
    expect(last.drop).toHaveLength(20);
    expect(last.roster.size).toBe(0);
  });
  it('and comes back is as it was', () => {
    const thawed = look(rosterOf(...many(20)), many(20), now - 10);
    expect(thawed).toMatchObject({ frozenSince: undefined, alarm: false, adopt: [], drop: [], seen: [] });
  });
});

describe('a root that is not there', () => {
  it('means nothing, for a minute', () => {
    const roster = rosterOf(...many(3));
    const first = look(roster, [], undefined, false);
    expect(first).toEqual({
      roster,
      adopt: [],
      drop: [],
      seen: [],
      frozenSince: now,
      alarm: true,
      rootLost: false,
      restless: true,
    });
    expect(look(roster, [], now - 59_999, false)).toMatchObject({
      alarm: false,
      frozenSince: now - 59_999,
      rootLost: false,
    });
    expect(look(roster, [], now - 60_000, false)).toMatchObject({ alarm: false, rootLost: true });
  });
});
