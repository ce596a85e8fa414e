/**
 * The whole fleet over a world of fakes: the gate's pace, and what one session can do to the others
 * (nothing).
 */
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { assign } from 'xstate';
import { defaultPolicy } from '../../../machines/domain/policy.ts';
import { advance, onVirtualTime, settle } from '../fake-clock.ts';
import { FleetHarness, found, record } from '../harness.ts';

onVirtualTime();
const many = (n: number) => Array.from({ length: n }, (_, i) => found(`o${i}`));
const scanOf = (w: FleetHarness, orgs: () => ReturnType<typeof many>) => {
  w.scan = async () => ({ rootSeen: true, startedAt: Date.now(), found: orgs() });
};
const received = (w: FleetHarness, type: string) => w.received.filter((e) => e.type === type);
/** A machine whose session `o1` throws while it is connected, `bomb` times. */
const explosive = (w: FleetHarness, bomb: { left: number }) =>
  w.machine.provide({
    actions: {
      forgive: assign(({ context }) => {
        if (context.org !== 'o1' || bomb.left === 0) return {};
        bomb.left -= 1;
        throw new Error('boom');
      }),
    },
  });
const hasty = { ...defaultPolicy, stableMs: 10_000 };

describe('the gate', () => {
  it('it admits ten at once, then five a second, with at most twenty inside', async () => {
    const w = new FleetHarness();
    scanOf(w, () => many(60));
    w.supervise();
    await advance(1);
    await settle();
    expect(w.opened).toHaveLength(10);
    await advance(1_000, 100);
    expect(w.opened).toHaveLength(15);
    await advance(10_000, 1_000);
    expect(w.opened).toHaveLength(20);
    for (const org of [...w.sockets.keys()]) w.up(org);
    await advance(10_000, 100);
    expect(w.opened).toHaveLength(40);
  });
  it("it admits an operator's session first", async () => {
    const w = new FleetHarness();
    scanOf(w, () => many(30));
    const supervisor = w.supervise();
    await advance(200, 100);
    const before = w.opened.map((o) => o.org);
    supervisor.send({ type: 'session.command', org: 'o29', command: { type: 'session.stop' } });
    supervisor.send({ type: 'session.command', org: 'o29', command: { type: 'session.restore' } });
    await advance(200, 100);
    expect(w.opened.map((o) => o.org).slice(before.length)[0]).toBe('o29');
  });
  it('it admits no session while credentials cannot be written, and goes on afterwards', async () => {
    const w = new FleetHarness();
    let all = many(2);
    scanOf(w, () => all);
    w.auto = 'connects';
    w.supervise();
    await advance(1_000, 100);
    w.net('o0', { type: 'storage.failed' });
    w.net('o1', { type: 'storage.failed' });
    all = many(3);
    await advance(60_000, 1_000);
    expect(w.sockets.has('o2')).toBe(false);
    w.net('o0', { type: 'storage.recovered' });
    await advance(10_000, 1_000);
    expect(w.sockets.has('o2'), 'the other one still cannot').toBe(false);
    w.net('o1', { type: 'storage.recovered' });
    await advance(1_000, 100);
    expect(w.sockets.has('o2')).toBe(true);
  });
  it('it is freed when the session that held it is gone', async () => {
    const w = new FleetHarness();
    let all = many(2);
    scanOf(w, () => all);
    w.auto = 'connects';
    const supervisor = w.supervise();
    await advance(1_000, 100);
    w.net('o0', { type: 'storage.failed' });
    all = [found('o1'), found('o2')];
    await advance(30_000, 1_000);
    expect(w.sockets.has('o2')).toBe(false);
    supervisor.send({ type: 'session.command', org: 'o0', command: { type: 'session.logout' } });
    w.net('o0', { type: 'connection.unlinked' });
    await advance(1_000, 100);
    expect(w.sockets.has('o2')).toBe(true);
    expect(supervisor.getSnapshot().context.unwritable.size).toBe(0);
  });
});

describe('adoption', () => {
  it('it adopts twenty-five sessions per turn of the event loop', async () => {
    const w = new FleetHarness();
    scanOf(w, () => many(60));
    w.supervise();
    await settle();
    expect(w.fleet.sessions.size()).toBe(25);
    vi.advanceTimersByTime(0);
    expect(w.fleet.sessions.size()).toBe(50);
    vi.advanceTimersByTime(1);
    expect(w.fleet.sessions.size()).toBe(60);
  });
  it('a command does not wait for the turn of its session', async () => {
    const w = new FleetHarness();
    scanOf(w, () => many(250));
    const supervisor = w.supervise();
    await settle();
    supervisor.send({ type: 'session.command', org: 'o249', command: { type: 'session.stop' } });
    expect(w.fleet.sessions.actor('o249')?.getSnapshot().context.desired).toBe('stopped');
    await advance(10, 1);
    expect(w.fleet.sessions.size()).toBe(250);
  });
  it('an organization without a directory can be paired, and no scan drops it', async () => {
    const w = new FleetHarness();
    scanOf(w, () => []);
    const supervisor = w.supervise();
    await settle();
    supervisor.send({
      type: 'session.command',
      org: 'new',
      command: { type: 'session.pair', pairing: { id: 'p', method: 'qr' } },
    });
    await advance(90_000, 10_000);
    expect([...w.sockets.keys()]).toEqual(['new']);
    expect(w.opened).toEqual([{ org: 'new', at: 0, mode: 'pair' }]);
    w.net('new', { type: 'connection.paired' }, { type: 'connection.closed', reason: 'restart_required' });
    await advance(200, 100);
    expect(w.opened.at(-1)).toMatchObject({ org: 'new', mode: 'restore' });
    scanOf(w, () => [found('new', { fingerprint: 'new-new' })]);
    await advance(60_000, 10_000);
    expect(w.sockets.size).toBe(1);
  });
  it('the first report of an organization without a record says that it is new', async () => {
    const w = new FleetHarness();
    scanOf(w, () => [found('old', { record: record('old') }), found('fresh')]);
    w.supervise();
    await advance(0);
    const created = w.received.flatMap((e) => (e.type === 'session.reported' && e.created ? [e.org] : []));
    expect(created).toEqual(['fresh']);
    expect(received(w, 'scan.done')[0]).toMatchObject({ found: 2, adopted: ['old', 'fresh'], dropped: [] });
  });
});

describe('a session that throws', () => {
  it('it stops no other session, leaks no socket and no slot, and is adopted again by the next scan', async () => {
    const w = new FleetHarness();
    w.auto = 'connects';
    scanOf(w, () => many(3));
    const supervisor = w.supervise(hasty, explosive(w, { left: 1 }));
    await advance(10_000, 1_000);
    expect(received(w, 'session.crashed')).toMatchObject([
      { org: 'o1', view: { state: 'connected' }, error: { message: 'boom' } },
    ]);
    expect(supervisor.getSnapshot().status).toBe('active');
    expect(w.sockets.size).toBe(2);
    expect(w.alive.size).toBe(2);
    expect(w.fleet.sessions.size()).toBe(2);
    expect(supervisor.getSnapshot().context).toMatchObject({ live: 2, running: 2 });
    await advance(499, 499);
    expect(w.sockets.size).toBe(2);
    await advance(101, 1);
    expect(w.sockets.size).toBe(3);
    expect(w.opened.filter((o) => o.org !== 'o1')).toHaveLength(2);
  });
  it('three times within ten minutes it is failed, and a retry starts it again', async () => {
    const w = new FleetHarness();
    w.auto = 'connects';
    scanOf(w, () => many(3));
    const bomb = { left: 3 };
    const supervisor = w.supervise(hasty, explosive(w, bomb));
    await advance(120_000, 500);
    expect(bomb.left).toBe(0);
    expect(w.fleet.sessions.actor('o1')?.getSnapshot().context).toMatchObject({
      state: 'failed',
      verdict: { reason: 'crashed', build: '1.0.0' },
    });
    expect(w.disk.get('o1')?.verdict?.reason).toBe('crashed');
    const before = w.opened.length;
    await advance(3_600_000, 60_000);
    expect(w.opened).toHaveLength(before);
    supervisor.send({ type: 'session.command', org: 'o1', command: { type: 'session.retry' } });
    await advance(1_000, 100);
    expect(w.sockets.has('o1')).toBe(true);
  });
  it('three times in more than ten minutes it is not failed', async () => {
    const w = new FleetHarness();
    w.auto = 'connects';
    scanOf(w, () => many(3));
    const bomb = { left: 3 };
    w.supervise({ ...hasty, stableMs: 310_000 }, explosive(w, bomb));
    await advance(1_200_000, 10_000);
    expect(bomb.left).toBe(0);
    expect(w.sockets.has('o1')).toBe(true);
  });
});

describe('shutdown', () => {
  // the gate has ended by then, and XState's development build warns of each slot that is released
  beforeEach(() => void vi.spyOn(console, 'warn').mockImplementation(() => {}));

  it('it leaves no socket and no timer, and changes no desired state', async () => {
    const w = new FleetHarness();
    w.auto = 'connects';
    scanOf(w, () => many(250));
    const supervisor = w.supervise();
    await advance(1_000, 100);
    expect(w.sockets.size).toBeGreaterThan(10);
    const reported = received(w, 'session.reported').length;
    supervisor.send({ type: 'shutdown' });
    await advance(20, 1);
    expect(supervisor.getSnapshot()).toMatchObject({ status: 'done', value: 'stopped' });
    expect(w.sockets.size).toBe(0);
    expect(w.alive.size).toBe(0);
    expect(w.fleet.sessions.size()).toBe(0);
    expect(vi.getTimerCount()).toBe(0);
    expect(received(w, 'session.reported').length + received(w, 'session.dropped').length).toBe(reported);
    expect([...w.disk.values()].every((r) => r.desired === 'running')).toBe(true);
  });
  it('sessions that still wait to be adopted are not adopted any more', async () => {
    const w = new FleetHarness();
    scanOf(w, () => many(250));
    const supervisor = w.supervise();
    await settle();
    supervisor.send({ type: 'shutdown' });
    await advance(1_000, 100);
    expect(w.fleet.sessions.size()).toBe(0);
    expect(w.alive.size).toBe(0);
  });
});
