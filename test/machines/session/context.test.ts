/** The record that a session saves, and the view that it reports. */
import { describe, expect, it } from 'vitest';
import { defaultPolicy } from '../../../machines/domain/policy.ts';
import type { Found, Verdict } from '../../../machines/domain/ports.ts';
import { recordOf, viewOf } from '../../../machines/session/context.ts';
import { contextFrom } from '../../../machines/session/initial-context.ts';
import { found } from '../harness.ts';

const at = 5_000;
const clock = { now: () => at };
const random = () => 0.5;
const begin = (f: Found, over: { readonly build?: string; readonly crashed?: boolean } = {}) =>
  contextFrom({ found: f, policy: defaultPolicy, clock, random, build: '2', ...over });
const account = { id: '1:1@s.whatsapp.net', name: 'Acme' };

describe('the record', () => {
  it('it holds what must outlive the process, and no more', () => {
    const c = begin(found('acme'));
    expect(recordOf(c)).toStrictEqual({
      desired: 'running',
      fingerprint: 'fp-acme',
      revision: 0,
      firstSeen: at,
    });
    const verdict: Verdict = { reason: 'revoked', at: 1 };
    expect(recordOf({ ...c, verdict, account, lastConnectedAt: 7 })).toStrictEqual({
      desired: 'running',
      fingerprint: 'fp-acme',
      verdict,
      account,
      lastConnectedAt: 7,
      revision: 0,
      firstSeen: at,
    });
  });
});

describe('the view', () => {
  const c = begin(found('acme'));
  it('it is complete and holds no secret', () => {
    const pairing = { id: 'p', method: 'code', phoneNumber: '491700000000', expiresAt: 9 } as const;
    expect(
      viewOf({
        ...c,
        pairing,
        account,
        duplicateOf: 'b',
        failures: 2,
        lastConnectedAt: 7,
        step: 'queued',
        state: 'restoring',
      }),
    ).toEqual({
      org: 'acme',
      state: 'restoring',
      step: 'queued',
      desired: 'running',
      credentials: 'restorable',
      liveness: null,
      writable: true,
      revision: 0,
      since: at,
      attempt: 2,
      maxAttempts: 10,
      nextRetryAt: null,
      lastConnectedAt: 7,
      lastError: null,
      account,
      duplicateOf: 'b',
      pairing: { id: 'p', method: 'code', expiresAt: 9 },
    });
    expect(viewOf(c)).toMatchObject({
      lastConnectedAt: null,
      account: null,
      duplicateOf: null,
      pairing: null,
    });
  });
  it('the credentials are those of the verdict, or else those found', () => {
    const shown = (reason: Verdict['reason']) => viewOf({ ...c, verdict: { reason, at: 1 } }).credentials;
    expect([shown('revoked'), shown('creds_corrupt'), shown('locked')]).toEqual([
      'revoked',
      'corrupt',
      'restorable',
    ]);
    expect(viewOf({ ...c, stored: 'unpaired' }).credentials).toBe('unpaired');
  });
  it('liveness is shown only while connected', () => {
    const health = (over: object) => viewOf({ ...c, state: 'connected', ...over }).liveness;
    expect([health({}), health({ pings: 'missed' }), health({ writes: 'failing' })]).toEqual([
      'healthy',
      'suspect',
      'suspect',
    ]);
    expect([health({ hearing: 'deaf' }), health({ hearing: 'deaf', pings: 'missed' })]).toEqual([
      'deaf',
      'deaf',
    ]);
    expect(viewOf({ ...c, state: 'restoring', pings: 'missed' }).liveness).toBeNull();
  });
  it('the next attempt is shown only where one will come, or where none may come before', () => {
    const next = (over: object) => viewOf({ ...c, nextAt: 9, ...over }).nextRetryAt;
    expect([
      next({ state: 'retrying' }),
      next({ state: 'failed' }),
      next({ state: 'idle' }),
      next({ state: 'connected' }),
    ]).toEqual([9, 9, null, null]);
    expect(next({ state: 'failed', desired: 'stopped' })).toBeNull();
    expect(
      next({
        state: 'failed',
        desired: 'stopped',
        verdict: { reason: 'banned_temporarily', at: 1, until: 9 },
      }),
    ).toBe(9);
    expect(next({ state: 'idle', verdict: { reason: 'banned_temporarily', at: 1, until: 9 } })).toBeNull();
  });
});
