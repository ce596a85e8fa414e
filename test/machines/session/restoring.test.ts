import { describe, expect, it, vi } from 'vitest';
import { fromCallback } from 'xstate';
import { advanceSlowly, onVirtualTime } from '../fake-clock.ts';
import { FleetHarness, found, record } from '../harness.ts';

onVirtualTime();
const qr = (text: string) =>
  ({ type: 'connection.qr', qr: text, attempt: 1, expiresAt: Date.now() + 60_000 }) as const;

describe('restoring', () => {
  it('it waits at the gate without a socket and without a timer', async () => {
    const w = new FleetHarness();
    const s = w.alone({}, fromCallback(() => {}) as never);
    await advanceSlowly(600_000);
    expect(s.view()).toMatchObject({ state: 'restoring', step: 'queued' });
    expect(w.opened).toEqual([]);
    expect(vi.getTimerCount()).toBe(0);
  });
  it('it is connected only when it is open, its ping is answered and the backlog is received', async () => {
    const w = new FleetHarness();
    w.answersPings = false;
    const s = w.alone();
    w.net('acme', { type: 'connection.opened', account: { id: '1:1@s.whatsapp.net', name: null } });
    expect(s.view()).toMatchObject({ state: 'restoring', step: 'verifying' });
    w.net('acme', { type: 'connection.caughtUp' });
    expect(s.view().state).toBe('restoring');
    w.net('acme', { type: 'connection.pinged', ok: true });
    expect(s.view()).toMatchObject({
      state: 'connected',
      liveness: 'healthy',
      account: { id: '1:1@s.whatsapp.net' },
    });
    expect(w.orders).toContain('acme connection.proven');
  });
  it('it does not wait for a backlog that was received before `open`', async () => {
    const w = new FleetHarness();
    const s = w.alone();
    w.net(
      'acme',
      { type: 'connection.caughtUp' },
      { type: 'connection.opened', account: { id: '1:1@s.whatsapp.net', name: null } },
    );
    expect(s.view().state).toBe('connected');
    w.close('timeout');
    await advanceSlowly(s.context().waitMs);
    w.net('acme', { type: 'connection.opened', account: { id: '1:1@s.whatsapp.net', name: null } });
    expect(s.view().state).toBe('restoring'); // the next connection has a backlog of its own
  });
  it('it waits at most 45 s for the backlog', async () => {
    const w = new FleetHarness();
    const s = w.alone();
    w.net('acme', { type: 'connection.opened', account: { id: '1:1@s.whatsapp.net', name: null } });
    await advanceSlowly(44_999);
    expect(s.view().state).toBe('restoring');
    await advanceSlowly(1);
    expect(s.view().state).toBe('connected');
  });
  it('a login without an answer ends after 90 s, by the same table', async () => {
    const w = new FleetHarness();
    const s = w.alone();
    await advanceSlowly(89_999);
    expect(s.view().state).toBe('restoring');
    await advanceSlowly(1);
    expect(s.view()).toMatchObject({ state: 'retrying', lastError: { reason: 'timeout' } });
    expect(w.sockets.size).toBe(0);
  });
  it('an open connection without an answer to its ping ends after 45 s', async () => {
    const w = new FleetHarness();
    w.answersPings = false;
    const s = w.alone();
    w.up();
    await advanceSlowly(45_000);
    expect(s.view()).toMatchObject({ state: 'retrying', lastError: { reason: 'timeout' } });
  });
  it('a QR means lost credentials: the socket closes, and the verdict is on disk before it is reported', async () => {
    const w = new FleetHarness();
    const s = w.alone();
    w.net('acme', qr('x'));
    expect(w.sockets.size).toBe(0);
    expect(s.story()).not.toContain('failed(creds_lost)');
    await advanceSlowly();
    expect(w.disk.get('acme')?.verdict?.reason).toBe('creds_lost');
    expect(s.story()).toContain('failed(creds_lost)');
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('a connected session', () => {
  it('it is never restarted while it is quiet and healthy', async () => {
    const w = new FleetHarness();
    const s = w.alone();
    w.up();
    await advanceSlowly(24 * 3_600_000);
    expect(s.view().state).toBe('connected');
    expect(w.opened).toHaveLength(1);
  });
  it('a dead peer is noticed within 50 s', async () => {
    const w = new FleetHarness();
    const s = w.alone();
    w.up();
    await advanceSlowly(25_000); // the last ping that is answered
    w.answersPings = false;
    await advanceSlowly(34_999);
    expect(s.view()).toMatchObject({ state: 'connected', liveness: 'healthy' });
    await advanceSlowly(1);
    expect(s.view()).toMatchObject({ state: 'connected', liveness: 'suspect' });
    await advanceSlowly(14_999);
    expect(s.view().state).toBe('connected');
    await advanceSlowly(1);
    expect(s.view()).toMatchObject({ state: 'retrying', lastError: { reason: 'unhealthy' } });
    expect(w.sockets.size).toBe(0);
  });
  it('the next answer makes up for one missed ping', async () => {
    const w = new FleetHarness();
    const s = w.alone();
    w.up();
    w.answersPings = false;
    await advanceSlowly(35_000);
    expect(s.view().liveness).toBe('suspect');
    w.answersPings = true;
    await advanceSlowly(5_000);
    expect(s.view()).toMatchObject({ state: 'connected', liveness: 'healthy' });
    await advanceSlowly(3_600_000);
    expect(w.opened).toHaveLength(1);
  });
  it('its failures are forgiven after ten minutes, not before', async () => {
    const w = new FleetHarness();
    const s = w.alone();
    w.close('timeout');
    await advanceSlowly(s.context().waitMs);
    w.up();
    await advanceSlowly(599_999);
    expect(s.context().strikes).toBe(1);
    await advanceSlowly(1);
    expect(s.context().strikes).toBe(0);
  });
  it('it keeps its socket and is suspect while its credentials cannot be written', async () => {
    const w = new FleetHarness();
    const s = w.alone();
    w.up();
    w.net('acme', { type: 'storage.failed' });
    expect(s.view()).toMatchObject({ state: 'connected', liveness: 'suspect' });
    w.net('acme', { type: 'storage.recovered' });
    expect(s.view()).toMatchObject({ state: 'connected', liveness: 'healthy' });
    expect(w.opened).toHaveLength(1);
  });
});

it('the revision grows with every report', async () => {
  const w = new FleetHarness();
  const s = w.alone({ found: found('acme', { record: record('acme', { revision: 41 }) }) });
  w.up();
  w.close('timeout');
  await advanceSlowly(10_000);
  const revisions = s.reports.flatMap((r) => (r.type === 'session.reported' ? [r.view.revision] : []));
  expect(revisions[0]).toBe(42);
  expect(revisions).toEqual(revisions.map((_, i) => 42 + i));
});
