/** What follows from a scan: sessions to adopt, to drop and to inform, and a freeze. */
import { describe, expect, it } from 'vitest';
import { defaultPolicy } from '../../../machines/domain/policy.ts';
import type { Found } from '../../../machines/domain/ports.ts';
import { type Roster, type RosterEntry, reconcile } from '../../../machines/supervisor/reconcile.ts';
import { found, record } from '../harness.ts';

const now = 1_000_000;
const emptyRoster: Roster = new Map();
const known = (f: Found, over: Partial<RosterEntry> = {}): [string, RosterEntry] => [
  f.org,
  { found: f, loaded: true, missing: 0, crashes: [], ...over },
];
const rosterOf = (...all: readonly Found[]): Roster => new Map(all.map((f) => known(f)));
const many = (n: number) => Array.from({ length: n }, (_, i) => found(`o${i}`));
const look = (roster: Roster, all: readonly Found[], frozenSince?: number, rootSeen = true) =>
  reconcile(roster, { rootSeen, startedAt: now, found: all }, now, frozenSince, defaultPolicy);
const twins = (...all: readonly Found[]) =>
  look(emptyRoster, all).adopt.flatMap((a) =>
    a.found.duplicateOf ? [[a.found.org, a.found.duplicateOf]] : [],
  );
const none = (org: string, over: Partial<Found> = {}) =>
  found(org, { stored: 'absent', fingerprint: '', ...over });

describe('a scan', () => {
  it('an empty directory needs no action', () => {
    expect(look(emptyRoster, [])).toEqual({
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
  it('a scan adopts new organizations, and those whose session crashed', () => {
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
  it('a session receives only findings that differ from the last one', () => {
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
  it('the next scan comes soon while credentials are unsettled', () => {
    expect(look(emptyRoster, [found('a'), found('b', { stored: 'unsettled' })]).restless).toBe(true);
    expect(look(emptyRoster, [found('a'), none('b')]).restless).toBe(false);
  });
  it('a session that crashed three times within ten minutes is adopted as crashed', () => {
    const setAside = (...crashes: number[]) =>
      look(new Map([known(found('o'), { loaded: false, crashes })]), [found('o')]).adopt[0]?.crashed;
    expect(setAside(now - 599_999, now - 2, now - 1)).toBe(true);
    expect(setAside(now - 600_000, now - 2, now - 1)).toBe(false);
    expect(setAside(now - 2, now - 1)).toBe(false);
  });
});

describe('one identity in two directories', () => {
  const same = (org: string, nextPreKeyId = 31, over: Partial<Found> = {}) =>
    found(org, { fingerprint: 'same', counters: { nextPreKeyId }, ...over });
  const ran = (org: string) => record(org, { fingerprint: 'same', lastConnectedAt: 5 });
  const waitsFor = (org: string, duplicateOf: string) =>
    record(org, { fingerprint: 'same', verdict: { reason: 'conflict', at: 5, duplicateOf } });

  it('the copy whose counters are ahead has the identity, whatever the names and the records', () => {
    expect(twins(same('a', 31, { record: ran('a') }), same('b', 61))).toEqual([['a', 'b']]);
    expect(twins(same('a', 61), same('b', 31, { record: ran('b') }))).toEqual([['b', 'a']]);
    expect(twins(same('c', 31), same('b', 61), same('a', 31))).toEqual([
      ['c', 'b'],
      ['a', 'b'],
    ]);
    expect(twins(same('a', 61, { record: waitsFor('a', 'b') }), same('b', 31))).toEqual([['b', 'a']]);
  });
  it('a copy that is still written waits, and so does the older one beside it', () => {
    expect(twins(same('old', 31), same('new', 61, { stored: 'unsettled' }))).toEqual([['old', 'new']]);
  });
  it('none has it when the counters do not say which is newer', () => {
    const none = [
      ['a', 'b'],
      ['b', 'a'],
    ];
    expect(twins(same('a'), same('b'))).toEqual(none);
    expect(twins(same('a', 31, { record: ran('a') }), same('b'))).toEqual(none);
    const forked = same('b', 31, { counters: { nextPreKeyId: 31, accountSyncCounter: 2 } });
    expect(twins(same('a', 61, { counters: { nextPreKeyId: 61, accountSyncCounter: 1 } }), forked)).toEqual(
      none,
    );
    const both = { record: ran('a'), digest: 'd' };
    expect(twins(same('a', 31, both), same('b', 31, { ...both, record: ran('b') }))).toEqual(none);
    const undecided = [
      same('a', 31, { record: waitsFor('a', 'b') }),
      same('b', 31, { record: waitsFor('b', 'a') }),
    ];
    expect(twins(...undecided)).toEqual(none);
    expect(twins(same('a'), same('b'), same('c'))).toEqual([...none, ['c', 'a']]);
  });
  it('of equal copies the recorded one has it, and the one that ran here if the others are exact copies', () => {
    expect(twins(same('a', 31, { record: ran('a') }), same('b', 31, { record: waitsFor('b', 'a') }))).toEqual(
      [['b', 'a']],
    );
    expect(twins(same('a', 31, { digest: 'd' }), same('b', 31, { record: ran('b'), digest: 'd' }))).toEqual([
      ['a', 'b'],
    ]);
    expect(
      twins(same('a', 31, { digest: 'x' }), same('b', 31, { record: ran('b'), digest: 'd' })),
    ).toHaveLength(2);
  });
  it('a running session keeps it beside a newer copy; an older copy that waits does not', () => {
    const newer = same('newer', 61);
    expect(look(rosterOf(same('live')), [same('live'), newer]).adopt[0]?.found.duplicateOf).toBe('live');
    const waiting = same('waiting', 31, { behind: true });
    const plan = look(rosterOf(waiting), [waiting, newer]);
    expect(plan.adopt[0]?.found).toEqual(newer);
    expect(plan.seen).toEqual([{ ...waiting, duplicateOf: 'newer' }]);
  });
  it('a session whose directory is exchanged for a copy of another one takes nothing from that', () => {
    const live = same('live');
    const roster = rosterOf(found('a', { fingerprint: 'was' }), live);
    expect(look(roster, [same('a', 61), live]).seen).toEqual([{ ...same('a', 61), duplicateOf: 'live' }]);
  });
  it('the owner keeps the identity, even while its file cannot be read', () => {
    const copy = same('copy', 61);
    const held = rosterOf(same('holder'));
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
  it('two directories without credentials are no duplicates', () => {
    expect(twins(none('a'), none('b'))).toEqual([]);
    expect(look(rosterOf(none('a')), [none('a'), none('b')]).adopt).toEqual([
      { found: none('b'), crashed: false },
    ]);
    expect(look(emptyRoster, [none('new')]).roster.get('new')?.found.fingerprint).toBe('');
  });
});

describe('a missing directory', () => {
  it('it is dropped after the second scan without it', () => {
    const once = look(rosterOf(...many(3)), many(2));
    expect(once.drop).toEqual([]);
    expect(once.roster.get('o2')?.missing).toBe(1);
    const twice = look(once.roster, many(2));
    expect(twice.drop).toEqual(['o2']);
    expect(twice.roster.has('o2')).toBe(false);
  });
  it('an organization that is being paired is not missing', () => {
    const pairing = rosterOf(none('new'));
    const plan = look(look(pairing, []).roster, []);
    expect(plan.drop).toEqual([]);
    expect(plan.roster.has('new')).toBe(true);
  });
  it('ten or more missing directories are a mass, if they are more than a fifth', () => {
    const mass = (n: number, of: number) => look(rosterOf(...many(of)), many(of - n)).alarm;
    expect([mass(9, 10), mass(10, 10), mass(10, 49), mass(10, 50), mass(11, 50)]).toEqual([
      false,
      true,
      true,
      false,
      true,
    ]);
  });
  it('a mass disappearance freezes the fleet for a minute with one alarm, and then all are dropped', () => {
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
  it('directories that come back change nothing', () => {
    const thawed = look(rosterOf(...many(20)), many(20), now - 10);
    expect(thawed).toMatchObject({ frozenSince: undefined, alarm: false, adopt: [], drop: [], seen: [] });
  });
});

describe('a missing root', () => {
  it('it freezes the fleet, and after a minute the root is lost', () => {
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
