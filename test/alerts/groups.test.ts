/** The notices of the alerts: when each is sent, what it names, and when it reminds. */
import { beforeEach, describe, expect, it } from 'vitest';
import { AlertStore, type FiredAlert, fingerprintOf } from '../../src/alerts/alert-store.ts';
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
    store.silence(fingerprintOf(loggedOut('acme')), 9_000, 2_020);
    expect([send(4_000), groups.wakeAt(4_000)]).toEqual([[], 9_000]);
    expect(send(9_000)).toMatchObject([{ isReminder: true }]); // the end of the silence makes it due
  });
  it('reminds of an alert of an earlier process as if that process went on', () => {
    const recall = (org: string, toldAt: number) =>
      store.recall({ ...loggedOut(org, 5), fingerprint: fingerprintOf(loggedOut(org)), toldAt }, 450);
    recall('acme', 300);
    recall('beta', 400);
    expect([send(500), groups.wakeAt(500)]).toEqual([[], 1_400]);
    expect([send(1_399), send(1_400).map(({ isReminder }) => isReminder)]).toEqual([[], [true]]);
  });
});
