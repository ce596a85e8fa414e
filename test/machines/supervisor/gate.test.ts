/** What the supervisor sends to the gate, and what it counts. */
import { describe, expect, it } from 'vitest';
import type { State } from '../../../machines/domain/view.ts';
import { advance, onVirtualTime } from '../fake-clock.ts';
import { supervise, viewFor } from './harness.ts';

onVirtualTime();
const failedFor = (reason: 'timeout' | 'exhausted' | 'revoked' | 'storage' | 'internal') => ({
  lastError: { reason, at: 0 },
});

describe('the supervisor informs the gate', () => {
  it('it reports sessions that were proven, lost, or ended on purpose', async () => {
    const { gate, report, logged } = await supervise();
    const tells = (...change: Parameters<typeof report>) => logged(gate, () => report(...change));
    expect(tells('a', null, 'restoring')).toEqual([]);
    expect(tells('a', 'restoring', 'connected')).toEqual([{ type: 'session.proven' }]);
    expect(tells('a', 'connected', 'connected')).toEqual([]);
    expect(tells('a', 'connected', 'retrying', failedFor('timeout'))).toEqual([{ type: 'session.lost' }]);
    expect(tells('b', 'connected', 'failed', failedFor('exhausted'))).toEqual([{ type: 'session.lost' }]);
    expect(tells('b', 'connected', 'failed', failedFor('revoked'))).toEqual([{ type: 'session.left' }]);
    expect(tells('b', 'connected', 'idle')).toEqual([{ type: 'session.left' }]);
    expect(tells('b', 'connected', 'idle', failedFor('exhausted'))).toEqual([{ type: 'session.left' }]);
    expect(tells('b', 'connected', 'restoring')).toEqual([{ type: 'session.left' }]);
    expect(tells('b', 'connected', 'failed')).toEqual([{ type: 'session.left' }]);
  });
  it('it reports a failed attempt with the number of running sessions', async () => {
    const { gate, report, logged } = await supervise();
    const tells = (...change: Parameters<typeof report>) => logged(gate, () => report(...change));
    report('a', null, 'restoring');
    report('b', null, 'restoring');
    expect(tells('a', 'restoring', 'restoring', failedFor('timeout'))).toEqual([]);
    expect(tells('a', 'restoring', 'retrying', failedFor('timeout'))).toEqual([
      { type: 'attempt.failed', org: 'a', reason: 'timeout', running: 2 },
    ]);
    expect(tells('b', 'restoring', 'failed', failedFor('exhausted'))).toEqual([
      { type: 'attempt.failed', org: 'b', reason: 'exhausted', running: 1 },
    ]);
    expect(tells('c', 'restoring', 'failed', failedFor('revoked'))).toEqual([]);
    expect(tells('c', 'restoring', 'retrying')).toEqual([]);
    expect(tells('c', null, 'retrying', failedFor('timeout'))).toEqual([]);
    expect(tells('c', 'pairing', 'failed', failedFor('exhausted'))).toEqual([]);
  });
  it.each(['internal', 'storage'] as const)(
    'it reports no failure whose cause is on this server (%s), because that is no outage',
    async (reason) => {
      const { gate, report, logged } = await supervise();
      const tells = (...change: Parameters<typeof report>) => logged(gate, () => report(...change));
      report('a', null, 'restoring');
      expect(tells('a', 'restoring', 'retrying', failedFor(reason))).toEqual([]);
      expect(tells('b', 'connected', 'retrying', failedFor(reason))).toEqual([{ type: 'session.left' }]);
    },
  );
  it('it holds the gate while any credentials cannot be written, and frees it with the last', async () => {
    const { gate, report, logged, notify, context } = await supervise();
    const writes = (org: string, writable: boolean) =>
      logged(gate, () => report(org, 'retrying', 'retrying', {}, writable));
    expect(writes('a', true)).toEqual([]);
    expect(writes('a', false)).toEqual([{ type: 'gate.held' }]);
    expect(writes('a', false)).toEqual([]);
    expect(writes('b', false)).toEqual([]);
    expect([...context().unwritable]).toEqual(['a', 'b']);
    expect(writes('a', true)).toEqual([]);
    expect(logged(gate, () => notify({ type: 'session.dropped', org: 'a', view: viewFor('a') }))).toEqual([]);
    expect([...context().unwritable]).toEqual(['b']);
    expect(writes('b', true)).toEqual([{ type: 'gate.freed' }]);
    expect(logged(gate, () => notify({ type: 'session.dropped', org: 'b', view: viewFor('b') }))).toEqual([]);
    writes('c', false);
    expect(logged(gate, () => notify({ type: 'session.dropped', org: 'c', view: viewFor('c') }))).toEqual([
      { type: 'gate.freed' },
    ]);
  });
  it('a frozen fleet leaves the gate held, and a thaw frees it only if all credentials can be written', async () => {
    const { gate, report, logged, notify, disk } = await supervise();
    const look = disk.look;
    disk.look = async () => ({ rootSeen: false, startedAt: Date.now(), found: [] });
    await advance(30_000);
    expect(gate).toEqual([{ type: 'gate.held' }]);
    expect(logged(gate, () => report('a', 'connected', 'connected', {}, false))).toEqual([]);
    expect(logged(gate, () => notify({ type: 'session.dropped', org: 'a', view: viewFor('a') }))).toEqual([]);
    report('b', 'connected', 'connected', {}, false);
    disk.look = look;
    await advance(1_000);
    expect(gate).toHaveLength(1);
    expect(logged(gate, () => report('b', 'connected', 'connected'))).toEqual([{ type: 'gate.freed' }]);
  });
});

describe('the supervisor counts', () => {
  it('running and live sessions are counted until they end, crash or are dropped', async () => {
    const { gate, report, notify, logged, context } = await supervise();
    const counts = () => [context().running, context().live];
    report('a', null, 'restoring');
    report('b', null, 'retrying');
    report('c', null, 'idle');
    report('a', 'restoring', 'connected');
    report('a', 'connected', 'connected');
    expect(counts()).toEqual([2, 1]);
    const crash = (org: string, state: State) =>
      logged(gate, () =>
        notify({ type: 'session.crashed', org, view: viewFor(org, { state }), error: new Error('boom') }),
      );
    expect(crash('c', 'idle')).toEqual([]);
    expect(counts()).toEqual([2, 1]);
    expect(crash('b', 'retrying')).toEqual([]);
    expect(counts()).toEqual([1, 1]);
    expect(crash('a', 'connected')).toEqual([{ type: 'session.left' }]);
    expect(counts()).toEqual([0, 0]);
    report('d', 'pairing', 'connected');
    report('d', 'connected', 'failed');
    expect(counts(), 'one that was never counted as running is not counted out twice').toEqual([0, 0]);
  });
});
