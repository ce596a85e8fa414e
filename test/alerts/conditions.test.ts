/** Which conditions the reports of one session and the events of the server begin and end. */
import { describe, expect, it } from 'vitest';
import type { LastError, SessionView, State } from '../../machines/domain/view.ts';
import { alertRules, defaultAlertPolicy } from '../../src/alerts/catalogue.ts';
import {
  type AlertMemory,
  calmsAt,
  conditionsOf,
  nothingRemembered,
  remember,
  serverChange,
} from '../../src/alerts/conditions.ts';
import { type AlertName, alertNames } from '../../src/protocol/alerts.ts';

const policy = { ...defaultAlertPolicy, flappingCount: 3, flappingWindowMs: 100 };
const viewOf = (state: State, over: Partial<SessionView> = {}): SessionView => ({
  org: 'acme',
  state,
  step: null,
  desired: 'running',
  credentials: 'restorable',
  liveness: null,
  writable: true,
  revision: 1,
  since: 0,
  attempt: 0,
  maxAttempts: 10,
  nextRetryAt: null,
  lastConnectedAt: null,
  lastError: null,
  account: null,
  duplicateOf: null,
  pairing: null,
  ...over,
});
interface Report {
  readonly state: State;
  readonly over?: Partial<SessionView>;
  readonly from?: State | null;
  readonly durable?: boolean;
  readonly outage?: boolean;
}
const remembered = (
  m: AlertMemory,
  { state, over, from = null, durable = true, outage = false }: Report,
  now: number,
) =>
  remember(
    m,
    {
      type: 'session.reported',
      org: 'acme',
      view: viewOf(state, over),
      previousState: from,
      created: false,
      cause: 'test',
      durable,
    },
    now,
    outage,
  );
const verdict: LastError = { reason: 'revoked', statusCode: 401, at: 5 };

describe('the verdict of a session', () => {
  const failed = remembered(nothingRemembered, { state: 'failed', over: { lastError: verdict } }, 10);
  it('is a condition since its time, with its reason and the code of WhatsApp', () => {
    expect(conditionsOf(viewOf('failed'), failed, 10, policy)).toEqual([
      { name: 'SessionLoggedOut', org: 'acme', since: 5, reason: 'revoked', statusCode: 401 },
    ]);
    const { statusCode: _, ...plain } = verdict;
    const without = remembered(nothingRemembered, { state: 'failed', over: { lastError: plain } }, 10);
    expect(conditionsOf(viewOf('failed'), without, 10, policy)).toEqual([
      { name: 'SessionLoggedOut', org: 'acme', since: 5, reason: 'revoked' },
    ]);
  });
  it.each([
    ['restoring', true],
    ['pairing', true],
    ['failed', true],
    ['connected', false],
    ['retrying', false],
  ] as const)('is still one while the session is %s: %s', (state, holds) => {
    expect(remembered(failed, { state }, 20).failed).toEqual(holds ? verdict : undefined);
  });
  it('is none once an operator stopped the session', () => {
    expect(
      remembered(failed, { state: 'failed', over: { desired: 'stopped', lastError: verdict } }, 20).failed,
    ).toBe(undefined);
    expect(remembered(failed, { state: 'restoring', over: { desired: 'stopped' } }, 20).failed).toBe(
      undefined,
    );
  });
  it('is replaced by a newer one', () => {
    const newer: LastError = { reason: 'locked', at: 30 };
    expect(remembered(failed, { state: 'failed', over: { lastError: newer } }, 40).failed).toEqual(newer);
  });
});

describe('a session without its connection', () => {
  it('is cut off since its first retry, through the attempts, until it is connected', () => {
    const cut = remembered(nothingRemembered, { state: 'retrying', from: 'connected' }, 10);
    expect(cut.cutSince).toBe(10);
    expect(remembered(cut, { state: 'restoring', over: { attempt: 1 } }, 20).cutSince).toBe(10);
    expect(remembered(cut, { state: 'restoring' }, 20).cutSince).toBe(undefined);
    expect(remembered(cut, { state: 'connected', over: { attempt: 1 } }, 20).cutSince).toBe(undefined);
    expect(remembered(nothingRemembered, { state: 'restoring' }, 20).cutSince).toBe(undefined);
  });
  it('is a condition with its last error as the reason, if it has one', () => {
    const cut = remembered(nothingRemembered, { state: 'retrying' }, 10);
    const found = (lastError: LastError | null) =>
      conditionsOf(viewOf('retrying', { lastError }), cut, 20, policy);
    expect(found({ reason: 'timeout', at: 1 })).toEqual([
      { name: 'SessionRetryingTooLong', org: 'acme', since: 10, reason: 'timeout' },
    ]);
    expect(found(null)).toEqual([{ name: 'SessionRetryingTooLong', org: 'acme', since: 10 }]);
  });
});

describe('losses of a connection', () => {
  const lose = (m: AlertMemory, at: number, report: Partial<Report> = {}) =>
    remembered(m, { state: 'retrying', from: 'connected', ...report }, at);
  const back = (m: AlertMemory, at: number) => remembered(m, { state: 'connected', from: 'retrying' }, at);
  const losses = (...times: readonly number[]) =>
    times.reduce((m, at) => back(lose(m, at), at), nothingRemembered);
  const flapping = (m: AlertMemory, now: number, lastError: LastError | null = null) =>
    conditionsOf(viewOf('connected', { lastError }), m, now, policy);

  it('are flapping from the third within the window, since the first of them', () => {
    expect(flapping(losses(1, 2), 3)).toEqual([]);
    expect(flapping(losses(1, 2, 3), 3)).toEqual([{ name: 'SessionFlapping', org: 'acme', since: 1 }]);
    expect(flapping(losses(1, 2, 3), 3, { reason: 'network', at: 3 })).toEqual([
      { name: 'SessionFlapping', org: 'acme', since: 1, reason: 'network' },
    ]);
    expect(flapping(losses(1, 2, 3), 100)).toHaveLength(1);
    expect(flapping(losses(1, 2, 3), 101)).toEqual([]); // the first is older than the window
    expect(flapping(losses(1, 50, 60, 70), 120)).toEqual([
      { name: 'SessionFlapping', org: 'acme', since: 50 },
    ]);
  });
  it('stop to be flapping when only two of them are left in the window', () => {
    expect(calmsAt(losses(1, 2), 3, policy)).toBe(undefined);
    expect(calmsAt(losses(1, 2, 3), 3, policy)).toBe(101);
    expect(calmsAt(losses(1, 2, 3, 9), 9, policy)).toBe(102);
    expect(calmsAt(losses(1, 2, 3, 9), 102, policy)).toBe(undefined);
  });
  it('count only when a connection was lost, and not during an outage of all', () => {
    for (const report of [
      { from: 'restoring' },
      { from: null },
      { outage: true },
      { state: 'connected' },
    ] as const)
      expect(lose(losses(1, 2), 3, report).lostAt).toEqual([1, 2]);
    expect(lose(losses(1, 2), 3).lostAt).toEqual([1, 2, 3]);
    expect(
      remembered(losses(1), { state: 'restoring', over: { attempt: 1 }, from: 'connected' }, 2).lostAt,
    ).toEqual([1]);
  });
  it('count from zero after a verdict or a stop', () => {
    for (const state of ['failed', 'idle', 'pairing', 'restoring'] as const)
      expect(remembered(losses(1, 2), { state }, 3).lostAt).toEqual([]);
  });
});

describe('credentials that cannot be written, and a session that receives nothing', () => {
  it.each([
    [{ writable: false }, true],
    [{ writable: true }, false],
    [{ writable: false }, false],
  ])('%j, durable %s: a condition since the first report', (over, durable) => {
    const m = remembered(nothingRemembered, { state: 'connected', over, durable }, 10);
    const later = remembered(m, { state: 'connected', over, durable }, 20);
    expect(conditionsOf(viewOf('connected'), later, 20, policy)).toEqual([
      { name: 'StorageUnwritable', org: 'acme', since: 10 },
    ]);
    expect(remembered(later, { state: 'connected' }, 30).unwritableSince).toBe(undefined);
  });
  it('a deaf session is a condition since the first report, until it receives again', () => {
    const m = remembered(nothingRemembered, { state: 'connected', over: { liveness: 'deaf' } }, 10);
    const later = remembered(m, { state: 'connected', over: { liveness: 'deaf' } }, 20);
    expect(conditionsOf(viewOf('connected'), later, 20, policy)).toEqual([
      { name: 'SessionDeaf', org: 'acme', since: 10 },
    ]);
    for (const liveness of ['suspect', 'healthy', null] as const)
      expect(remembered(later, { state: 'connected', over: { liveness } }, 30).deafSince).toBe(undefined);
  });
});

describe('an event of the server', () => {
  const server = { org: null, since: 7 };
  it('begins a condition', () => {
    const begins = (e: Parameters<typeof serverChange>[0]) => serverChange(e, 7);
    expect(begins({ type: 'outage.began', cause: 'outdated', live: 0 })).toEqual({
      begins: { ...server, name: 'ClientOutdated', reason: 'outdated' },
    });
    expect(begins({ type: 'outage.began', cause: 'cut_off', live: 0 })).toEqual({
      begins: { ...server, name: 'MassDisconnect', reason: 'cut_off' },
    });
    expect(begins({ type: 'fleet.frozen', cause: 'root_missing' })).toEqual({
      begins: { ...server, name: 'DirectoryFrozen', reason: 'root_missing' },
    });
    expect(begins({ type: 'scan.failed', error: 1 })).toEqual({ begins: { ...server, name: 'ScanFailing' } });
    expect(begins({ type: 'webhook.failing', endpoint: 'crm' })).toEqual({
      begins: { ...server, name: 'WebhookFailing', endpoint: 'crm' },
    });
  });
  it('ends what it is the end of, and another event changes nothing', () => {
    expect(serverChange({ type: 'outage.ended' }, 7)).toEqual({ ends: ['MassDisconnect', 'ClientOutdated'] });
    expect(serverChange({ type: 'fleet.thawed' }, 7)).toEqual({ ends: ['DirectoryFrozen'] });
    expect(serverChange({ type: 'scan.done', found: 0, adopted: [], dropped: [] }, 7)).toEqual({
      ends: ['ScanFailing'],
    });
    expect(serverChange({ type: 'webhook.well', endpoint: 'crm' }, 7)).toEqual({
      ends: ['WebhookFailing'],
      endpoint: 'crm',
    });
    expect(serverChange({ type: 'root.lost' }, 7)).toEqual({});
  });
});

it('an outage of all hides the alerts that it explains, and each other one fires during it', () => {
  const hidden: readonly AlertName[] = [
    'SessionRestoreFailed',
    'SessionRetryingTooLong',
    'SessionFlapping',
    'SessionDeaf',
  ];
  expect(alertNames.filter((name) => alertRules[name].hiddenByOutage)).toEqual(hidden);
  const waits = Object.fromEntries(
    alertNames.flatMap((name) => {
      const ms = alertRules[name].lasts(defaultAlertPolicy);
      return ms === 0 ? [] : [[name, ms]];
    }),
  );
  expect(waits).toEqual({
    SessionRetryingTooLong: 300_000,
    StorageUnwritable: 60_000,
    ScanFailing: 60_000,
    WebhookFailing: 300_000,
  });
});
