import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { fromCallback } from 'xstate';
import { found, record, World } from '../harness.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());
const tick = (ms = 0) => vi.advanceTimersByTimeAsync(ms);
const qr = (text: string) =>
  ({ type: 'connection.qr', qr: text, attempt: 1, expiresAt: Date.now() + 60_000 }) as const;

describe('restoring', () => {
  it('waits at the gate without a socket and without any timer', async () => {
    const w = new World();
    const s = w.alone({}, fromCallback(() => {}) as never);
    await tick(600_000);
    expect(s.view()).toMatchObject({ state: 'restoring', step: 'queued' });
    expect(w.opened).toEqual([]);
    expect(vi.getTimerCount()).toBe(0);
  });
  it('is connected only when open, its own ping answered and the backlog received', async () => {
    const w = new World();
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
  it('does not wait for a backlog that was received before it opened', async () => {
    const w = new World();
    const s = w.alone();
    w.net(
      'acme',
      { type: 'connection.caughtUp' },
      { type: 'connection.opened', account: { id: '1:1@s.whatsapp.net', name: null } },
    );
    expect(s.view().state).toBe('connected');
    w.close('timeout');
    await tick(s.context().waitMs);
    w.net('acme', { type: 'connection.opened', account: { id: '1:1@s.whatsapp.net', name: null } });
    expect(s.view().state).toBe('restoring'); // the next connection has a backlog of its own
  });
  it('does not wait for the backlog longer than 45 s', async () => {
    const w = new World();
    const s = w.alone();
    w.net('acme', { type: 'connection.opened', account: { id: '1:1@s.whatsapp.net', name: null } });
    await tick(44_999);
    expect(s.view().state).toBe('restoring');
    await tick(1);
    expect(s.view().state).toBe('connected');
  });
  it('a login that is never answered is cut after 90 s, by the same table', async () => {
    const w = new World();
    const s = w.alone();
    await tick(89_999);
    expect(s.view().state).toBe('restoring');
    await tick(1);
    expect(s.view()).toMatchObject({ state: 'retrying', lastError: { reason: 'timeout' } });
    expect(w.sockets.size).toBe(0);
  });
  it('an open one whose ping is never answered is cut after 45 s', async () => {
    const w = new World();
    w.answersPings = false;
    const s = w.alone();
    w.up();
    await tick(45_000);
    expect(s.view()).toMatchObject({ state: 'retrying', lastError: { reason: 'timeout' } });
  });
  it('a QR means lost credentials: no socket, and the verdict is on disk before it is told', async () => {
    const w = new World();
    const s = w.alone();
    w.net('acme', qr('x'));
    expect(w.sockets.size).toBe(0);
    expect(s.story()).not.toContain('failed(creds_lost)');
    await tick();
    expect(w.disk.get('acme')?.verdict?.reason).toBe('creds_lost');
    expect(s.story()).toContain('failed(creds_lost)');
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('connected', () => {
  it('a quiet healthy session is never restarted', async () => {
    const w = new World();
    const s = w.alone();
    w.up();
    await tick(24 * 3_600_000);
    expect(s.view().state).toBe('connected');
    expect(w.opened).toHaveLength(1);
  });
  it('a dead peer is noticed within 50 s', async () => {
    const w = new World();
    const s = w.alone();
    w.up();
    await tick(25_000); // the last ping that is answered
    w.answersPings = false;
    await tick(34_999);
    expect(s.view()).toMatchObject({ state: 'connected', liveness: 'healthy' });
    await tick(1);
    expect(s.view()).toMatchObject({ state: 'connected', liveness: 'suspect' });
    await tick(14_999);
    expect(s.view().state).toBe('connected');
    await tick(1);
    expect(s.view()).toMatchObject({ state: 'retrying', lastError: { reason: 'unhealthy' } });
    expect(w.sockets.size).toBe(0);
  });
  it('one missed ping is forgiven by the next answer', async () => {
    const w = new World();
    const s = w.alone();
    w.up();
    w.answersPings = false;
    await tick(35_000);
    expect(s.view().liveness).toBe('suspect');
    w.answersPings = true;
    await tick(5_000);
    expect(s.view()).toMatchObject({ state: 'connected', liveness: 'healthy' });
    await tick(3_600_000);
    expect(w.opened).toHaveLength(1);
  });
  it('failures are forgiven only after ten minutes', async () => {
    const w = new World();
    const s = w.alone();
    w.close('timeout');
    await tick(s.context().waitMs);
    w.up();
    await tick(599_999);
    expect(s.context().strikes).toBe(1);
    await tick(1);
    expect(s.context().strikes).toBe(0);
  });
  it('credentials that cannot be written keep the socket and make it suspect', async () => {
    const w = new World();
    const s = w.alone();
    w.up();
    w.net('acme', { type: 'storage.failed' });
    expect(s.view()).toMatchObject({ state: 'connected', liveness: 'suspect' });
    w.net('acme', { type: 'storage.recovered' });
    expect(s.view()).toMatchObject({ state: 'connected', liveness: 'healthy' });
    expect(w.opened).toHaveLength(1);
  });
});

it('the revision grows with everything that is told', async () => {
  const w = new World();
  const s = w.alone({ found: found('acme', { record: record('acme', { revision: 41 }) }) });
  w.up();
  w.close('timeout');
  await tick(10_000);
  const revisions = s.reports.flatMap((r) => (r.type === 'session.reported' ? [r.view.revision] : []));
  expect(revisions[0]).toBe(42);
  expect(revisions).toEqual(revisions.map((_, i) => 42 + i));
});
