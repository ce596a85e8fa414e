/** What a connection may do that is neither an answer nor an end. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { fromCallback } from 'xstate';
import type { ConnectionFact, ConnectionInput, ConnectionOrder } from '../../../machines/domain/ports.ts';
import { World } from '../harness.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());
const tick = (ms = 0) => vi.advanceTimersByTimeAsync(ms);
const account = { id: '1:1@s.whatsapp.net', name: null };
const refusedPing: ConnectionFact = { type: 'connection.pinged', ok: false };
const silent = () => {
  const w = new World();
  w.answersPings = false;
  return { w, s: w.alone() };
};

describe('a ping that fails', () => {
  it('ends a login that was to be proven by it, at once', () => {
    const { w, s } = silent();
    w.net('acme', { type: 'connection.opened', account }, refusedPing);
    expect(s.view()).toMatchObject({ state: 'retrying', lastError: { reason: 'unhealthy' } });
  });
  it('makes a healthy session suspect, and the next one ends it', async () => {
    const w = new World();
    const s = w.alone();
    w.up();
    w.answersPings = false;
    await tick(25_000);
    w.net('acme', refusedPing);
    expect(s.view()).toMatchObject({ state: 'connected', liveness: 'suspect' });
    await tick(5_000);
    w.net('acme', refusedPing);
    expect(s.view()).toMatchObject({ state: 'retrying', lastError: { reason: 'unhealthy' } });
  });
  it('is forgotten with its connection', async () => {
    const w = new World();
    const s = w.alone();
    w.up();
    w.answersPings = false;
    await tick(35_000);
    expect(s.view().liveness).toBe('suspect');
    w.close('network');
    w.answersPings = true;
    await tick(s.context().waitMs);
    w.up();
    expect(s.view()).toMatchObject({ state: 'connected', liveness: 'healthy' });
  });
});

it('reports a connection that throws as a fault of ours', () => {
  const w = new World();
  w.machine = w.machine.provide({
    actors: {
      connection: fromCallback<ConnectionOrder, ConnectionInput>(({ receive }) => {
        receive(() => {
          throw new Error('boom');
        });
      }),
    },
  });
  const s = w.alone();
  expect(s.view()).toMatchObject({ state: 'retrying', lastError: { reason: 'internal' } });
});

it('a logout goes on to the archive when the connection ends instead of confirming it', async () => {
  const w = new World();
  const s = w.alone();
  w.up();
  s.actor.send({ type: 'session.logout' });
  w.close('revoked');
  await tick();
  expect(s.actor.getSnapshot()).toMatchObject({ status: 'done', context: { unlinked: false } });
});
