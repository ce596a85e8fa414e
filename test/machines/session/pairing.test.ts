/** How a pairing ends, and its last update. */
import { describe, expect, it } from 'vitest';
import { fromCallback, fromPromise } from 'xstate';
import { defaultPolicy } from '../../../machines/domain/policy.ts';
import type { ConnectionInput, ConnectionOrder, Found } from '../../../machines/domain/ports.ts';
import { advance, advanceSlowly, onVirtualTime, settle } from '../fake-clock.ts';
import { FleetHarness, found, record } from '../harness.ts';
import { startSession } from '../spec/harness.ts';

onVirtualTime();

const begin = async (prepare: (w: FleetHarness) => void = () => {}) => {
  const w = new FleetHarness();
  prepare(w);
  const s = w.alone({ found: found('acme', { stored: 'absent', fingerprint: '' }) });
  await advanceSlowly();
  s.actor.send({ type: 'session.pair', pairing: { id: 'p1', method: 'qr' } });
  const updates = () => s.reports.flatMap((r) => (r.type === 'pairing.reported' ? [r.update] : []));
  return { w, s, updates };
};

describe('a pairing', () => {
  it('it requests an urgent slot, because a person waits', async () => {
    const asked: unknown[] = [];
    const w = new FleetHarness();
    const s = w.alone(
      { found: found('acme', { stored: 'absent', fingerprint: '' }) },
      fromCallback(({ input }) => void asked.push(input)) as never,
    );
    s.actor.send({ type: 'session.pair', pairing: { id: 'p1', method: 'qr' } });
    expect(asked).toEqual([{ org: 'acme', urgent: true }]);
    expect(w.opened, 'and opens nothing before it has it').toEqual([]);
  });
  it('its last update says whether it was cancelled, stopped or logged out', async () => {
    const cancelled = await begin();
    cancelled.s.actor.send({ type: 'session.cancelPairing' });
    expect(cancelled.updates()).toEqual([{ status: 'cancelled', pairingId: 'p1', reason: null }]);
    const stopped = await begin();
    stopped.s.actor.send({ type: 'session.stop' });
    expect(stopped.updates()).toEqual([{ status: 'cancelled', pairingId: 'p1', reason: 'stopped' }]);
    const loggedOut = await begin();
    loggedOut.s.actor.send({ type: 'session.logout' });
    await advanceSlowly();
    expect(loggedOut.updates()).toEqual([{ status: 'cancelled', pairingId: 'p1', reason: 'logged_out' }]);
    expect(loggedOut.s.actor.getSnapshot().status).toBe('done');
  });
  it('when WhatsApp ends it, it has failed, or expired if that is the reason', async () => {
    const refused = await begin();
    refused.w.close('unknown');
    await advanceSlowly();
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
  it('after three minutes it has expired', async () => {
    const { s, updates } = await begin();
    await advanceSlowly(180_000);
    expect(updates()).toEqual([{ status: 'expired', pairingId: 'p1', reason: 'pairing_expired' }]);
    expect(s.view()).toMatchObject({ state: 'idle', lastError: { reason: 'pairing_expired', at: 180_000 } });
  });
  it('it fails when its connection throws', async () => {
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
    await advanceSlowly();
    expect(updates()).toEqual([{ status: 'failed', pairingId: 'p1', reason: 'internal' }]);
    expect(s.view()).toMatchObject({ state: 'idle', lastError: { reason: 'internal' } });
  });
  it('an update names the action that is needed on the phone', async () => {
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
    const reported = await begin((w) => {
      w.machine = w.machine.provide({
        actors: {
          promote: fromPromise<Found, { readonly org: string; readonly pairingId: string }>(({ input }) => {
            moved.push(input);
            return move();
          }),
        },
      });
    });
    reported.w.net(
      'acme',
      { type: 'connection.paired' },
      { type: 'connection.closed', reason: 'restart_required' },
    );
    return { ...reported, moved };
  };
  it('its directory is moved by the id of the pairing', async () => {
    const { s, moved, updates } = await finished(async () =>
      found('acme', { fingerprint: 'new', promoted: true }),
    );
    await advanceSlowly();
    expect(moved).toEqual([{ org: 'acme', pairingId: 'p1' }]);
    expect(updates()).toEqual([{ status: 'completed', pairingId: 'p1', reason: null }]);
    const reported = s.reports.find((r) => r.type === 'session.reported' && r.cause === 'pairing.completed');
    expect(reported).toMatchObject({
      previousState: 'pairing',
      view: { state: 'restoring', desired: 'running', pairing: null },
    });
  });
  it('when the directory cannot be moved, the session fails and an update says so', async () => {
    const { w, s, updates } = await finished(() => Promise.reject(new Error('ENOSPC')));
    await advanceSlowly();
    expect(updates()).toEqual([{ status: 'failed', pairingId: 'p1', reason: 'storage' }]);
    expect(s.view()).toMatchObject({ state: 'failed', lastError: { reason: 'storage' }, pairing: null });
    expect(w.disk.get('acme')?.verdict?.reason).toBe('storage');
  });
  it('a stop during the move leaves the session stopped', async () => {
    let move = (_: Found) => {};
    const { s } = await finished(
      () =>
        new Promise((resolve) => {
          move = resolve;
        }),
    );
    s.actor.send({ type: 'session.stop' });
    move(found('acme', { fingerprint: 'new', promoted: true }));
    await advanceSlowly();
    expect(s.view()).toMatchObject({ state: 'idle', desired: 'stopped', credentials: 'restorable' });
  });
});

describe('the view and the code of a pairing', () => {
  const pairing = { id: 'p', method: 'qr' } as const;
  const qr = { type: 'connection.qr', qr: 'x', attempt: 1, expiresAt: 20_000 } as const;
  it('its three minutes begin when its socket may open', async () => {
    const s = startSession(defaultPolicy, { found: found('acme', { stored: 'absent', fingerprint: '' }) });
    s.send({ type: 'session.pair', pairing });
    expect(s.view().pairing).toEqual({ ...pairing, expiresAt: 180_000 });
    await advance(50_000);
    s.admit();
    expect(s.view().pairing).toEqual({ ...pairing, expiresAt: 230_000 });
  });
  it('it keeps the last QR or code for late subscribers, and nothing else', async () => {
    const s = startSession(defaultPolicy, { found: found('acme', { stored: 'absent', fingerprint: '' }) });
    s.send({ type: 'session.pair', pairing });
    s.admit();
    expect(s.context().shownCode).toBeUndefined();
    s.net(qr);
    const shown = { status: 'qr', qr: 'x', attempt: 1, expiresAt: 20_000, pairingId: 'p' };
    expect(s.context().shownCode).toEqual(shown);
    s.net({ type: 'connection.actionRequired', action: 'passkey', detail: 'look at the phone' });
    expect(s.context().shownCode).toEqual(shown);
    s.net({ type: 'connection.code', code: 'ABCD-1234', expiresAt: 60_000 });
    expect(s.context().shownCode).toEqual({
      status: 'code',
      code: 'ABCD-1234',
      expiresAt: 60_000,
      pairingId: 'p',
    });
    s.send({ type: 'session.cancelPairing' });
    await settle();
    expect(s.context().shownCode).toBeUndefined();
  });
  it('when it expires on a failed session, the verdict is shown', async () => {
    const verdict = { reason: 'revoked', at: 7, statusCode: 401 } as const;
    const s = startSession(defaultPolicy, { found: found('acme', { record: record('acme', { verdict }) }) });
    await settle();
    s.send({ type: 'session.pair', pairing });
    s.admit();
    await advance(180_000);
    expect(s.view()).toMatchObject({
      state: 'failed',
      lastError: { reason: 'revoked', at: 7, statusCode: 401 },
    });
  });
});
