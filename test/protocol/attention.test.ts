/** Whether a person is needed, and which one action helps. */
import { describe, expect, it } from 'vitest';
import { lastingReasons, type Reason, reasons } from '../../machines/domain/disconnect.ts';
import { type SessionView, states } from '../../machines/domain/view.ts';
import { attentionOf } from '../../src/protocol/attention.ts';
import { reasonTexts } from '../../src/protocol/reasons.ts';
import { Attention, attentionActions } from '../../src/protocol/session.ts';
import { at, viewOf } from '../control/views.ts';

const failed = (reason: Reason, over: Partial<SessionView> = {}) =>
  attentionOf(viewOf('acme', { state: 'failed', liveness: null, lastError: { reason, at }, ...over }));
const actionOf = (over: Partial<SessionView>) => attentionOf(viewOf('acme', over))?.action;

describe('attention', () => {
  it('names one action for every failure that does not end by itself, in the words of the reason', () => {
    expect(Object.fromEntries(lastingReasons.map((reason) => [reason, failed(reason)?.action]))).toEqual({
      revoked: 'pair',
      banned_temporarily: 'check_phone',
      locked: 'check_phone',
      wrong_account: 'pair',
      conflict: 'stop_other_program',
      older_copy: 'retry',
      creds_corrupt: 'pair',
      creds_lost: 'pair',
      storage: 'check_storage',
      crashed: 'retry',
      exhausted: 'retry',
      unknown: 'retry',
    });
    expect(failed('revoked')?.message).toBe(reasonTexts.revoked.action);
  });
  it('is null for a failure that Vigía retries by itself at a known time', () => {
    expect(failed('exhausted', { nextRetryAt: at })).toBeNull();
    expect(failed('banned_temporarily', { nextRetryAt: at })).toBeNull();
  });
  it('is null for a session that an operator stopped, and for one that is being paired', () => {
    expect(failed('revoked', { desired: 'stopped' })).toBeNull();
    expect(actionOf({ state: 'pairing', liveness: null, writable: false })).toBeUndefined();
  });
  it('is null for a healthy, a retrying, a restoring and a never linked session', () => {
    expect(actionOf({})).toBeUndefined();
    expect(actionOf({ liveness: 'suspect' })).toBeUndefined();
    const lastError = { reason: 'network', at } as const;
    expect(actionOf({ state: 'retrying', liveness: null, lastError, nextRetryAt: at })).toBeUndefined();
    expect(actionOf({ state: 'restoring', liveness: null, lastError })).toBeUndefined();
    expect(actionOf({ state: 'idle', liveness: null, credentials: 'unpaired' })).toBeUndefined();
  });
  it('names the storage wherever a disk that a person must mend is the cause', () => {
    expect(actionOf({ writable: false, liveness: 'suspect' })).toBe('check_storage');
    expect(actionOf({ state: 'idle', liveness: null, credentials: 'unreadable' })).toBe('check_storage');
    const lastError = { reason: 'storage', at } as const;
    expect(actionOf({ state: 'retrying', liveness: null, lastError })).toBe('check_storage');
  });
  it('names another connection for a deaf session, and the second directory for a duplicate', () => {
    expect(actionOf({ liveness: 'deaf' })).toBe('restart');
    expect(actionOf({ state: 'failed', liveness: null, duplicateOf: 'beta' })).toBe('remove_duplicate');
  });
  it('fits the schema in every state with every reason, and uses every action', () => {
    const all = states.flatMap((state) =>
      reasons.flatMap((reason) =>
        [true, false].flatMap((writable) =>
          (['deaf', 'healthy'] as const).map((liveness) =>
            attentionOf(
              viewOf('acme', {
                state,
                writable,
                liveness,
                lastError: { reason, at },
                duplicateOf: writable || reason !== 'network' ? null : 'beta',
              }),
            ),
          ),
        ),
      ),
    );
    const needed = all.filter((attention) => attention !== null);
    expect(needed.map((attention) => Attention.parse(attention))).toEqual(needed);
    expect(new Set(needed.map(({ action }) => action))).toEqual(new Set(attentionActions));
  });
});
