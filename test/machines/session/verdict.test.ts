/** What a scan's finding means to a session, and what a verdict is made of. */
import { describe, expect, it } from 'vitest';
import { defaultPolicy } from '../../../machines/domain/policy.ts';
import type { Found, Stored, Verdict } from '../../../machines/domain/ports.ts';
import type { SessionContext } from '../../../machines/session/context.ts';
import { contextFrom } from '../../../machines/session/initial-context.ts';
import {
  judged,
  lifts,
  matters,
  reopened,
  reopens,
  strikeOut,
  struck,
} from '../../../machines/session/verdict.ts';
import { found } from '../harness.ts';

const at = 5_000;
const session = (over: Partial<SessionContext> = {}): SessionContext => ({
  ...contextFrom({
    found: found('acme'),
    policy: defaultPolicy,
    clock: { now: () => at },
    random: () => 0.5,
    build: '2',
  }),
  ...over,
});
const lying = (stored: Stored, over: Partial<Found> = {}) => found('acme', { stored, ...over });

describe('a finding matters to a session without a verdict', () => {
  const rows: readonly (readonly [string, Partial<SessionContext>, Found, boolean])[] = [
    ['a finished pairing, always', {}, lying('absent', { promoted: true }), true],
    ['the same credentials, not at all', {}, lying('restorable'), false],
    ['a promise that is not one, not at all', {}, lying('restorable', { promoted: false }), false],
    ['other credentials', {}, lying('restorable', { fingerprint: 'other' }), true],
    [
      'other credentials that are not sound, not yet',
      {},
      lying('unsettled', { fingerprint: 'other' }),
      false,
    ],
    ['credentials where there were none', { stored: 'absent' }, lying('restorable'), true],
    ['sound ones where they were corrupt', { stored: 'corrupt' }, lying('restorable'), true],
    ['corrupt ones', {}, lying('corrupt', { fingerprint: '' }), true],
    [
      'corrupt ones that were corrupt before, not again',
      { stored: 'corrupt' },
      lying('corrupt', { fingerprint: '' }),
      false,
    ],
    ['none where there were some, not at all', {}, lying('absent', { fingerprint: '' }), false],
    [
      'readable ones, while it waits because they were not',
      { state: 'retrying', stored: 'unreadable' },
      lying('restorable'),
      true,
    ],
    [
      'ones that were merely touched, while it waits, not at all',
      { state: 'retrying', stored: 'unsettled' },
      lying('restorable'),
      false,
    ],
    ['settled ones, while it rests', { state: 'idle', stored: 'unsettled' }, lying('restorable'), true],
  ];
  it.each(rows)('%s', (_, over, seen, expected) => {
    expect(matters(session(over), seen)).toBe(expected);
  });
});

describe('a finding lifts a verdict', () => {
  const verdict = (reason: Verdict['reason'], over: Partial<Verdict> = {}): Partial<SessionContext> => ({
    verdict: { reason, at: 1, ...over },
  });
  const rows: readonly (readonly [string, Partial<SessionContext>, Found, boolean])[] = [
    ['a finished pairing, always', verdict('revoked'), lying('absent', { promoted: true }), true],
    ['other credentials', verdict('revoked'), lying('restorable', { fingerprint: 'other' }), true],
    [
      'other credentials that are not sound, not yet',
      verdict('revoked'),
      lying('unsettled', { fingerprint: 'other' }),
      false,
    ],
    ['the same credentials, not at all', verdict('revoked'), lying('restorable'), false],
    ['the same ones, when they were corrupt', verdict('creds_corrupt'), lying('restorable'), true],
    ['corrupt ones, when they were corrupt, not at all', verdict('creds_corrupt'), lying('corrupt'), false],
    [
      'the twin being gone, when there was one',
      verdict('conflict', { duplicateOf: 'b' }),
      lying('restorable'),
      true,
    ],
    [
      'the twin being there, when there was one, not at all',
      verdict('conflict', { duplicateOf: 'b' }),
      lying('restorable', { duplicateOf: 'b' }),
      false,
    ],
    ['no twin, when there was none, not at all', verdict('conflict'), lying('restorable'), false],
    [
      'the same credentials, when there is no verdict, not at all',
      { verdict: undefined },
      lying('restorable'),
      false,
    ],
  ];
  it.each(rows)('%s', (_, over, seen, expected) => {
    expect(lifts(session(over), seen)).toBe(expected);
  });
});

describe('a verdict', () => {
  const verdictOf = (over: Partial<SessionContext>, e: Parameters<typeof judged>[1]) =>
    judged(session(over), e).verdict;
  it('it holds only the details of its own reason', () => {
    expect(verdictOf({}, { reason: 'revoked' })).toStrictEqual({ reason: 'revoked', at });
    expect(verdictOf({}, { reason: 'revoked', statusCode: 401 })).toStrictEqual({
      reason: 'revoked',
      at,
      statusCode: 401,
    });
    expect(verdictOf({}, { reason: 'crashed' })).toStrictEqual({ reason: 'crashed', at, build: '2' });
    expect(verdictOf({ duplicateOf: 'b' }, { reason: 'conflict' })).toStrictEqual({
      reason: 'conflict',
      at,
      duplicateOf: 'b',
    });
    expect(verdictOf({ duplicateOf: 'b' }, { reason: 'locked' })).toStrictEqual({ reason: 'locked', at });
    expect(verdictOf({}, { reason: 'conflict' })).toStrictEqual({ reason: 'conflict', at });
    expect(verdictOf({}, { reason: 'banned_temporarily', until: 9_000 })).toStrictEqual({
      reason: 'banned_temporarily',
      at,
      until: 9_000,
    });
  });
  it('it keeps its date when it comes back, and only then', () => {
    const before: Partial<SessionContext> = { verdict: { reason: 'locked', at: 1 } };
    expect(verdictOf(before, { reason: 'network' })).toStrictEqual({ reason: 'locked', at: 1 });
    expect(verdictOf(before, { reason: 'revoked' })).toStrictEqual({ reason: 'revoked', at });
  });
  it('it is pending until it is written, and is not urgent', () => {
    expect(judged(session({ urgent: true }), { reason: 'revoked' })).toMatchObject({
      saved: 'pending',
      urgent: false,
      failures: 1,
      strikes: 0,
    });
  });
  it('the last error has a status code only if WhatsApp sent one', () => {
    expect(struck(session(), { reason: 'network' }).lastError).toStrictEqual({ reason: 'network', at });
    expect(struck(session(), { reason: 'network', statusCode: 428 }).lastError).toStrictEqual({
      reason: 'network',
      at,
      statusCode: 428,
    });
  });
  it('a failure during an outage leads to none', () => {
    expect(
      struck(session({ counts: false, strikes: 3, failures: 4, last: 'timeout', again: 2 }), {
        reason: 'timeout',
      }),
    ).toMatchObject({
      strikes: 3,
      failures: 4,
      last: 'timeout',
      again: 2,
    });
  });
});

describe('the count of endings in a row', () => {
  const row = (last: SessionContext['last'], again: number, over: Partial<SessionContext> = {}) =>
    session({ last, again, ...over });
  it('it starts again with every other ending', () => {
    expect(reopens(row('restart_required', 2), 'restart_required')).toBe(true);
    expect(reopens(row('restart_required', 3), 'restart_required')).toBe(false);
    expect(reopens(row('unknown', 3), 'restart_required')).toBe(true);
    expect(strikeOut(row('conflict', 1), 'conflict')).toBe('conflict');
    expect(strikeOut(row('unknown', 3), 'conflict')).toBeUndefined();
    expect(strikeOut(row('unknown', 3), 'unknown')).toBe('unknown');
  });
  it('it leads to no verdict during an outage', () => {
    expect(strikeOut(row('unknown', 3, { counts: false }), 'unknown')).toBeUndefined();
    expect(strikeOut(session({ counts: false, strikes: 9 }), 'timeout')).toBeUndefined();
    expect(strikeOut(session({ strikes: 9 }), 'timeout')).toBe('exhausted');
  });
  it('it is kept after a restart request, which goes first at the gate', () => {
    expect(reopened(row('restart_required', 1), { reason: 'restart_required' })).toEqual({
      last: 'restart_required',
      again: 2,
      urgent: true,
    });
  });
});

it('on probation every failure brings the verdict back, except an ending that is no failure', () => {
  const probing = session({ verdict: { reason: 'exhausted', at: 1 } });
  expect(strikeOut(probing, 'network')).toBe('exhausted');
  for (const reason of ['unpaired', 'stopped', 'pairing_expired', 'logged_out'] as const)
    expect(strikeOut(probing, reason)).toBeUndefined();
});

it('the next attempt is shown for the end of its wait', () => {
  const { waitMs, nextAt } = struck(session(), { reason: 'server_busy' });
  expect(waitMs).toBe(6_500);
  expect(nextAt).toBe(at + 6_500);
  const waits = [0, 1, 6, 7, 8, 1_000].map(
    (failures) => struck(session({ failures }), { reason: 'network' }).waitMs,
  );
  expect(waits, 'doubling up to five minutes, of which three quarters').toEqual([
    1_500, 3_000, 96_000, 192_000, 225_000, 225_000,
  ]);
});

it("only a failure that may be the session's own fault is a strike", () => {
  const strikes = (reason: Parameters<typeof struck>[1]['reason']) => struck(session(), { reason }).strikes;
  expect((['network', 'outdated', 'conflict', 'storage'] as const).map(strikes)).toEqual([0, 0, 0, 0]);
  expect(
    (['timeout', 'unhealthy', 'server_busy', 'unknown', 'restart_required'] as const).map(strikes),
  ).toEqual([1, 1, 1, 1, 1]);
  expect(strikeOut(session({ strikes: 9 }), 'conflict')).toBeUndefined();
});
