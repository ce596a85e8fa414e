/** How a pairing ends, in the words that are told of it. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { fromCallback, fromPromise } from 'xstate';
import type { ConnectionInput, ConnectionOrder, Found } from '../../../machines/domain/ports.ts';
import { found, World } from '../harness.ts';

beforeEach(() => void vi.useFakeTimers({ now: 0 }));
afterEach(() => void vi.useRealTimers());
const tick = (ms = 0) => vi.advanceTimersByTimeAsync(ms);

const begin = async (prepare: (w: World) => void = () => {}) => {
  const w = new World();
  prepare(w);
  const s = w.alone({ found: found('acme', { stored: 'absent', fingerprint: '' }) });
  await tick();
  s.actor.send({ type: 'session.pair', pairing: { id: 'p1', method: 'qr' } });
  const updates = () => s.reports.flatMap((r) => (r.type === 'pairing.reported' ? [r.update] : []));
  return { w, s, updates };
};

describe('a pairing', () => {
  it('asks for a place as a person who waits', async () => {
    const asked: unknown[] = [];
    const w = new World();
    const s = w.alone(
      { found: found('acme', { stored: 'absent', fingerprint: '' }) },
      fromCallback(({ input }) => void asked.push(input)) as never,
    );
    s.actor.send({ type: 'session.pair', pairing: { id: 'p1', method: 'qr' } });
    expect(asked).toEqual([{ org: 'acme', urgent: true }]);
    expect(w.opened, 'and opens nothing before it has it').toEqual([]);
  });
  it('that is cancelled, stopped or logged out says by what', async () => {
    const cancelled = await begin();
    cancelled.s.actor.send({ type: 'session.cancelPairing' });
    expect(cancelled.updates()).toEqual([{ status: 'cancelled', pairingId: 'p1', reason: null }]);
    const stopped = await begin();
    stopped.s.actor.send({ type: 'session.stop' });
    expect(stopped.updates()).toEqual([{ status: 'cancelled', pairingId: 'p1', reason: 'stopped' }]);
    const loggedOut = await begin();
    loggedOut.s.actor.send({ type: 'session.logout' });
    await tick();
    expect(loggedOut.updates()).toEqual([{ status: 'cancelled', pairingId: 'p1', reason: 'logged_out' }]);
    expect(loggedOut.s.actor.getSnapshot().status).toBe('done');
  });
  it('that WhatsApp ends has failed, or has expired if that is why', async () => {
    const refused = await begin();
    refused.w.close('unknown');
    await tick();
    expect(refused.updates()).toEqual([{ status: 'failed', pairingId: 'p1', reason: 'unknown' }]);
    expect(refused.s.view()).toMatchObject({
      state: 'idle',
      lastError: { reason: 'unknown', at: 0 },
      pairing: null,
    });
    const expired = await begin();
    expired.w.close('pairing_expired');
    expect(expired.updates()).toEqual([{ status: 'expired', pairingId: 'p1', reason: 'pairing_expired' }]);
  });
  it('that nobody finishes in three minutes has expired', async () => {
    const { s, updates } = await begin();
    await tick(180_000);
    expect(updates()).toEqual([{ status: 'expired', pairingId: 'p1', reason: 'pairing_expired' }]);
    expect(s.view()).toMatchObject({ state: 'idle', lastError: { reason: 'pairing_expired', at: 180_000 } });
  });
  it('whose connection throws has failed', async () => {
    const { s, updates } = await begin((w) => {
      w.machine = w.machine.provide({
        actors: {
          connection: fromCallback<ConnectionOrder, ConnectionInput>(({ receive }) => {
            receive(() => {
              throw new Error('boom');
            });
          }),
        },
      });
    });
    await tick();
    expect(updates()).toEqual([{ status: 'failed', pairingId: 'p1', reason: 'internal' }]);
    expect(s.view()).toMatchObject({ state: 'idle', lastError: { reason: 'internal' } });
  });
  it('that needs something done on the phone says what', async () => {
    const { w, updates } = await begin();
    w.net('acme', { type: 'connection.actionRequired', action: 'passkey', detail: 'look at the phone' });
    expect(updates()).toEqual([
      { status: 'action_required', pairingId: 'p1', action: 'passkey', detail: 'look at the phone' },
    ]);
  });
});

describe('a pairing that the phone has finished', () => {
  const finished = async (move: () => Promise<Found>) => {
    const moved: unknown[] = [];
    const told = await begin((w) => {
      w.machine = w.machine.provide({
        actors: {
          promote: fromPromise<Found, { readonly org: string; readonly pairingId: string }>(({ input }) => {
            moved.push(input);
            return move();
          }),
        },
      });
    });
    told.w.net(
      'acme',
      { type: 'connection.paired' },
      { type: 'connection.closed', reason: 'restart_required' },
    );
    return { ...told, moved };
  };
  it('is moved into its place by its own name', async () => {
    const { s, moved, updates } = await finished(async () =>
      found('acme', { fingerprint: 'new', promoted: true }),
    );
    await tick();
    expect(moved).toEqual([{ org: 'acme', pairingId: 'p1' }]);
    expect(updates()).toEqual([{ status: 'completed', pairingId: 'p1', reason: null }]);
    const told = s.reports.find((r) => r.type === 'session.reported' && r.cause === 'pairing.completed');
    expect(told).toMatchObject({
      previousState: 'pairing',
      view: { state: 'restoring', desired: 'running', pairing: null },
    });
  });
  it('and cannot be moved is failed for it, and says so', async () => {
    const { w, s, updates } = await finished(() => Promise.reject(new Error('ENOSPC')));
    await tick();
    expect(updates()).toEqual([{ status: 'failed', pairingId: 'p1', reason: 'storage' }]);
    expect(s.view()).toMatchObject({ state: 'failed', lastError: { reason: 'storage' }, pairing: null });
    expect(w.disk.get('acme')?.verdict?.reason).toBe('storage');
  });
  it('and is stopped while it is moved stays stopped', async () => {
    let move = (_: Found) => {};
    const { s } = await finished(
      () =>
        new Promise((resolve) => {
          move = resolve;
        }),
    );
    s.actor.send({ type: 'session.stop' });
    move(found('acme', { fingerprint: 'new', promoted: true }));
    await tick();
    expect(s.view()).toMatchObject({ state: 'idle', desired: 'stopped', credentials: 'restorable' });
  });
});
