import { describe, expect, it, vi } from 'vitest';
import type { Reason } from '../../../machines/domain/disconnect.ts';
import { advanceSlowly, onVirtualTime } from '../fake-clock.ts';
import { FleetHarness, found } from '../harness.ts';

onVirtualTime();
const pairing = { id: 'p1', method: 'qr' } as const;
const qr = (text: string) =>
  ({ type: 'connection.qr', qr: text, attempt: 1, expiresAt: Date.now() + 60_000 }) as const;
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

describe('commands', () => {
  it('a stop is durable, and neither a scan nor a retry undoes it', async () => {
    const w = new FleetHarness();
    const s = w.alone();
    w.up();
    s.actor.send({ type: 'session.stop' });
    await advanceSlowly();
    expect(w.disk.get('acme')?.desired).toBe('stopped');
    expect(w.sockets.size + w.alive.size).toBe(0);
    expect(s.view()).toMatchObject({ state: 'idle', desired: 'stopped' });
    s.actor.send({ type: 'session.retry' });
    s.actor.send({ type: 'credentials.seen', found: found('acme', { fingerprint: 'other' }) });
    expect(s.value()).toMatchObject({ idle: expect.anything() });
    s.actor.send({ type: 'session.restore' });
    await advanceSlowly();
    expect(s.view().state).toBe('restoring');
    expect(w.disk.get('acme')?.desired).toBe('running');
  });
  it('a failed session that is stopped stays failed and has no timer', async () => {
    const w = new FleetHarness();
    const s = w.alone();
    await failTimes(w, s, 10, 'timeout');
    await advanceSlowly();
    s.actor.send({ type: 'session.stop' });
    await advanceSlowly();
    expect(s.view()).toMatchObject({ state: 'failed', desired: 'stopped', nextRetryAt: null });
    expect(vi.getTimerCount()).toBe(0);
    s.actor.send({ type: 'session.retry' });
    expect(s.value()).toMatchObject({ failed: expect.anything() });
    s.actor.send({ type: 'session.restore' });
    expect(s.value()).toHaveProperty('live');
  });
  it('a locked account is tried again only with force', async () => {
    const w = new FleetHarness();
    const s = w.alone();
    w.close('locked');
    await advanceSlowly();
    s.actor.send({ type: 'session.retry' });
    expect(w.opened).toHaveLength(1);
    s.actor.send({ type: 'session.retry', force: true });
    expect(w.opened).toHaveLength(2);
  });
  it('a logout of a connected session unlinks, archives and ends', async () => {
    const w = new FleetHarness();
    const s = w.alone();
    w.up();
    s.actor.send({ type: 'session.logout' });
    expect(w.orders).toContain('acme connection.unlink');
    w.net('acme', { type: 'connection.unlinked' });
    await advanceSlowly();
    expect(s.actor.getSnapshot()).toMatchObject({ status: 'done', context: { unlinked: true } });
  });
  it('a logout that WhatsApp does not confirm within 10 s archives all the same, and says so', async () => {
    const w = new FleetHarness();
    const s = w.alone();
    w.up();
    s.actor.send({ type: 'session.logout' });
    await advanceSlowly(9_999);
    expect(s.actor.getSnapshot().status).toBe('active');
    await advanceSlowly(1);
    expect(s.actor.getSnapshot()).toMatchObject({ status: 'done', context: { unlinked: false } });
  });
  it('a logout whose archive fails loses nothing and says so', async () => {
    const w = new FleetHarness();
    w.archive = async () => {
      throw new Error('EXDEV');
    };
    const s = w.alone();
    s.actor.send({ type: 'session.logout' });
    await advanceSlowly();
    expect(s.view()).toMatchObject({ state: 'failed', lastError: { reason: 'storage' } });
  });
  it('a duplicate opens no socket until the other directory is gone', async () => {
    const w = new FleetHarness();
    const s = w.alone({ found: found('acme', { duplicateOf: '2' }) });
    await advanceSlowly();
    expect(s.view()).toMatchObject({ state: 'failed', duplicateOf: '2', lastError: { reason: 'conflict' } });
    s.actor.send({ type: 'session.restore' });
    s.actor.send({ type: 'session.retry' });
    expect(w.opened).toEqual([]);
    s.actor.send({ type: 'credentials.seen', found: found('acme') });
    expect(s.view()).toMatchObject({ state: 'restoring', duplicateOf: null });
  });
});

describe('pairing', () => {
  const newcomer = { found: found('acme', { stored: 'absent', fingerprint: '' }) };
  it('a new QR does not restart the 180 s, and afterwards the old state is back', async () => {
    const w = new FleetHarness();
    const s = w.alone(newcomer);
    await advanceSlowly();
    expect(s.view()).toMatchObject({ state: 'idle', credentials: 'absent' });
    s.actor.send({ type: 'session.pair', pairing });
    w.net('acme', qr('one'));
    await advanceSlowly(170_000);
    w.net('acme', qr('two'));
    await advanceSlowly(9_999);
    expect(s.view().state).toBe('pairing');
    await advanceSlowly(1);
    expect(s.view()).toMatchObject({
      state: 'idle',
      lastError: { reason: 'pairing_expired' },
      pairing: null,
    });
    expect(s.story()).toContain('pairing expired');
    expect(w.sockets.size).toBe(0);
  });
  it('credentials that were put into the directory meanwhile count when it comes to nothing', async () => {
    const w = new FleetHarness();
    const s = w.alone();
    w.close('revoked');
    await advanceSlowly();
    s.actor.send({ type: 'session.pair', pairing });
    await advanceSlowly(1_000);
    s.actor.send({ type: 'credentials.seen', found: found('acme', { fingerprint: 'other' }) });
    expect(s.view().state).toBe('pairing');
    await advanceSlowly(180_000);
    expect(s.view()).toMatchObject({ state: 'restoring', lastError: { reason: 'pairing_expired' } });
    expect(s.context().fingerprint).toBe('other');
    expect(w.opened.at(-1)?.mode).toBe('restore');
  });
  it('it waits for the 515 before the directory is moved', async () => {
    const w = new FleetHarness();
    const promoted: string[] = [];
    w.promote = async (org) => {
      expect(w.alive.size).toBe(0); // the socket is closed first
      promoted.push(org);
      return found(org, { fingerprint: 'new', promoted: true });
    };
    const s = w.alone(newcomer);
    s.actor.send({ type: 'session.pair', pairing });
    w.net('acme', qr('one'), { type: 'connection.paired' });
    await advanceSlowly();
    expect(promoted).toEqual([]);
    w.close('restart_required');
    await advanceSlowly();
    expect(promoted).toEqual(['acme']);
    expect(s.story()).toContain('pairing completed');
    w.up();
    await advanceSlowly();
    expect(s.view()).toMatchObject({ state: 'connected', desired: 'running' });
    expect(w.disk.get('acme')).toMatchObject({ desired: 'running', fingerprint: 'new' });
  });
  it('it waits at most 10 s for the 515', async () => {
    const w = new FleetHarness();
    const s = w.alone(newcomer);
    s.actor.send({ type: 'session.pair', pairing });
    w.net('acme', { type: 'connection.paired' });
    await advanceSlowly(10_000);
    expect(s.view().state).toBe('restoring');
  });
  it('a cancelled or failed pairing keeps the verdict from before', async () => {
    const w = new FleetHarness();
    const s = w.alone();
    w.close('revoked');
    await advanceSlowly();
    const verdict = w.disk.get('acme')?.verdict;
    s.actor.send({ type: 'session.pair', pairing });
    expect(s.view().state).toBe('pairing');
    s.actor.send({ type: 'session.cancelPairing' });
    await advanceSlowly();
    expect(s.view()).toMatchObject({ state: 'failed', lastError: { reason: 'revoked' } });
    expect(w.disk.get('acme')?.verdict).toEqual(verdict);
    expect(s.story()).toContain('pairing cancelled');
  });
  it('a stopped session stays stopped when it is cancelled, and runs when it completes', async () => {
    const w = new FleetHarness();
    const s = w.alone();
    s.actor.send({ type: 'session.stop' });
    s.actor.send({ type: 'session.pair', pairing });
    s.actor.send({ type: 'session.cancelPairing' });
    await advanceSlowly();
    expect(s.view()).toMatchObject({ state: 'idle', desired: 'stopped' });
    s.actor.send({ type: 'session.pair', pairing });
    w.net('acme', { type: 'connection.paired' });
    w.close('restart_required');
    await advanceSlowly();
    expect(s.view()).toMatchObject({ state: 'restoring', desired: 'running' });
  });
  it('a stop cancels it', async () => {
    const w = new FleetHarness();
    const s = w.alone(newcomer);
    s.actor.send({ type: 'session.pair', pairing });
    s.actor.send({ type: 'session.stop' });
    await advanceSlowly();
    expect(s.view()).toMatchObject({ state: 'idle', desired: 'stopped' });
    expect(w.sockets.size).toBe(0);
  });
});
