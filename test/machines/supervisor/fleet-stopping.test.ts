/**
 * Thousands of sessions are never stopped in one turn of the event loop, and a session that waits to be
 * stopped does nothing new.
 */
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { defaultPolicy } from '../../../machines/domain/policy.ts';
import { advance, onVirtualTime, settle } from '../fake-clock.ts';
import { FleetHarness, found } from '../harness.ts';

onVirtualTime();
// the gate has ended by then, and XState's development build warns of each slot that is released
beforeEach(() => void vi.spyOn(console, 'warn').mockImplementation(() => {}));
const many = (n: number, from = 0) => Array.from({ length: n }, (_, i) => found(`o${from + i}`));
const open = {
  ...defaultPolicy,
  freezeMs: 1,
  gate: { ...defaultPolicy.gate, places: 1_000, perSecond: 1_000, burst: 1_000 },
};
/** A fleet of sixty that is connected, over a directory that the test rearranges. */
const connected = async () => {
  const w = new FleetHarness();
  w.auto = 'connects';
  const disk = { all: many(60) };
  w.scan = async () => ({ rootSeen: true, startedAt: Date.now(), found: disk.all });
  const supervisor = w.supervise(open);
  await advance(1_000, 10);
  expect(w.sockets.size).toBe(60);
  return {
    w,
    disk,
    supervisor,
    dropped: () => w.received.filter(({ type }) => type === 'session.dropped').length,
  };
};

describe('stopping the fleet', () => {
  it('it stops twenty-five sessions a turn', async () => {
    const { w, supervisor } = await connected();
    supervisor.send({ type: 'shutdown' });
    expect(w.alive.size).toBe(35);
    expect(w.fleet.sessions.size()).toBe(35);
    vi.advanceTimersByTime(0);
    expect(w.alive.size).toBe(10);
    expect(w.fleet.sessions.size()).toBe(10);
    vi.advanceTimersByTime(1);
    expect(w.alive.size).toBe(0);
    expect(w.fleet.sessions.size()).toBe(0);
  });
  it('it is the same when the supervisor is stopped from outside', async () => {
    const { w, supervisor, dropped } = await connected();
    supervisor.stop();
    expect(w.alive.size).toBe(35);
    await advance(10, 1);
    expect(w.alive.size).toBe(0);
    expect(w.fleet.sessions.size()).toBe(0);
    expect(dropped(), 'their directories are still there').toBe(0);
  });
  it('the gate admits no session that waits to be stopped', async () => {
    const { w, supervisor } = await connected();
    const before = w.opened.length;
    supervisor.stop();
    const last = [...w.sockets.keys()].at(-1) ?? '';
    w.close('restart_required', last); // it would reopen at once
    await advance(10, 1);
    expect(w.opened.length).toEqual(before);
    expect(w.alive.size).toBe(0);
  });
  it('sessions that wait to be adopted are not adopted any more', async () => {
    const w = new FleetHarness();
    w.scan = async () => ({ rootSeen: true, startedAt: Date.now(), found: many(60) });
    const supervisor = w.supervise(open);
    await settle();
    expect(w.fleet.sessions.size()).toBe(25);
    supervisor.stop();
    await advance(10, 1);
    expect(w.fleet.sessions.size()).toBe(0);
    expect(w.alive.size).toBe(0);
  });
});

describe('many removed directories', () => {
  it('they stop twenty-five sessions a turn, and each stop is reported', async () => {
    const { w, disk, dropped } = await connected();
    disk.all = [];
    await advance(29_000, 1_000);
    for (let ms = 0; dropped() === 0 && ms < 60_000; ms += 1) {
      vi.advanceTimersByTime(1);
      await settle();
    }
    expect(dropped() % 25, 'whole turns').toBe(0);
    expect(dropped()).toBeLessThan(60);
    await advance(10, 1);
    expect(dropped()).toBe(60);
    expect(w.fleet.sessions.size()).toBe(0);
  });
});

describe('the fleet', () => {
  it('it adopts an organization that is back again only after its old session is stopped', async () => {
    const { w, supervisor } = await connected();
    const send = (supervisor.getSnapshot().children as Record<string, { send(event: unknown): void }>)[
      'fleet'
    ];
    const last = 'o59';
    const old = w.fleet.sessions.actor(last);
    send?.send({ type: 'sessions.drop', orgs: many(60).map(({ org }) => org) });
    expect(w.fleet.sessions.actor(last), 'its turn has not come').toBe(old);
    send?.send({
      type: 'sessions.adopt',
      inputs: [{ found: found(last), policy: open, clock: { now: () => 0 }, random: () => 0.5, build: '1' }],
    });
    await advance(10, 1);
    expect(old?.getSnapshot().status).toBe('stopped');
    expect([...w.sockets.keys()]).toEqual([last]);
    expect(w.fleet.sessions.size()).toBe(1);
  });
  it('it sends no event to a session that is to be stopped', async () => {
    const { w, supervisor } = await connected();
    const send = (supervisor.getSnapshot().children as Record<string, { send(event: unknown): void }>)[
      'fleet'
    ];
    send?.send({ type: 'sessions.drop', orgs: many(60).map(({ org }) => org) });
    send?.send({ type: 'session.send', org: 'o59', event: { type: 'session.stop' } });
    const reported = w.received.filter((e) => e.type === 'session.reported' && e.org === 'o59').length;
    await advance(10, 1);
    expect(w.received.filter((e) => e.type === 'session.reported' && e.org === 'o59')).toHaveLength(reported);
    expect(w.fleet.sessions.size()).toBe(0);
  });
});
