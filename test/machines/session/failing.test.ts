import { describe, expect, it, vi } from 'vitest';
import type { Reason } from '../../../machines/domain/disconnect.ts';
import { advanceSlowly, onVirtualTime, settle } from '../fake-clock.ts';
import { FleetHarness, found, record } from '../harness.ts';

onVirtualTime();
/** Lets a session fail until it has failed `n` times, waiting exactly its own backoff in between. */
const failTimes = async (
  w: FleetHarness,
  s: ReturnType<FleetHarness['alone']>,
  n: number,
  reason: Reason,
) => {
  for (let i = 0; i < n; i += 1) {
    w.close(reason);
    if (s.value() === 'retrying') await advanceSlowly(s.context().waitMs);
  }
};

describe('failures', () => {
  it('a 515 reopens at once, and the fourth in a row is a strike', () => {
    const w = new FleetHarness();
    const s = w.alone();
    for (let i = 0; i < 3; i += 1) {
      w.close('restart_required');
      expect(s.view().state).toBe('restoring');
      expect(s.context().strikes).toBe(0);
    }
    w.close('restart_required');
    expect(s.view().state).toBe('retrying');
    expect(s.context().strikes).toBe(1);
  });
  it('ten strikes exhaust a session, and a probe brings the verdict back or lifts it', async () => {
    const w = new FleetHarness();
    const s = w.alone();
    await failTimes(w, s, 10, 'timeout');
    await advanceSlowly();
    expect(s.view()).toMatchObject({ state: 'failed', lastError: { reason: 'exhausted' } });
    const at = w.disk.get('acme')?.verdict?.at;
    await advanceSlowly(900_000);
    expect(s.view().state).toBe('restoring');
    w.close('network');
    await advanceSlowly();
    expect(s.view().state).toBe('failed');
    expect(w.disk.get('acme')?.verdict?.at).toBe(at);
    await advanceSlowly(900_000);
    w.up();
    await advanceSlowly();
    expect(s.view()).toMatchObject({ state: 'connected', lastError: null });
    expect(w.disk.get('acme')?.verdict).toBeUndefined();
  });
  it('an outage of the network is never a strike, however long', async () => {
    const w = new FleetHarness();
    const s = w.alone();
    await failTimes(w, s, 200, 'network');
    expect(s.view().state).not.toBe('failed');
    expect(s.context().strikes).toBe(0);
    expect(s.context().waitMs).toBeLessThanOrEqual(300_000);
  });
  it('a 440 yields once for at least a minute, then leaves the account to the other login', async () => {
    const w = new FleetHarness();
    const s = w.alone();
    w.up();
    w.close('conflict');
    await advanceSlowly(59_999);
    expect(s.view().state).toBe('retrying');
    await advanceSlowly(5_000);
    w.up();
    w.close('conflict');
    await advanceSlowly();
    expect(s.view()).toMatchObject({ state: 'failed', lastError: { reason: 'conflict' } });
    await advanceSlowly(86_400_000);
    expect(w.opened).toHaveLength(2);
  });
  it('an unknown ending is tried quickly once, then three times at least five minutes apart', async () => {
    const w = new FleetHarness();
    const s = w.alone();
    w.close('unknown');
    expect(s.context().waitMs).toBeLessThan(5_000);
    await advanceSlowly(s.context().waitMs);
    for (let i = 0; i < 2; i += 1) {
      w.close('unknown');
      expect(s.context().waitMs).toBeGreaterThanOrEqual(300_000);
      await advanceSlowly(s.context().waitMs);
    }
    w.close('unknown');
    await advanceSlowly();
    expect(s.view()).toMatchObject({ state: 'failed', lastError: { reason: 'unknown' } });
  });
  it('no attempt comes before a temporary ban ends, even a ban that is longer than a timer can be', async () => {
    const w = new FleetHarness();
    const s = w.alone();
    const day = 86_400_000;
    w.close('banned_temporarily', 'acme', Date.now() + 40 * day);
    await advanceSlowly(40 * day - 1);
    expect(s.view().state).toBe('failed');
    expect(w.opened).toHaveLength(1);
    await advanceSlowly(1);
    expect(s.view().state).toBe('restoring');
    expect(w.opened).toHaveLength(2);
  });
  it('a clock that is set back a year prolongs no ban, in this process or in the next', async () => {
    const day = 86_400_000;
    const w = new FleetHarness();
    const s = w.alone();
    const until = Date.now() + day;
    w.close('banned_temporarily', 'acme', until);
    await settle();
    vi.setSystemTime(Date.now() - 365 * day);
    await advanceSlowly(day - 1_000);
    expect(s.view().state).toBe('failed');
    await advanceSlowly(1_000);
    expect(s.view().state).toBe('restoring');
    const verdict = { reason: 'banned_temporarily', at: until - day, until } as const;
    const next = new FleetHarness().alone({ found: found('acme', { record: record('acme', { verdict }) }) });
    await advanceSlowly(day - 1_000);
    expect(next.view().state).toBe('failed');
    await advanceSlowly(1_000);
    expect(next.view().state).toBe('restoring');
  });
  it('a verdict outlives the process, and only other credentials lift it', async () => {
    const w = new FleetHarness();
    const s = w.alone({
      found: found('acme', { record: record('acme', { verdict: { reason: 'revoked', at: 0 } }) }),
    });
    await advanceSlowly();
    expect(s.view()).toMatchObject({ state: 'failed', credentials: 'revoked' });
    s.actor.send({ type: 'credentials.seen', found: found('acme') });
    s.actor.send({ type: 'session.retry' });
    s.actor.send({ type: 'session.restore' });
    expect(w.opened).toEqual([]);
    s.actor.send({ type: 'credentials.seen', found: found('acme', { fingerprint: 'other' }) });
    expect(s.view().state).toBe('restoring');
    expect(w.opened).toHaveLength(1);
  });
  it('a crash verdict holds for the build that crashed, not for the next one', async () => {
    const crashed = {
      found: found('acme', {
        record: record('acme', { verdict: { reason: 'crashed', at: 0, build: '1.0.0' } }),
      }),
    };
    expect(new FleetHarness().alone({ ...crashed, build: '1.0.0' }).value()).toMatchObject({
      failed: expect.anything(),
    });
    expect(new FleetHarness().alone({ ...crashed, build: '1.0.1' }).value()).toHaveProperty('live');
  });
  it('credentials that cannot be read are tried again without a strike', async () => {
    const w = new FleetHarness();
    const s = w.alone({ found: found('acme', { stored: 'unreadable' }) });
    expect(s.view()).toMatchObject({ state: 'retrying', lastError: { reason: 'storage' } });
    expect(s.context().strikes).toBe(0);
    s.actor.send({ type: 'credentials.seen', found: found('acme') });
    expect(s.view().state).toBe('restoring');
  });
  it("a record that cannot be read opens no socket and is kept until an operator's command", async () => {
    const w = new FleetHarness();
    const s = w.alone({ found: found('acme', { recordUnreadable: true }) });
    await advanceSlowly();
    expect(s.view()).toMatchObject({ state: 'failed', lastError: { reason: 'storage' } });
    expect(s.reports[0]).toMatchObject({ durable: false, created: false });
    expect(w.disk.size).toBe(0);
    s.actor.send({ type: 'session.retry' });
    w.up();
    await advanceSlowly();
    expect(s.view().state).toBe('connected');
    expect(w.disk.get('acme')?.desired).toBe('running');
  });
  it('a file that was only touched does not cut a backoff short', async () => {
    const w = new FleetHarness();
    const s = w.alone();
    w.close('timeout');
    s.actor.send({
      type: 'credentials.seen',
      found: found('acme', { stored: 'unsettled', fingerprint: '' }),
    });
    s.actor.send({ type: 'credentials.seen', found: found('acme') });
    expect(s.view().state).toBe('retrying');
    expect(s.context().strikes).toBe(1);
  });
  it('a verdict that could not be written is reported as not durable', async () => {
    const w = new FleetHarness();
    w.diskFails = true;
    const s = w.alone();
    w.close('revoked');
    await advanceSlowly();
    expect(s.reports.at(-1)).toMatchObject({ durable: false, view: { state: 'failed' } });
  });
});
