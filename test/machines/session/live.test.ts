/** What a connection may do that is neither an answer nor an end. */
import { describe, expect, it } from 'vitest';
import { fromCallback } from 'xstate';
import type { ConnectionFact, ConnectionInput, ConnectionOrder } from '../../../machines/domain/ports.ts';
import { advanceSlowly, onVirtualTime } from '../fake-clock.ts';
import { FleetHarness } from '../harness.ts';

onVirtualTime();
const account = { id: '1:1@s.whatsapp.net', name: null };
const refusedPing: ConnectionFact = { type: 'connection.pinged', ok: false };
const silent = () => {
  const w = new FleetHarness();
  w.answersPings = false;
  return { w, s: w.alone() };
};

describe('a ping that fails', () => {
  it('it ends a login that is not proven yet, at once', () => {
    const { w, s } = silent();
    w.net('acme', { type: 'connection.opened', account }, refusedPing);
    expect(s.view()).toMatchObject({ state: 'retrying', lastError: { reason: 'unhealthy' } });
  });
  it('it makes a healthy session suspect, and the next one ends the connection', async () => {
    const w = new FleetHarness();
    const s = w.alone();
    w.up();
    w.answersPings = false;
    await advanceSlowly(25_000);
    w.net('acme', refusedPing);
    expect(s.view()).toMatchObject({ state: 'connected', liveness: 'suspect' });
    await advanceSlowly(5_000);
    w.net('acme', refusedPing);
    expect(s.view()).toMatchObject({ state: 'retrying', lastError: { reason: 'unhealthy' } });
  });
  it('it is forgotten with its connection', async () => {
    const w = new FleetHarness();
    const s = w.alone();
    w.up();
    w.answersPings = false;
    await advanceSlowly(35_000);
    expect(s.view().liveness).toBe('suspect');
    w.close('network');
    w.answersPings = true;
    await advanceSlowly(s.context().waitMs);
    w.up();
    expect(s.view()).toMatchObject({ state: 'connected', liveness: 'healthy' });
  });
});

it('a connection that throws is reported as a fault of Vigía', () => {
  const w = new FleetHarness();
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

it('a logout goes on to the archive when the connection ends without a confirmation', async () => {
  const w = new FleetHarness();
  const s = w.alone();
  w.up();
  s.actor.send({ type: 'session.logout' });
  w.close('revoked');
  await advanceSlowly();
  expect(s.actor.getSnapshot()).toMatchObject({ status: 'done', context: { unlinked: false } });
});
