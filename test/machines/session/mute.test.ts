/** A session whose sent messages WhatsApp does not acknowledge. */
import { describe, expect, it } from 'vitest';
import { advanceSlowly, onVirtualTime } from '../fake-clock.ts';
import { FleetHarness } from '../harness.ts';

onVirtualTime();
const tenMinutes = 600_000;

const connected = async () => {
  const w = new FleetHarness();
  w.auto = 'connects';
  const s = w.alone();
  await advanceSlowly();
  expect(s.view()).toMatchObject({ state: 'connected' });
  return { w, s, mute: () => w.net('acme', { type: 'connection.mute' }) };
};

describe('a mute session', () => {
  it('gets a new socket, reports the reason, and gets no strike', async () => {
    const { w, s, mute } = await connected();
    mute();
    expect(s.view()).toMatchObject({ state: 'retrying', lastError: { reason: 'mute' } });
    expect(s.context()).toMatchObject({ strikes: 0, failures: 1 });
    expect(w.sockets.size).toBe(0);
    await advanceSlowly(s.context().waitMs);
    expect(s.view()).toMatchObject({ state: 'connected', liveness: 'healthy', lastError: null });
    expect(w.opened).toHaveLength(2);
  });

  it('keeps its next socket until ten minutes after the last cure', async () => {
    const { w, s, mute } = await connected();
    mute();
    const curedAt = Date.now();
    await advanceSlowly(s.context().waitMs);
    await advanceSlowly(tenMinutes - (Date.now() - curedAt) - 1);
    mute();
    expect(s.view()).toMatchObject({ state: 'connected', liveness: 'healthy' });
    expect(w.opened).toHaveLength(2);
    await advanceSlowly(1);
    mute();
    expect(s.view()).toMatchObject({ state: 'retrying', lastError: { reason: 'mute' } });
  });

  it('changes nothing before the login is proven, or during a logout', async () => {
    const w = new FleetHarness();
    const s = w.alone();
    w.net('acme', { type: 'connection.mute' });
    expect(s.view()).toMatchObject({ state: 'restoring', lastError: null });
    w.up();
    await advanceSlowly();
    s.actor.send({ type: 'session.logout' });
    w.net('acme', { type: 'connection.mute' });
    expect(s.value()).toEqual({ live: 'unlinking' });
  });
});
