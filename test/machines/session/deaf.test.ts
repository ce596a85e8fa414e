/** A session whose client library reports no messages although messages arrive. */
import { describe, expect, it } from 'vitest';
import { advanceSlowly, onVirtualTime } from '../fake-clock.ts';
import { FleetHarness } from '../harness.ts';

onVirtualTime();
const hour = 3_600_000;

const connected = async () => {
  const w = new FleetHarness();
  w.auto = 'connects';
  const s = w.alone();
  await advanceSlowly();
  expect(s.view()).toMatchObject({ state: 'connected', liveness: 'healthy' });
  return {
    w,
    s,
    deaf: () => w.net('acme', { type: 'connection.deaf' }),
    received: () => w.net('acme', { type: 'connection.heard' }),
  };
};

describe('a deaf session', () => {
  it('it gets a new socket, reports the reason, and gets no strike', async () => {
    const { w, s, deaf } = await connected();
    deaf();
    expect(s.view()).toMatchObject({ state: 'retrying', lastError: { reason: 'deaf' }, liveness: null });
    expect(s.context()).toMatchObject({ strikes: 0, failures: 1 });
    expect(w.sockets.size).toBe(0);
    await advanceSlowly(s.context().waitMs);
    expect(s.view()).toMatchObject({ state: 'connected', liveness: 'healthy', lastError: null });
    expect(w.opened).toHaveLength(2);
  });

  it('when it is deaf again within the hour, it keeps its socket and is deaf until it receives again', async () => {
    const { w, s, deaf, received } = await connected();
    deaf();
    await advanceSlowly(s.context().waitMs);
    await advanceSlowly(600_000);
    deaf();
    expect(s.view()).toMatchObject({ state: 'connected', liveness: 'deaf' });
    const reported = s.reports.length;
    deaf();
    await advanceSlowly(300_000);
    expect(s.reports).toHaveLength(reported);
    expect(s.view().liveness).toBe('deaf'); // its pings are answered all the while
    received();
    expect(s.view()).toMatchObject({ state: 'connected', liveness: 'healthy' });
    expect(w.opened).toHaveLength(2);
  });

  it('it gets the next socket an hour after the last', async () => {
    const { w, s, deaf } = await connected();
    deaf();
    const curedAt = Date.now();
    await advanceSlowly(s.context().waitMs);
    await advanceSlowly(hour - (Date.now() - curedAt) - 1);
    deaf();
    expect(s.view()).toMatchObject({ state: 'connected', liveness: 'deaf' });
    expect(w.opened).toHaveLength(2);
    await advanceSlowly(1);
    deaf();
    expect(s.view()).toMatchObject({ state: 'retrying', lastError: { reason: 'deaf' } });
    await advanceSlowly(s.context().waitMs);
    expect(s.view()).toMatchObject({ state: 'connected', liveness: 'healthy' });
    expect(w.opened).toHaveLength(3);
  });

  it('deafness changes nothing before the login is proven, or during a logout', async () => {
    const w = new FleetHarness();
    const s = w.alone();
    w.net('acme', { type: 'connection.deaf' });
    expect(s.view()).toMatchObject({ state: 'restoring', lastError: null });
    w.up();
    await advanceSlowly();
    s.actor.send({ type: 'session.logout' });
    w.net('acme', { type: 'connection.deaf' });
    expect(s.value()).toEqual({ live: 'unlinking' });
  });
});
