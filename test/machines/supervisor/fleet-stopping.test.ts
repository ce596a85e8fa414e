/** Thousands of sessions are never stopped in one turn of the event loop; and who waits to be stopped does nothing new. */
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { defaultPolicy } from '../../../machines/domain/policy.ts';
import { found, World } from '../harness.ts';
import { onVirtualTime, settle, turn } from '../spec/time.ts';

onVirtualTime();
// the gate has ended by then, and XState's development build says so for each place that is given back
beforeEach(() => void vi.spyOn(console, 'warn').mockImplementation(() => {}));
const many = (n: number, from = 0) => Array.from({ length: n }, (_, i) => found(`o${from + i}`));
const open = {
  ...defaultPolicy,
  freezeMs: 1,
  gate: { ...defaultPolicy.gate, places: 1_000, perSecond: 1_000, burst: 1_000 },
};
/** A fleet of sixty that is connected, over a directory that the test rearranges. */
const connected = async () => {
  const w = new World();
  w.auto = 'connects';
  const disk = { all: many(60) };
  w.scan = async () => ({ rootSeen: true, startedAt: Date.now(), found: disk.all });
  const supervisor = w.supervise(open);
  await turn(1_000, 10);
  expect(w.sockets.size).toBe(60);
  return {
    w,
    disk,
    supervisor,
    dropped: () => w.heard.filter(({ type }) => type === 'session.dropped').length,
  };
};

describe('the end of all', () => {
  it('stops twenty-five a turn', async () => {
    const { w, supervisor } = await connected();
    supervisor.send({ type: 'shutdown' });
    expect([w.alive.size, w.fleet.sessions.size()]).toEqual([35, 35]);
    vi.advanceTimersByTime(0);
    expect([w.alive.size, w.fleet.sessions.size()]).toEqual([10, 10]);
    vi.advanceTimersByTime(1);
    expect([w.alive.size, w.fleet.sessions.size()]).toEqual([0, 0]);
  });
  it('is the same when the supervisor is stopped from outside', async () => {
    const { w, supervisor, dropped } = await connected();
    supervisor.stop();
    expect(w.alive.size).toBe(35);
    await turn(10, 1);
    expect([w.alive.size, w.fleet.sessions.size()]).toEqual([0, 0]);
    expect(dropped(), 'their directories are still there').toBe(0);
  });
  it('lets nobody in whose turn to stop has not come', async () => {
    const { w, supervisor } = await connected();
    const before = w.opened.length;
    supervisor.stop();
    const last = [...w.sockets.keys()].at(-1) ?? '';
    w.close('restart_required', last); // it would reopen at once
    await turn(10, 1);
    expect([w.opened.length, w.alive.size]).toEqual([before, 0]);
  });
  it('takes up nobody who was still waiting for it', async () => {
    const w = new World();
    w.scan = async () => ({ rootSeen: true, startedAt: Date.now(), found: many(60) });
    const supervisor = w.supervise(open);
    await settle();
    expect(w.fleet.sessions.size()).toBe(25);
    supervisor.stop();
    await turn(10, 1);
    expect([w.fleet.sessions.size(), w.alive.size]).toEqual([0, 0]);
  });
});

describe('many directories that are gone', () => {
  it('stop twenty-five sessions a turn, and each is told of', async () => {
    const { w, disk, dropped } = await connected();
    disk.all = [];
    await turn(29_000, 1_000);
    for (let ms = 0; dropped() === 0 && ms < 60_000; ms += 1) {
      vi.advanceTimersByTime(1);
      await settle();
    }
    expect(dropped() % 25, 'whole turns').toBe(0);
    expect(dropped()).toBeLessThan(60);
    await turn(10, 1);
    expect([dropped(), w.fleet.sessions.size()]).toEqual([60, 0]);
  });
});

describe('the fleet itself', () => {
  it('takes up anew whoever was to be stopped and is there again, after the old session is gone', async () => {
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
    await turn(10, 1);
    expect(old?.getSnapshot().status).toBe('stopped');
    expect([...w.sockets.keys()]).toEqual([last]);
    expect(w.fleet.sessions.size()).toBe(1);
  });
  it('gives an order to nobody who is to be stopped', async () => {
    const { w, supervisor } = await connected();
    const send = (supervisor.getSnapshot().children as Record<string, { send(event: unknown): void }>)[
      'fleet'
    ];
    send?.send({ type: 'sessions.drop', orgs: many(60).map(({ org }) => org) });
    send?.send({ type: 'session.send', org: 'o59', event: { type: 'session.stop' } });
    const told = w.heard.filter((e) => e.type === 'session.reported' && e.org === 'o59').length;
    await turn(10, 1);
    expect(w.heard.filter((e) => e.type === 'session.reported' && e.org === 'o59')).toHaveLength(told);
    expect(w.fleet.sessions.size()).toBe(0);
  });
});
