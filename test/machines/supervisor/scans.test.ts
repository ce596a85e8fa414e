/** How the supervisor handles scans, commands, and the facts of its sessions. */
import { describe, expect, it } from 'vitest';
import type { Found } from '../../../machines/domain/ports.ts';
import { advance, onVirtualTime, settle } from '../fake-clock.ts';
import { found, record } from '../harness.ts';
import { supervise, viewFor } from './harness.ts';

onVirtualTime();
const pair = { type: 'session.pair', pairing: { id: 'p', method: 'qr' } } as const;

describe('a scan', () => {
  it('it orders only what has changed', async () => {
    const { orders, disk, received } = await supervise();
    expect(orders).toEqual([]);
    disk.all = [found('a')];
    await advance(30_000);
    expect(orders).toMatchObject([
      { type: 'sessions.adopt', inputs: [{ found: found('a'), build: '1', crashed: false }] },
    ]);
    await advance(30_000);
    expect(orders).toHaveLength(1);
    disk.all = [];
    await advance(60_000, 30_000);
    expect(orders.slice(1)).toEqual([{ type: 'sessions.drop', orgs: ['a'] }]);
    expect(received.at(-1)).toEqual({ type: 'scan.done', found: 0, adopted: [], dropped: ['a'] });
  });
  it('a failed scan is repeated at the usual time, even the first one', async () => {
    const { actor, received } = await supervise([], { look: () => Promise.reject(new Error('EIO')) });
    await advance(29_999);
    expect(received).toMatchObject([{ type: 'scan.failed', error: new Error('EIO') }]);
    expect(actor.getSnapshot().value).toEqual({ running: { watching: 'resting' } });
    await advance(1);
    expect(received).toHaveLength(2);
  });
  it('a session that found no credentials receives the next finding, and no other session does', async () => {
    const { orders, report } = await supervise([found('a'), found('b'), found('c')]);
    report('a', 'restoring', 'idle', { credentials: 'absent' });
    report('b', 'restoring', 'idle', { credentials: 'restorable' });
    report('c', 'restoring', 'failed', { credentials: 'absent' });
    report('unknown', 'restoring', 'idle', { credentials: 'absent' });
    await advance(30_000);
    const event = { type: 'credentials.seen', found: found('a') };
    expect(orders.slice(1)).toEqual([{ type: 'session.send', org: 'a', event }]);
  });
  it('a session without credentials receives nothing while the scan finds none either', async () => {
    const { orders, report } = await supervise([found('a', { stored: 'absent', fingerprint: '' })]);
    report('a', null, 'idle', { credentials: 'absent' });
    await advance(30_000);
    expect(orders).toHaveLength(1);
  });
  it('the first owner keeps an identity, even after it has just missed its credentials', async () => {
    const { orders, report, disk } = await supervise([found('a')]);
    report('a', 'restoring', 'idle', { credentials: 'absent' });
    const twin = found('b', { fingerprint: 'fp-a', record: record('b', { firstSeen: 0 }) });
    disk.all = [found('a', { record: record('a', { firstSeen: 1 }) }), twin];
    await advance(30_000);
    expect(orders[1]).toMatchObject({ inputs: [{ found: { org: 'b', duplicateOf: 'a' } }] });
  });
  it('a scan that began before a logout does not bring the organization back', async () => {
    const { actor, orders, notify, disk, context } = await supervise([found('a')]);
    notify({ type: 'session.gone', org: 'a', view: viewFor('a'), unlinked: true });
    expect(context().roster.size).toBe(0);
    const at = Date.now();
    // within the same millisecond
    disk.look = async () => ({ rootSeen: true, startedAt: at, found: disk.all });
    await advance(30_000);
    expect(orders.length).toBe(1);
    expect(context().gone.size).toBe(1);
    disk.look = async () => ({ rootSeen: true, startedAt: at + 1, found: disk.all });
    await advance(30_000);
    expect(orders.length).toBe(2);
    expect(context().gone.size).toBe(0);
    expect(actor.getSnapshot().status).toBe('active');
  });
});

describe('a command', () => {
  it('it goes to its session, and a pairing loads an organization that is not there', async () => {
    const { actor, orders, logged, context } = await supervise([found('a')]);
    const send = (org: string, command: typeof pair | { type: 'session.stop' }, f?: Found) =>
      logged(orders, () => actor.send({ type: 'session.command', org, command, ...(f && { found: f }) }));
    const stop = { type: 'session.stop' } as const;
    expect(send('a', stop)).toEqual([{ type: 'session.send', org: 'a', event: stop }]);
    expect(send('a', pair)).toEqual([{ type: 'session.send', org: 'a', event: pair }]);
    expect(send('new', stop)).toEqual([{ type: 'session.send', org: 'new', event: stop }]);
    expect(send('new', pair)).toMatchObject([
      {
        type: 'sessions.adopt',
        inputs: [{ found: { org: 'new', stored: 'absent', fingerprint: '' }, build: '1' }],
      },
      { type: 'session.send', org: 'new', event: pair },
    ]);
    expect(context().roster.get('new')).toEqual({
      found: { org: 'new', stored: 'absent', fingerprint: '' },
      loaded: true,
      missing: 0,
      crashes: [],
    });
    expect(send('new', pair)).toHaveLength(1);
  });
  it('a pairing loads a crashed session again, with the finding that came along', async () => {
    const { actor, notify, orders, logged, context } = await supervise([found('a')]);
    notify({ type: 'session.crashed', org: 'a', view: viewFor('a'), error: new Error('boom') });
    expect(context().roster.get('a')).toMatchObject({ loaded: false, crashes: [Date.now()] });
    const known = found('a', { fingerprint: 'known' });
    const sent = logged(orders, () =>
      actor.send({ type: 'session.command', org: 'a', command: pair, found: known }),
    );
    expect(sent).toMatchObject([{ inputs: [{ found: known }] }, { org: 'a' }]);
  });
});

describe('the rest of the program', () => {
  it('it receives pairing reports, and the crash of a session that is no longer on the roster', async () => {
    const { notify, received, actor } = await supervise();
    const update = { status: 'completed', pairingId: 'p', reason: null } as const;
    notify({ type: 'pairing.reported', org: 'a', update });
    expect(received.at(-1)).toEqual({ type: 'pairing.reported', org: 'a', update });
    notify({ type: 'session.crashed', org: 'a', view: viewFor('a'), error: new Error('boom') });
    expect(received.at(-1)).toMatchObject({ type: 'session.crashed', org: 'a' });
    expect(actor.getSnapshot().status).toBe('active');
  });
  it('a disk that fails does not delay the shutdown', async () => {
    const { actor } = await supervise([], { settled: () => Promise.reject(new Error('EIO')) });
    actor.send({ type: 'shutdown' });
    await settle();
    expect(actor.getSnapshot()).toMatchObject({ status: 'done', value: 'stopped' });
  });
});
