/** The present alerts: when each fires, ends, is silent and is forgotten. */
import { beforeEach, describe, expect, it } from 'vitest';
import { AlertStore, type FiredAlert, fingerprintOf, keepsResolved } from '../../src/alerts/alert-store.ts';
import { type AlertPolicy, defaultAlertPolicy } from '../../src/alerts/catalogue.ts';
import type { Condition } from '../../src/alerts/conditions.ts';

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
beforeEach(() => {
  store = new AlertStore(policy);
});
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
    store.silence(id, 500, 3);
    store.end(id, 5);
    store.begin(loggedOut('acme', 7));
    expect(store.firing(7)).toEqual([
      { ...loggedOut('acme', 1), fingerprint: id, silencedUntil: 500, silencedAt: 3, toldAt: 2 },
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
    expect(store.silence(id, 30, 1)).toMatchObject({ org: 'acme', silencedUntil: 30, silencedAt: 1 });
    expect(orgs(store.due('SessionLoggedOut', 29).started)).toEqual([]);
    expect([store.wakeAt(0), store.wakeAt(30)]).toEqual([30, undefined]);
    expect(orgs(store.due('SessionLoggedOut', 30).started)).toEqual(['acme']);
    expect(orgs(store.firing(29))).toEqual(['acme']); // silent is not over
  });
  it('also hides an alert that was sent, until it is ended by a person', () => {
    const id = sent(loggedOut('acme'));
    store.silence(id, 30, 1);
    expect([orgs(store.unsilenced(29)), orgs(store.unsilenced(30))]).toEqual([[], ['acme']]);
    expect(orgs(store.due('SessionLoggedOut', 29).standing)).toEqual([]);
    const ended = store.silence(id, null, 2);
    expect(ended).toEqual({ ...loggedOut('acme'), fingerprint: id, toldAt: 0 });
    expect(orgs(store.unsilenced(1))).toEqual(['acme']);
    expect(store.silence('absent', 30, 1)).toBe(undefined);
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
    store.recall(saved, 45);
    expect(store.firing(50)).toEqual([saved]);
    store.confirm(60);
    expect(store.due('SessionLoggedOut', 60).ended).toEqual([{ ...saved, endsAt: 60 }]);
  });
  it('goes on when its condition has begun since, and is not sent again', () => {
    store.recall(saved, 45);
    store.begin(loggedOut('acme', 5));
    store.confirm(60);
    expect(store.due('SessionLoggedOut', 60)).toEqual({ started: [], ended: [], standing: [saved] });
    expect(store.wakeAt(0)).toBe(undefined);
  });
});

describe('a silence of an earlier process', () => {
  const id = fingerprintOf(loggedOut('acme'));
  const saved: FiredAlert = { ...loggedOut('acme', 5), fingerprint: id, silencedUntil: 90, silencedAt: 40 };
  it('holds for an alert that was not sent, which must also outlive this one', () => {
    store.recall(saved, 50);
    store.begin(loggedOut('acme', 5));
    expect([store.standing(), store.outliving()]).toEqual([[], [saved]]);
    expect(orgs(store.due('SessionLoggedOut', 89).started)).toEqual([]);
    expect(orgs(store.due('SessionLoggedOut', 90).started)).toEqual(['acme']);
  });
  it('lasts no longer than it was meant to when the clock was set back', () => {
    store.recall({ ...saved, toldAt: 45 }, 10);
    expect(store.outliving()).toMatchObject([{ silencedUntil: 60, silencedAt: 10, toldAt: 10 }]);
  });
  it('is forgotten with its alert, which the saved ones must learn once', () => {
    store.begin(loggedOut('beta'));
    store.end(fingerprintOf(loggedOut('beta')), 51);
    expect(store.hasForgotten).toBe(false);
    store.recall(saved, 50);
    store.end(id, 52);
    expect(store.hasForgotten).toBe(true);
    expect(store.outliving()).toEqual([]);
    expect(store.hasForgotten).toBe(false);
  });
});
