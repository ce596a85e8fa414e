/** What comes with each change: why, whether it was written, and since when it holds. */
import { describe, expect, it, vi } from 'vitest';
import { defaultPolicy } from '../../../machines/domain/policy.ts';
import { causeOf } from '../../../machines/session/context.ts';
import { advance, onVirtualTime, settle } from '../fake-clock.ts';
import { found, record } from '../harness.ts';
import { startSession } from '../spec/harness.ts';

const account = { id: '1:1@s.whatsapp.net', name: 'Acme' };

describe('the cause of a change', () => {
  onVirtualTime();
  it('it has a name that an operator knows', () => {
    expect(causeOf('xstate.init', 'x')).toBe('adopted');
    expect(causeOf('xstate.done.actor.promote', 'x')).toBe('pairing.completed');
    expect(causeOf('xstate.done.actor.saveRecordFirst', 'x')).toBe('x');
    expect(causeOf('xstate.error.actor.saveRecordFirst', 'x')).toBe('x');
    expect(causeOf('xstate.after.backoff.session.retrying', 'x')).toBe('after.backoff');
    expect(causeOf('session.stop', 'x')).toBe('session.stop');
  });
  it('it comes with every report, even with a verdict that was written first', async () => {
    const s = startSession({ ...defaultPolicy, maxStrikes: 2 });
    s.admit();
    s.net({ type: 'connection.closed', reason: 'timeout' });
    await advance(s.context().waitMs);
    s.admit();
    s.net({ type: 'connection.closed', reason: 'timeout' });
    await settle();
    s.send({ type: 'session.stop' });
    await settle();
    const reported = s.reports.flatMap((r) =>
      r.type === 'session.reported' ? [[r.previousState, r.view.state, r.cause]] : [],
    );
    expect(reported).toEqual([
      [null, 'restoring', 'adopted'],
      ['restoring', 'restoring', 'permit.granted'],
      ['restoring', 'retrying', 'connection.closed'],
      ['retrying', 'restoring', 'after.backoff'],
      ['restoring', 'restoring', 'permit.granted'],
      ['restoring', 'failed', 'connection.closed'],
      ['failed', 'failed', 'session.stop'],
    ]);
  });
  it('a report says whether the record is durable, whether credentials can be written, and since when the state holds', async () => {
    const s = startSession(defaultPolicy, {
      found: found('acme', { record: record('acme', { desired: 'stopped' }) }),
    });
    await settle();
    expect(s.reports).toEqual([
      expect.objectContaining({
        type: 'session.reported',
        org: 'acme',
        previousState: null,
        created: false,
        durable: true,
        view: expect.objectContaining({ writable: true }),
        cause: 'adopted',
      }),
    ]);
    vi.advanceTimersByTime(1_000);
    s.send({ type: 'session.restore' });
    s.admit();
    expect(s.view()).toMatchObject({ step: 'connecting', since: 1_000, lastError: null });
    vi.advanceTimersByTime(1_000);
    s.net({ type: 'connection.opened', account });
    expect(s.view()).toMatchObject({ step: 'verifying', since: 1_000, account });
    s.net({ type: 'connection.caughtUp' }, { type: 'storage.failed' });
    expect(s.reports.at(-1)).toMatchObject({
      view: { writable: false, state: 'connected', since: 2_000, lastConnectedAt: 2_000 },
    });
    s.net({ type: 'connection.closed', reason: 'timeout' });
    expect(s.reports.at(-1)).toMatchObject({ view: { writable: true }, previousState: 'connected' });
  });
});
