/** A session whose client library tells of no message although messages arrive. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { World } from '../harness.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());
const tick = (ms = 0) => vi.advanceTimersByTimeAsync(ms);
const hour = 3_600_000;

const connected = async () => {
  const w = new World();
  w.auto = 'connects';
  const s = w.alone();
  await tick();
  expect(s.view()).toMatchObject({ state: 'connected', liveness: 'healthy' });
  return {
    w,
    s,
    deaf: () => w.net('acme', { type: 'connection.deaf' }),
    heard: () => w.net('acme', { type: 'connection.heard' }),
  };
};

describe('a deaf session', () => {
  it('gets a new socket, says why, and holds it against nobody', async () => {
    const { w, s, deaf } = await connected();
    deaf();
    expect(s.view()).toMatchObject({ state: 'retrying', lastError: { reason: 'deaf' }, liveness: null });
    expect(s.context()).toMatchObject({ strikes: 0, failures: 1 });
    expect(w.sockets.size).toBe(0);
    await tick(s.context().waitMs);
    expect(s.view()).toMatchObject({ state: 'connected', liveness: 'healthy', lastError: null });
    expect(w.opened).toHaveLength(2);
  });

  it('that is deaf again within the hour keeps its socket and is suspect, told once, until it hears', async () => {
    const { w, s, deaf, heard } = await connected();
    deaf();
    await tick(s.context().waitMs);
    await tick(600_000);
    deaf();
    expect(s.view()).toMatchObject({ state: 'connected', liveness: 'suspect' });
    const told = s.reports.length;
    deaf();
    await tick(300_000);
    expect(s.reports).toHaveLength(told);
    expect(s.view().liveness).toBe('suspect'); // its pings are answered all the while
    heard();
    expect(s.view()).toMatchObject({ state: 'connected', liveness: 'healthy' });
    expect(w.opened).toHaveLength(2);
  });

  it('gets the next socket an hour after the last', async () => {
    const { w, s, deaf } = await connected();
    deaf();
    const curedAt = Date.now();
    await tick(s.context().waitMs);
    await tick(hour - (Date.now() - curedAt) - 1);
    deaf();
    expect(s.view()).toMatchObject({ state: 'connected', liveness: 'suspect' });
    expect(w.opened).toHaveLength(2);
    await tick(1);
    deaf();
    expect(s.view()).toMatchObject({ state: 'retrying', lastError: { reason: 'deaf' } });
    await tick(s.context().waitMs);
    expect(s.view()).toMatchObject({ state: 'connected', liveness: 'healthy' });
    expect(w.opened).toHaveLength(3);
  });

  it('is of no concern before it is proven, nor while it is being logged out', async () => {
    const w = new World();
    const s = w.alone();
    w.net('acme', { type: 'connection.deaf' });
    expect(s.view()).toMatchObject({ state: 'restoring', lastError: null });
    w.up();
    await tick();
    s.actor.send({ type: 'session.logout' });
    w.net('acme', { type: 'connection.deaf' });
    expect(s.value()).toEqual({ live: 'unlinking' });
  });
});
