/** The present alerts and their notices: when each fires, ends, is repeated and is forgotten. */
import { beforeEach, describe, expect, it } from 'vitest';
import { AlertStore, type FiredAlert, fingerprintOf, keepsResolved } from '../../src/alerts/alert-store.ts';
import { type AlertPolicy, defaultAlertPolicy } from '../../src/alerts/catalogue.ts';
import type { Condition } from '../../src/alerts/conditions.ts';
import { Groups, type Notice } from '../../src/alerts/groups.ts';

const policy: AlertPolicy = {
  ...defaultAlertPolicy,
  retryingTooLongMs: 100,
  groupWaitMs: 10,
  groupIntervalMs: 50,
  repeatMs: 1_000,
  settleMs: 20,
};
const loggedOut = (org: string, since = 0): Condition => ({ name: 'SessionLoggedOut', org, since });
const retrying = (org: string, since = 0): Condition => ({ name: 'SessionRetryingTooLong', org, since });
const orgs = (alerts: readonly FiredAlert[]) => alerts.map(({ org }) => org);

let store: AlertStore;
let groups: Groups;
beforeEach(() => {
  store = new AlertStore(policy);
  groups = new Groups(store, policy);
});
const send = (now: number): readonly Notice[] => {
  const notices = groups.flush(now);
  for (const notice of notices) groups.markSent(notice, now);
  return notices;
};
/** An alert that was in a notice. */
const sent = (condition: Condition, now = 0): string => {
  store.begin(condition);
  store.markSent(store.due(condition.name, now).started, now);
  return fingerprintOf(condition);
};

describe('an alert', () => {
  it('fires when its condition has lasted, and not before', () => {
    store.begin(retrying('acme', 5));
    expect([orgs(store.firing(104)), orgs(store.firing(105))]).toEqual([[], ['acme']]);
    expect([store.wakeAt(5), store.wakeAt(105)]).toEqual([105, undefined]);
    expect(orgs(store.due('SessionRetryingTooLong', 104).started)).toEqual([]);
    expect(orgs(store.due('SessionRetryingTooLong', 105).started)).toEqual(['acme']);
    expect(orgs(store.due('SessionLoggedOut', 105).started)).toEqual([]);
  });
  it('shows nothing of how it is stored', () => {
    store.begin({ ...loggedOut('acme', 5), reason: 'revoked' });
    expect(store.firing(5)).toEqual([
      { ...loggedOut('acme', 5), reason: 'revoked', fingerprint: fingerprintOf(loggedOut('acme')) },
    ]);
  });
  it('keeps its beginning once it was sent, and takes a newer one before', () => {
    store.begin(retrying('acme', 5));
    store.begin({ ...retrying('acme', 50), reason: 'proxy' });
    expect(store.firing(150)).toMatchObject([{ since: 50, reason: 'proxy' }]);
    expect(store.firing(149)).toEqual([]);
    store.markSent(store.due('SessionRetryingTooLong', 150).started, 150);
    store.begin({ ...retrying('acme', 160), reason: 'timeout' });
    expect(store.firing(160)).toMatchObject([{ since: 50, reason: 'timeout', toldAt: 150 }]);
  });
  it('that ends before it was sent is forgotten, and later ends change nothing', () => {
    store.begin(loggedOut('acme'));
    store.end(fingerprintOf(loggedOut('acme')), 5);
    store.end('absent', 5);
    expect([store.firing(5), store.standing(), store.due('SessionLoggedOut', 5).ended]).toEqual([[], [], []]);
  });
  it('that ends after it was sent ends once, and is resolved when its end was sent', () => {
    const id = sent(loggedOut('acme'));
    store.end(id, 5);
    store.end(id, 9);
    expect([store.firing(9), store.unsilenced(9), store.resolved()]).toEqual([[], [], []]);
    expect(store.standing()).toMatchObject([{ org: 'acme', endsAt: 5 }]);
    const { ended, standing } = store.due('SessionLoggedOut', 9);
    expect([ended, standing]).toMatchObject([[{ org: 'acme', endsAt: 5 }], []]);
    store.markSent(ended, 12);
    expect(store.resolved()).toMatchObject([{ org: 'acme', endsAt: 5, toldAt: 12 }]);
    expect(store.standing()).toEqual([]);
  });
  it('that begins again before its end was sent never ended', () => {
    const id = sent(loggedOut('acme', 1), 2);
    store.silence(id, 500);
    store.end(id, 5);
    store.begin(loggedOut('acme', 7));
    expect(store.firing(7)).toEqual([
      { ...loggedOut('acme', 1), fingerprint: id, silencedUntil: 500, toldAt: 2 },
    ]);
    expect(store.due('SessionLoggedOut', 7)).toEqual({ started: [], ended: [], standing: [] });
    expect(orgs(store.due('SessionLoggedOut', 500).standing)).toEqual(['acme']);
  });
  it('that is marked as sent and is no longer there changes nothing', () => {
    store.begin(loggedOut('acme'));
    const { started } = store.due('SessionLoggedOut', 0);
    store.end(fingerprintOf(loggedOut('acme')), 1);
    store.markSent(started, 2);
    expect([store.resolved(), store.standing()]).toEqual([[], []]);
  });
  it('is kept after its end with at most two hundred others, the last first', () => {
    for (let n = 0; n <= keepsResolved; n += 1) {
      store.end(sent(loggedOut(`org-${n}`)), 1);
      store.markSent(store.due('SessionLoggedOut', 1).ended, 1);
    }
    expect(keepsResolved).toBe(200);
    expect(store.resolved()).toHaveLength(200);
    expect([store.resolved()[0]?.org, store.resolved()[199]?.org]).toEqual(['org-200', 'org-1']);
  });
});

describe('a silence', () => {
  it('holds until its time, and is over at that time', () => {
    store.begin(loggedOut('acme'));
    const id = fingerprintOf(loggedOut('acme'));
    expect(store.silence(id, 30)).toMatchObject({ org: 'acme', silencedUntil: 30 });
    expect(orgs(store.due('SessionLoggedOut', 29).started)).toEqual([]);
    expect([store.wakeAt(0), store.wakeAt(30)]).toEqual([30, undefined]);
    expect(orgs(store.due('SessionLoggedOut', 30).started)).toEqual(['acme']);
    expect(orgs(store.firing(29))).toEqual(['acme']); // silent is not over
  });
  it('also hides an alert that was sent, until it is ended by a person', () => {
    const id = sent(loggedOut('acme'));
    store.silence(id, 30);
    expect([orgs(store.unsilenced(29)), orgs(store.unsilenced(30))]).toEqual([[], ['acme']]);
    expect(orgs(store.due('SessionLoggedOut', 29).standing)).toEqual([]);
    expect(store.silence(id, null)).not.toHaveProperty('silencedUntil');
    expect(orgs(store.unsilenced(1))).toEqual(['acme']);
    expect(store.silence('absent', 30)).toBe(undefined);
  });
});

describe('an outage of all', () => {
  it('hides the alerts of single sessions until they have had time to come back', () => {
    store.begin(retrying('acme', 0));
    store.begin(loggedOut('beta', 0));
    store.outage(true, 50);
    expect([orgs(store.firing(5_000)), store.wakeAt(1)]).toEqual([['beta'], undefined]);
    store.begin(retrying('gamma', 60));
    expect(orgs(store.firing(5_000))).toEqual(['beta']);
    store.outage(false, 200); // they may come back until 220
    expect([orgs(store.firing(319)), orgs(store.firing(320))]).toEqual([['beta'], ['acme', 'beta', 'gamma']]);
  });
  it('does not hide an alert that was sent before', () => {
    sent(retrying('acme', 0), 100);
    store.outage(true, 150);
    expect(orgs(store.firing(151))).toEqual(['acme']);
  });
});

describe('an alert of an earlier process', () => {
  const saved: FiredAlert = {
    ...loggedOut('acme', 5),
    fingerprint: fingerprintOf(loggedOut('acme')),
    toldAt: 40,
  };
  it('has ended when its condition has not begun until the sessions have settled', () => {
    store.recall(saved);
    expect(store.firing(50)).toEqual([saved]);
    store.confirm(60);
    expect(store.due('SessionLoggedOut', 60).ended).toEqual([{ ...saved, endsAt: 60 }]);
  });
  it('goes on when its condition has begun since, and is not sent again', () => {
    store.recall(saved);
    store.begin(loggedOut('acme', 5));
    store.confirm(60);
    expect(store.due('SessionLoggedOut', 60)).toEqual({ started: [], ended: [], standing: [saved] });
    expect(store.wakeAt(0)).toBe(undefined);
  });
});

describe('a notice', () => {
  it('waits for further alerts of its name, and the next one longer', () => {
    store.begin(loggedOut('acme'));
    expect([send(0), groups.wakeAt(0)]).toEqual([[], 10]);
    store.begin(loggedOut('beta'));
    expect(send(9)).toEqual([]);
    const [notice, ...others] = send(10);
    expect(others).toEqual([]);
    expect(notice).toMatchObject({ name: 'SessionLoggedOut', severity: 'critical', isOver: false });
    expect(notice).toMatchObject({ isReminder: false, resolved: [] });
    expect(orgs(notice?.started ?? [])).toEqual(['acme', 'beta']);
    store.begin(loggedOut('gamma', 11));
    expect([send(11), send(59), groups.wakeAt(11)]).toEqual([[], [], 60]);
    const [next] = send(60);
    expect([orgs(next?.started ?? []), orgs(next?.firing ?? [])]).toEqual([
      ['gamma'],
      ['acme', 'beta', 'gamma'],
    ]);
    store.begin(loggedOut('delta', 500));
    expect([send(500), groups.wakeAt(500)]).toEqual([[], 510]); // the last notice is long ago
  });
  it('is over when nothing of its name fires, and names what ended', () => {
    sent(loggedOut('acme'));
    sent(loggedOut('beta'));
    store.end(fingerprintOf(loggedOut('acme')), 5);
    groups.flush(100);
    const [first] = send(110);
    expect(first).toMatchObject({ isOver: false, started: [], isReminder: false });
    expect([orgs(first?.resolved ?? []), orgs(first?.firing ?? [])]).toEqual([['acme'], ['beta']]);
    store.end(fingerprintOf(loggedOut('beta')), 200);
    groups.flush(200);
    expect(send(210)).toMatchObject([{ isOver: true, firing: [] }]);
    expect([send(2_000), groups.wakeAt(2_000)]).toEqual([[], undefined]);
  });
  it('of which nothing is left before it is due is not sent, and does not shorten the next wait', () => {
    store.begin(loggedOut('acme'));
    send(0);
    store.end(fingerprintOf(loggedOut('acme')), 5);
    expect([send(5), groups.wakeAt(5)]).toEqual([[], undefined]);
    store.begin(loggedOut('acme', 8));
    expect([send(8), send(10), groups.wakeAt(10)]).toEqual([[], [], 18]);
    expect(send(18)).toHaveLength(1);
  });
  it('is due again until it was marked as sent', () => {
    store.begin(loggedOut('acme'));
    groups.flush(0);
    expect([groups.flush(10), groups.flush(11)]).toMatchObject([[{ name: 'SessionLoggedOut' }], [{}]]);
    send(12);
    expect(groups.flush(13)).toEqual([]);
  });
  it('reminds of what still fires, as long after the last notice as the policy says', () => {
    store.begin(loggedOut('acme'));
    send(0);
    send(10);
    expect([groups.wakeAt(11), send(1_009)]).toEqual([1_010, []]);
    const [reminder] = send(1_010);
    expect(reminder).toMatchObject({ isReminder: true, isOver: false, started: [], resolved: [] });
    expect(store.firing(1_011)).toMatchObject([{ toldAt: 1_010 }]);
    expect([groups.wakeAt(1_011), send(2_009), send(2_010).length]).toEqual([2_010, [], 1]);
    store.silence(fingerprintOf(loggedOut('acme')), 9_000);
    expect([send(4_000), groups.wakeAt(4_000)]).toEqual([[], undefined]);
  });
  it('reminds of an alert of an earlier process as if that process went on', () => {
    const recall = (org: string, told: { toldAt?: number }) =>
      store.recall({ ...loggedOut(org, 5), fingerprint: fingerprintOf(loggedOut(org)), ...told });
    recall('acme', { toldAt: 300 });
    recall('beta', { toldAt: 400 });
    expect([send(500), groups.wakeAt(500)]).toEqual([[], 1_400]);
    expect([send(1_399), send(1_400).map(({ isReminder }) => isReminder)]).toEqual([[], [true]]);
    recall('gamma', {});
    const other = new Groups(store, policy);
    expect([other.flush(1_500), other.wakeAt(1_500)]).toEqual([[], 2_500]); // not known when: now
  });
});
