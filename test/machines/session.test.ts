import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { fromCallback } from 'xstate';
import type { Reason } from '../../machines/disconnect.ts';
import { found, record, World } from '../support/world.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());
const tick = (ms = 0) => vi.advanceTimersByTimeAsync(ms);
const pairing = { id: 'p1', method: 'qr' } as const;
const qr = (text: string) => ({ type: 'connection.qr', qr: text, attempt: 1, expiresAt: Date.now() + 60_000 }) as const;
/** Lets a session fail until it has failed `n` times, waiting exactly its own backoff in between. */
const failTimes = async (w: World, s: ReturnType<World['alone']>, n: number, reason: Reason) => {
  for (let i = 0; i < n; i += 1) {
    w.close(reason);
    if (s.value() === 'retrying') await tick(s.context().waitMs);
  }
};

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
    expect(s.view()).toMatchObject({ state: 'connected', liveness: 'healthy', account: { id: '1:1@s.whatsapp.net' } });
    expect(w.orders).toContain('acme connection.proven');
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

describe('failing', () => {
  it('515 reopens at once, the fourth in a row is a strike', () => {
    const w = new World();
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
  it('ten strikes exhaust it; a probe on probation brings the verdict back, or lifts it', async () => {
    const w = new World();
    const s = w.alone();
    await failTimes(w, s, 10, 'timeout');
    await tick();
    expect(s.view()).toMatchObject({ state: 'failed', lastError: { reason: 'exhausted' } });
    const at = w.disk.get('acme')?.verdict?.at;
    await tick(900_000);
    expect(s.view().state).toBe('restoring');
    w.close('network');
    await tick();
    expect(s.view().state).toBe('failed');
    expect(w.disk.get('acme')?.verdict?.at).toBe(at);
    await tick(900_000);
    w.up();
    await tick();
    expect(s.view()).toMatchObject({ state: 'connected', lastError: null });
    expect(w.disk.get('acme')?.verdict).toBeUndefined();
  });
  it('an outage of the network is never a strike, however long', async () => {
    const w = new World();
    const s = w.alone();
    await failTimes(w, s, 200, 'network');
    expect(s.view().state).not.toBe('failed');
    expect(s.context().strikes).toBe(0);
    expect(s.context().waitMs).toBeLessThanOrEqual(300_000);
  });
  it('440 yields once for at least a minute, then leaves the account to the other login', async () => {
    const w = new World();
    const s = w.alone();
    w.up();
    w.close('conflict');
    await tick(59_999);
    expect(s.view().state).toBe('retrying');
    await tick(5_000);
    w.up();
    w.close('conflict');
    await tick();
    expect(s.view()).toMatchObject({ state: 'failed', lastError: { reason: 'conflict' } });
    await tick(86_400_000);
    expect(w.opened).toHaveLength(2);
  });
  it('an unknown ending is tried quickly once, then three times at least five minutes apart', async () => {
    const w = new World();
    const s = w.alone();
    w.close('unknown');
    expect(s.context().waitMs).toBeLessThan(5_000);
    await tick(s.context().waitMs);
    for (let i = 0; i < 2; i += 1) {
      w.close('unknown');
      expect(s.context().waitMs).toBeGreaterThanOrEqual(300_000);
      await tick(s.context().waitMs);
    }
    w.close('unknown');
    await tick();
    expect(s.view()).toMatchObject({ state: 'failed', lastError: { reason: 'unknown' } });
  });
  it('no attempt is made before a temporary ban ends, even one longer than a timer can be; one is made then', async () => {
    const w = new World();
    const s = w.alone();
    const day = 86_400_000;
    w.close('banned_temporarily', 'acme', Date.now() + 40 * day);
    await tick(40 * day - 1);
    expect(s.view().state).toBe('failed');
    expect(w.opened).toHaveLength(1);
    await tick(1);
    expect(s.view().state).toBe('restoring');
    expect(w.opened).toHaveLength(2);
  });
  it('a verdict outlives the process and only other credentials lift it', async () => {
    const w = new World();
    const s = w.alone({ found: found('acme', { record: record('acme', { verdict: { reason: 'revoked', at: 0 } }) }) });
    await tick();
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
    const crashed = { found: found('acme', { record: record('acme', { verdict: { reason: 'crashed', at: 0, build: '1.0.0' } }) }) };
    expect(new World().alone({ ...crashed, build: '1.0.0' }).value()).toMatchObject({ failed: expect.anything() });
    expect(new World().alone({ ...crashed, build: '1.0.1' }).value()).toHaveProperty('live');
  });
  it('credentials that cannot be read are tried again without a strike', async () => {
    const w = new World();
    const s = w.alone({ found: found('acme', { stored: 'unreadable' }) });
    expect(s.view()).toMatchObject({ state: 'retrying', lastError: { reason: 'storage' } });
    expect(s.context().strikes).toBe(0);
    s.actor.send({ type: 'credentials.seen', found: found('acme') });
    expect(s.view().state).toBe('restoring');
  });
  it('a record that cannot be read opens no socket and is not overwritten until somebody says what is wanted', async () => {
    const w = new World();
    const s = w.alone({ found: found('acme', { recordUnreadable: true }) });
    await tick();
    expect(s.view()).toMatchObject({ state: 'failed', lastError: { reason: 'storage' } });
    expect(s.reports[0]).toMatchObject({ durable: false, created: false });
    expect(w.disk.size).toBe(0);
    s.actor.send({ type: 'session.retry' });
    w.up();
    await tick();
    expect(s.view().state).toBe('connected');
    expect(w.disk.get('acme')?.desired).toBe('running');
  });
  it('a file that was merely touched does not cut a backoff short', async () => {
    const w = new World();
    const s = w.alone();
    w.close('timeout');
    s.actor.send({ type: 'credentials.seen', found: found('acme', { stored: 'unsettled', fingerprint: '' }) });
    s.actor.send({ type: 'credentials.seen', found: found('acme') });
    expect(s.view().state).toBe('retrying');
    expect(s.context().strikes).toBe(1);
  });
  it('tells of a verdict that could not be written, and says so', async () => {
    const w = new World();
    w.diskFails = true;
    const s = w.alone();
    w.close('revoked');
    await tick();
    expect(s.reports.at(-1)).toMatchObject({ durable: false, view: { state: 'failed' } });
  });
});

describe('commands', () => {
  it('stop is durable, and neither a scan nor a retry undoes it', async () => {
    const w = new World();
    const s = w.alone();
    w.up();
    s.actor.send({ type: 'session.stop' });
    await tick();
    expect(w.disk.get('acme')?.desired).toBe('stopped');
    expect(w.sockets.size + w.alive.size).toBe(0);
    expect(s.view()).toMatchObject({ state: 'idle', desired: 'stopped' });
    s.actor.send({ type: 'session.retry' });
    s.actor.send({ type: 'credentials.seen', found: found('acme', { fingerprint: 'other' }) });
    expect(s.value()).toMatchObject({ idle: expect.anything() });
    s.actor.send({ type: 'session.restore' });
    await tick();
    expect(s.view().state).toBe('restoring');
    expect(w.disk.get('acme')?.desired).toBe('running');
  });
  it('a stopped failed session stays failed and waits for nobody', async () => {
    const w = new World();
    const s = w.alone();
    await failTimes(w, s, 10, 'timeout');
    await tick();
    s.actor.send({ type: 'session.stop' });
    await tick();
    expect(s.view()).toMatchObject({ state: 'failed', desired: 'stopped', nextRetryAt: null });
    expect(vi.getTimerCount()).toBe(0);
    s.actor.send({ type: 'session.retry' });
    expect(s.value()).toMatchObject({ failed: expect.anything() });
    s.actor.send({ type: 'session.restore' });
    expect(s.value()).toHaveProperty('live');
  });
  it('a locked account is tried again only by force', async () => {
    const w = new World();
    const s = w.alone();
    w.close('locked');
    await tick();
    s.actor.send({ type: 'session.retry' });
    expect(w.opened).toHaveLength(1);
    s.actor.send({ type: 'session.retry', force: true });
    expect(w.opened).toHaveLength(2);
  });
  it('logout of a connected session unlinks, archives and ends', async () => {
    const w = new World();
    const s = w.alone();
    w.up();
    s.actor.send({ type: 'session.logout' });
    expect(w.orders).toContain('acme connection.unlink');
    w.net('acme', { type: 'connection.unlinked' });
    await tick();
    expect(s.actor.getSnapshot()).toMatchObject({ status: 'done', output: { unlinked: true } });
  });
  it('logout that WhatsApp does not confirm within 10 s archives all the same, and says so', async () => {
    const w = new World();
    const s = w.alone();
    w.up();
    s.actor.send({ type: 'session.logout' });
    await tick(9_999);
    expect(s.actor.getSnapshot().status).toBe('active');
    await tick(1);
    expect(s.actor.getSnapshot()).toMatchObject({ status: 'done', output: { unlinked: false } });
  });
  it('logout whose archive fails loses nothing and says so', async () => {
    const w = new World();
    w.archive = async () => {
      throw new Error('EXDEV');
    };
    const s = w.alone();
    s.actor.send({ type: 'session.logout' });
    await tick();
    expect(s.view()).toMatchObject({ state: 'failed', lastError: { reason: 'storage' } });
  });
  it('an identity that lies in another directory too opens no socket, until the other is gone', async () => {
    const w = new World();
    const s = w.alone({ found: found('acme', { duplicateOf: '2' }) });
    await tick();
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
  it('its 180 s are not restarted by a new QR, and it goes back to what it was', async () => {
    const w = new World();
    const s = w.alone(newcomer);
    await tick();
    expect(s.view()).toMatchObject({ state: 'idle', credentials: 'absent' });
    s.actor.send({ type: 'session.pair', pairing });
    w.net('acme', qr('one'));
    await tick(170_000);
    w.net('acme', qr('two'));
    await tick(9_999);
    expect(s.view().state).toBe('pairing');
    await tick(1);
    expect(s.view()).toMatchObject({ state: 'idle', lastError: { reason: 'pairing_expired' }, pairing: null });
    expect(s.story()).toContain('pairing expired');
    expect(w.sockets.size).toBe(0);
  });
  it('waits for the 515 before the directory is moved', async () => {
    const w = new World();
    const promoted: string[] = [];
    w.promote = async (org) => {
      expect(w.alive.size).toBe(0); // the socket is closed first
      promoted.push(org);
      return found(org, { fingerprint: 'new', promoted: true });
    };
    const s = w.alone(newcomer);
    s.actor.send({ type: 'session.pair', pairing });
    w.net('acme', qr('one'), { type: 'connection.paired' });
    await tick();
    expect(promoted).toEqual([]);
    w.close('restart_required');
    await tick();
    expect(promoted).toEqual(['acme']);
    expect(s.story()).toContain('pairing completed');
    w.up();
    await tick();
    expect(s.view()).toMatchObject({ state: 'connected', desired: 'running' });
    expect(w.disk.get('acme')).toMatchObject({ desired: 'running', fingerprint: 'new' });
  });
  it('does not wait for a 515 that never comes longer than 10 s', async () => {
    const w = new World();
    const s = w.alone(newcomer);
    s.actor.send({ type: 'session.pair', pairing });
    w.net('acme', { type: 'connection.paired' });
    await tick(10_000);
    expect(s.view().state).toBe('restoring');
  });
  it('cancelled or failed, it keeps the verdict from before', async () => {
    const w = new World();
    const s = w.alone();
    w.close('revoked');
    await tick();
    const verdict = w.disk.get('acme')?.verdict;
    s.actor.send({ type: 'session.pair', pairing });
    expect(s.view().state).toBe('pairing');
    s.actor.send({ type: 'session.cancelPairing' });
    await tick();
    expect(s.view()).toMatchObject({ state: 'failed', lastError: { reason: 'revoked' } });
    expect(w.disk.get('acme')?.verdict).toEqual(verdict);
    expect(s.story()).toContain('pairing cancelled');
  });
  it('of a stopped session leaves it stopped when it is cancelled, running when it completes', async () => {
    const w = new World();
    const s = w.alone();
    s.actor.send({ type: 'session.stop' });
    s.actor.send({ type: 'session.pair', pairing });
    s.actor.send({ type: 'session.cancelPairing' });
    await tick();
    expect(s.view()).toMatchObject({ state: 'idle', desired: 'stopped' });
    s.actor.send({ type: 'session.pair', pairing });
    w.net('acme', { type: 'connection.paired' });
    w.close('restart_required');
    await tick();
    expect(s.view()).toMatchObject({ state: 'restoring', desired: 'running' });
  });
  it('is stopped by stop', async () => {
    const w = new World();
    const s = w.alone(newcomer);
    s.actor.send({ type: 'session.pair', pairing });
    s.actor.send({ type: 'session.stop' });
    await tick();
    expect(s.view()).toMatchObject({ state: 'idle', desired: 'stopped' });
    expect(w.sockets.size).toBe(0);
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
