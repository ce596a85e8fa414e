/** The context with which a session starts. */
import { describe, expect, it } from 'vitest';
import { defaultPolicy } from '../../../machines/domain/policy.ts';
import type { Found, Verdict } from '../../../machines/domain/ports.ts';
import { remembered } from '../../../machines/session/context.ts';
import { contextFrom } from '../../../machines/session/initial-context.ts';
import { found, record } from '../harness.ts';

const at = 5_000;
const clock = { now: () => at };
const random = () => 0.5;
const begin = (f: Found, over: { readonly build?: string; readonly crashed?: boolean } = {}) =>
  contextFrom({ found: f, policy: defaultPolicy, clock, random, build: '2', ...over });
const account = { id: '1:1@s.whatsapp.net', name: 'Acme' };

describe('the first context', () => {
  it('an organization without a record is desired to run and is new', () => {
    expect(begin(found('acme'))).toEqual({
      org: 'acme',
      policy: defaultPolicy,
      clock,
      random,
      build: '2',
      desired: 'running',
      stored: 'restorable',
      fingerprint: 'fp-acme',
      duplicateOf: undefined,
      behind: false,
      account: undefined,
      wrongNumber: false,
      lastConnectedAt: undefined,
      firstSeen: at,
      isNew: true,
      verdict: undefined,
      lastError: null,
      failures: 0,
      strikes: 0,
      last: undefined,
      again: 0,
      counts: true,
      waitMs: 0,
      nextAt: null,
      urgent: false,
      caughtUp: false,
      pings: 'well',
      writes: 'well',
      hearing: 'well',
      deafCuredAt: undefined,
      muteCuredAt: undefined,
      unlinked: false,
      pairing: undefined,
      shownCode: undefined,
      saved: 'pending',
      recordUnreadable: false,
      reported: false,
      state: 'idle',
      step: null,
      since: at,
      revision: 0,
      cause: 'adopted',
    });
  });
  it('the record fills in what the directory does not say', () => {
    const kept = record('acme', {
      desired: 'stopped',
      account,
      lastConnectedAt: 7,
      revision: 41,
      firstSeen: 3,
    });
    expect(begin(found('acme', { record: kept }))).toMatchObject({
      desired: 'stopped',
      account,
      lastConnectedAt: 7,
      revision: 41,
      firstSeen: 3,
      isNew: false,
    });
    const other = { id: '2:1@s.whatsapp.net', name: null };
    expect(begin(found('acme', { record: kept, account: other })).account).toEqual(other);
    expect(begin(found('acme', { record: kept, stored: 'unsettled', fingerprint: '' })).fingerprint).toBe(
      'fp-acme',
    );
    expect(begin(found('acme', { stored: 'absent', fingerprint: '' })).fingerprint).toBe('');
  });
  it('a session that was just paired is to run, even if its record says otherwise', () => {
    const verdict: Verdict = { reason: 'revoked', at: 1 };
    const kept = record('acme', { desired: 'stopped', verdict });
    expect(begin(found('acme', { record: kept, promoted: true }))).toMatchObject({
      desired: 'running',
      verdict: undefined,
      lastError: null,
    });
  });
  it('a session that was just paired without a record is to run', () => {
    expect(begin(found('acme', { promoted: true, account }))).toMatchObject({
      desired: 'running',
      account,
      wrongNumber: false,
      isNew: true,
    });
  });
  it('a record that cannot be read, or too many crashes, give a verdict', () => {
    expect(begin(found('acme', { recordUnreadable: true }))).toMatchObject({
      verdict: { reason: 'storage', at },
      lastError: { reason: 'storage', at },
      isNew: false,
      recordUnreadable: true,
    });
    expect(begin(found('acme', { recordUnreadable: true }), { crashed: true }).verdict).toEqual({
      reason: 'crashed',
      at,
      build: '2',
    });
  });
});

describe('a verdict on record', () => {
  const stands = (verdict: Verdict, over: Partial<Found> = {}, build = '2') =>
    begin(found('acme', { record: record('acme', { verdict }), ...over }), { build }).verdict !== undefined;
  it('it holds only for the same identity', () => {
    expect(stands({ reason: 'revoked', at: 1 })).toBe(true);
    expect(stands({ reason: 'revoked', at: 1 }, { fingerprint: 'other' })).toBe(false);
    expect(stands({ reason: 'revoked', at: 1 }, { stored: 'absent', fingerprint: '' })).toBe(true);
  });
  it('does not hold for other credentials, also while they are still being copied', () => {
    const conflict = { reason: 'conflict', at: 1, duplicateOf: 'b' } as const;
    const other = { fingerprint: 'other', duplicateOf: 'b' };
    expect(stands(conflict, { duplicateOf: 'b' })).toBe(true);
    expect(stands(conflict, { stored: 'unsettled', duplicateOf: 'b' })).toBe(true);
    expect(stands(conflict, other)).toBe(false);
    expect(stands(conflict, { ...other, stored: 'unsettled' })).toBe(false);
  });
  it('on corrupt credentials it holds while they are corrupt', () => {
    expect(stands({ reason: 'creds_corrupt', at: 1 }, { stored: 'corrupt', fingerprint: '' })).toBe(true);
    // as after every start
    expect(stands({ reason: 'creds_corrupt', at: 1 }, { stored: 'unsettled', fingerprint: '' })).toBe(true);
    expect(stands({ reason: 'creds_corrupt', at: 1 })).toBe(false);
    expect(stands({ reason: 'creds_corrupt', at: 1 }, { stored: 'absent', fingerprint: '' })).toBe(false);
  });
  it('on a crash it holds for the build that crashed', () => {
    expect(stands({ reason: 'crashed', at: 1, build: '2' })).toBe(true);
    expect(stands({ reason: 'crashed', at: 1, build: '1' })).toBe(false);
    expect(stands({ reason: 'locked', at: 1, build: '1' })).toBe(true);
  });
  it('on a duplicate it holds while there are two', () => {
    expect(stands({ reason: 'conflict', at: 1, duplicateOf: 'b' }, { duplicateOf: 'b' })).toBe(true);
    expect(stands({ reason: 'conflict', at: 1, duplicateOf: 'b' })).toBe(false);
    expect(stands({ reason: 'conflict', at: 1 })).toBe(true);
  });
  it('it shows its status code and its times', () => {
    expect(remembered({ reason: 'revoked', at: 1, statusCode: 401 })).toStrictEqual({
      lastError: { reason: 'revoked', at: 1, statusCode: 401 },
      nextAt: null,
    });
    expect(remembered({ reason: 'banned_temporarily', at: 1, until: 9 })).toStrictEqual({
      lastError: { reason: 'banned_temporarily', at: 1 },
      nextAt: 9,
    });
    expect(remembered({ reason: 'exhausted', at: 1, nextProbeAt: 8 }).nextAt).toBe(8);
    expect(remembered(undefined)).toStrictEqual({ lastError: null, nextAt: null });
  });
});
