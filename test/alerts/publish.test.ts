/** The form in which receivers get an alert, and the ids by which they recognise a repetition. */
import { describe, expect, it } from 'vitest';
import { type FiredAlert, fingerprintOf } from '../../src/alerts/alert-store.ts';
import type { Notice } from '../../src/alerts/groups.ts';
import { alertEventsOf, identified, newsOf, publicAlertOf } from '../../src/alerts/publish.ts';
import { Alert, alertTexts } from '../../src/protocol/alerts.ts';
import { reasonTexts } from '../../src/protocol/reasons.ts';

const since = Date.UTC(2026, 0, 15, 3, 35);
const alertOf = (over: Partial<FiredAlert> = {}): FiredAlert => {
  const condition = { name: 'SessionLoggedOut', org: 'acme', since, ...over } as const;
  return { fingerprint: fingerprintOf(condition), ...condition };
};
const id = fingerprintOf(alertOf());
const noticeOf = (over: Partial<Notice>): Notice => ({
  name: 'SessionLoggedOut',
  severity: 'critical',
  isOver: false,
  started: [],
  resolved: [],
  firing: [],
  isReminder: false,
  ...over,
});

describe('a published alert', () => {
  it('that fires has its labels, its texts and its times, and no end', () => {
    expect(publicAlertOf(alertOf({ reason: 'revoked', statusCode: 401 }))).toEqual({
      fingerprint: id,
      name: 'SessionLoggedOut',
      severity: 'critical',
      status: 'firing',
      orgId: 'acme',
      labels: { reason: 'revoked', statusCode: '401' },
      summary: reasonTexts.revoked.summary,
      action: reasonTexts.revoked.action,
      startsAt: '2026-01-15T03:35:00.000Z',
      endsAt: null,
      silencedUntil: null,
    });
  });
  it('that ended has its end, and one that is silenced has the end of the silence', () => {
    expect(publicAlertOf(alertOf({ endsAt: since + 1_000, silencedUntil: since + 2_000 }))).toMatchObject({
      status: 'resolved',
      endsAt: '2026-01-15T03:35:01.000Z',
      silencedUntil: '2026-01-15T03:35:02.000Z',
      labels: {},
    });
  });
  it('about an endpoint names it, and is about no organization', () => {
    const alert = publicAlertOf(alertOf({ name: 'WebhookFailing', org: null, endpoint: 'crm' }));
    expect(alert).toMatchObject({ orgId: null, labels: { endpoint: 'crm' }, severity: 'warning' });
    expect(alert.labels).toEqual({ endpoint: 'crm' });
  });
  it('has the text of its reason, with the text of the alert before it where reasons differ most', () => {
    const texts = (over: Partial<FiredAlert>) => {
      const { summary, action } = publicAlertOf(alertOf(over));
      return { summary, action };
    };
    expect(texts({ name: 'SessionRetryingTooLong', reason: 'proxy' })).toEqual({
      summary: reasonTexts.proxy.summary,
      action: reasonTexts.proxy.action,
    });
    expect(texts({ name: 'SessionRestoreFailed', reason: 'locked' })).toEqual({
      summary: `The session could not be restored. ${reasonTexts.locked.summary}`,
      action: reasonTexts.locked.action,
    });
    const { summary, action } = alertTexts.DirectoryFrozen;
    for (const reason of [{}, { reason: 'root_missing' }])
      expect(texts({ name: 'DirectoryFrozen', org: null, ...reason })).toEqual({ summary, action });
  });
  it('keeps the form of the protocol', () => {
    for (const over of [{}, { endsAt: since }, { name: 'ScanFailing', org: null }] as const)
      expect(Alert.safeParse(publicAlertOf(alertOf(over))).success).toBe(true);
  });
});

describe('the fingerprint', () => {
  it('depends on the name, the organization and the endpoint alone', () => {
    expect(id).toMatch(/^[0-9a-f]{16}$/);
    expect(fingerprintOf(alertOf({ since: 1, reason: 'banned', statusCode: 1 }))).toBe(id);
    const others = [{ org: 'beta' }, { org: null }, { endpoint: 'crm' }, { name: 'SessionDeaf' }] as const;
    expect(new Set([id, ...others.map((over) => fingerprintOf(alertOf(over)))]).size).toBe(5);
  });
  it('is the same in every version, because receivers and the database keep it', () => {
    expect(id).toBe('647a52cfc1823f27');
  });
});

describe('an event', () => {
  const over = alertOf({ org: 'beta', endsAt: since + 5 });
  it('has an id that is the same whenever the same fact is sent', () => {
    const notice = noticeOf({ started: [alertOf()], resolved: [over] });
    expect(alertEventsOf(notice)).toEqual([
      { type: 'alert.firing', id: `evt_${id}_${since}_firing`, alert: publicAlertOf(alertOf()) },
      {
        type: 'alert.resolved',
        id: `evt_${over.fingerprint}_${since}_resolved`,
        alert: publicAlertOf(over),
      },
    ]);
    expect(alertEventsOf(noticeOf({ firing: [alertOf()], isReminder: true }))).toEqual([]);
  });
  it('of an alert that fires has no id of its end', () => {
    expect(identified(alertOf())).toEqual({
      firingId: `evt_${id}_${since}_firing`,
      alert: publicAlertOf(alertOf()),
    });
    expect(identified(over)).toEqual({
      firingId: `evt_${over.fingerprint}_${since}_firing`,
      resolvedId: `evt_${over.fingerprint}_${since}_resolved`,
      alert: publicAlertOf(over),
    });
  });
  it('of a notice has the time of the notice, and every alert that fires', () => {
    const notice = noticeOf({
      started: [alertOf()],
      firing: [alertOf()],
      resolved: [over],
      isReminder: true,
    });
    expect(newsOf(notice, since + 7)).toEqual({
      timestamp: '2026-01-15T03:35:00.007Z',
      name: 'SessionLoggedOut',
      severity: 'critical',
      isReminder: true,
      firing: [identified(alertOf())],
      resolved: [identified(over)],
    });
  });
});
