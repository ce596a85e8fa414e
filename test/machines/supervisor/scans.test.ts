/** What the supervisor makes of a look, of a command, and of what its sessions tell. */
import { describe, expect, it } from 'vitest';
import type { Found } from '../../../machines/domain/ports.ts';
import { found, record } from '../harness.ts';
import { onVirtualTime, settle, turn } from '../spec/time.ts';
import { supervise, viewFor } from './harness.ts';

onVirtualTime();
const pair = { type: 'session.pair', pairing: { id: 'p', method: 'qr' } } as const;

describe('a look', () => {
  it('orders only what there is to do', async () => {
    const { orders, disk, heard } = await supervise();
    expect(orders).toEqual([]);
    disk.all = [found('a')];
    await turn(30_000);
    expect(orders).toMatchObject([
      { type: 'sessions.adopt', inputs: [{ found: found('a'), build: '1', crashed: false }] },
    ]);
    await turn(30_000);
    expect(orders).toHaveLength(1);
    disk.all = [];
    await turn(60_000, 30_000);
    expect(orders.slice(1)).toEqual([{ type: 'sessions.drop', orgs: ['a'] }]);
    expect(heard.at(-1)).toEqual({ type: 'scan.done', found: 0, adopted: [], dropped: ['a'] });
  });
  it('that fails is repeated at its time, and no sooner, the first one too', async () => {
    const { actor, heard } = await supervise([], { look: () => Promise.reject(new Error('EIO')) });
    await turn(29_999);
    expect(heard).toMatchObject([{ type: 'scan.failed', error: new Error('EIO') }]);
    expect(actor.getSnapshot().value).toEqual({ running: { watching: 'resting' } });
    await turn(1);
    expect(heard).toHaveLength(2);
  });
  it('tells a session again what it looked for in vain, and only that', async () => {
    const { orders, report } = await supervise([found('a'), found('b'), found('c')]);
    report('a', 'restoring', 'idle', { credentials: 'absent' });
    report('b', 'restoring', 'idle', { credentials: 'restorable' });
    report('c', 'restoring', 'failed', { credentials: 'absent' });
    report('nobody', 'restoring', 'idle', { credentials: 'absent' });
    await turn(30_000);
    const event = { type: 'credentials.seen', found: found('a') };
    expect(orders.slice(1)).toEqual([{ type: 'session.send', org: 'a', event }]);
  });
  it('tells a session that has found nothing nothing new, if nothing is all that it saw itself', async () => {
    const { orders, report } = await supervise([found('a', { stored: 'absent', fingerprint: '' })]);
    report('a', null, 'idle', { credentials: 'absent' });
    await turn(30_000);
    expect(orders).toHaveLength(1);
  });
  it('leaves an identity to whom it belonged first, though that one has just looked for it in vain', async () => {
    const { orders, report, disk } = await supervise([found('a')]);
    report('a', 'restoring', 'idle', { credentials: 'absent' });
    const twin = found('b', { fingerprint: 'fp-a', record: record('b', { firstSeen: 0 }) });
    disk.all = [found('a', { record: record('a', { firstSeen: 1 }) }), twin];
    await turn(30_000);
    expect(orders[1]).toMatchObject({ inputs: [{ found: { org: 'b', duplicateOf: 'a' } }] });
  });
  it('does not believe in whom it saw before that one was logged out', async () => {
    const { actor, orders, tell, disk, context } = await supervise([found('a')]);
    tell({ type: 'session.gone', org: 'a', view: viewFor('a'), unlinked: true });
    expect(context().roster.size).toBe(0);
    const at = Date.now();
    disk.look = async () => ({ rootSeen: true, startedAt: at, found: disk.all }); // within the same millisecond
    await turn(30_000);
    expect([orders.length, context().gone.size]).toEqual([1, 1]);
    disk.look = async () => ({ rootSeen: true, startedAt: at + 1, found: disk.all });
    await turn(30_000);
    expect([orders.length, context().gone.size]).toEqual([2, 0]);
    expect(actor.getSnapshot().status).toBe('active');
  });
});

describe('a command', () => {
  it('goes to its session, and takes up who is to be paired and is not there', async () => {
    const { actor, orders, said, context } = await supervise([found('a')]);
    const send = (org: string, command: typeof pair | { type: 'session.stop' }, f?: Found) =>
      said(orders, () => actor.send({ type: 'session.command', org, command, ...(f && { found: f }) }));
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
  it('takes up one that crashed, with what is known of it', async () => {
    const { actor, tell, orders, said, context } = await supervise([found('a')]);
    tell({ type: 'session.crashed', org: 'a', view: viewFor('a'), error: new Error('boom') });
    expect(context().roster.get('a')).toMatchObject({ loaded: false, crashes: [Date.now()] });
    const known = found('a', { fingerprint: 'known' });
    const sent = said(orders, () =>
      actor.send({ type: 'session.command', org: 'a', command: pair, found: known }),
    );
    expect(sent).toMatchObject([{ inputs: [{ found: known }] }, { org: 'a' }]);
  });
});

describe('the world', () => {
  it('hears of a pairing, and of a crash of one that is no longer on the roster', async () => {
    const { tell, heard, actor } = await supervise();
    const update = { status: 'completed', pairingId: 'p', reason: null } as const;
    tell({ type: 'pairing.reported', org: 'a', update });
    expect(heard.at(-1)).toEqual({ type: 'pairing.reported', org: 'a', update });
    tell({ type: 'session.crashed', org: 'a', view: viewFor('a'), error: new Error('boom') });
    expect(heard.at(-1)).toMatchObject({ type: 'session.crashed', org: 'a' });
    expect(actor.getSnapshot().status).toBe('active');
  });
  it('need not wait for a disk that fails while it is shut down', async () => {
    const { actor } = await supervise([], { settled: () => Promise.reject(new Error('EIO')) });
    actor.send({ type: 'shutdown' });
    await settle();
    expect(actor.getSnapshot()).toMatchObject({ status: 'done', value: 'stopped' });
  });
});
