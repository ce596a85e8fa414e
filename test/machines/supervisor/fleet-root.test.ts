/** The fleet while its root directory is missing, and while it drains. */
import { describe, expect, it, vi } from 'vitest';
import { createActor, fromPromise } from 'xstate';
import { defaultPolicy } from '../../../machines/domain/policy.ts';
import type { Scan } from '../../../machines/domain/ports.ts';
import { supervisorMachine } from '../../../machines/supervisor/supervisor.machine.ts';
import { advance, onVirtualTime } from '../fake-clock.ts';
import { clock, FleetHarness, found, random } from '../harness.ts';
import { over, seconds } from './harness.ts';

onVirtualTime();
const many = (n: number) => Array.from({ length: n }, (_, i) => found(`o${i}`));

describe('the root', () => {
  it('a missing root freezes the fleet, and its return thaws it', async () => {
    const { w, disk, received } = over(many(3));
    await seconds(5);
    disk.rootSeen = false;
    await seconds(60);
    expect(received('fleet.frozen')).toEqual([{ type: 'fleet.frozen', cause: 'root_missing' }]);
    expect(w.sockets.size).toBe(3);
    disk.rootSeen = true;
    await seconds(5);
    expect(received('fleet.thawed')).toHaveLength(1);
    expect(w.sockets.size).toBe(3);
    expect(w.opened.length).toBe(3);
  });
  it('a root that is missing for a minute ends the fleet, so that the process manager restarts it', async () => {
    const { w, disk, supervisor, received } = over(many(3));
    await seconds(5);
    disk.rootSeen = false;
    await seconds(25 + 59);
    expect(supervisor.getSnapshot().status).toBe('active');
    await seconds(2);
    expect(received('root.lost')).toHaveLength(1);
    expect(supervisor.getSnapshot().status).toBe('done');
    expect(w.sockets.size).toBe(0);
    expect(vi.getTimerCount()).toBe(0);
  });
  it('while it is missing, the gate stays held even when credentials can be written again', async () => {
    const { w, disk, supervisor } = over(many(2));
    await seconds(5);
    disk.rootSeen = false;
    await seconds(30);
    w.net('o0', { type: 'storage.failed' }, { type: 'storage.recovered' });
    supervisor.send({ type: 'session.command', org: 'o1', command: { type: 'session.stop' } });
    supervisor.send({ type: 'session.command', org: 'o1', command: { type: 'session.restore' } });
    await seconds(10);
    expect([...w.sockets.keys()]).toEqual(['o0']);
  });
});

it('draining does not wait for the disk longer than ten seconds', async () => {
  const stuck = supervisorMachine.provide({
    actors: {
      fleet: new FleetHarness().fleet.logic,
      scan: fromPromise<Scan>(() => new Promise(() => {})),
      settle: fromPromise<void>(() => new Promise(() => {})),
    },
  });
  const supervisor = createActor(stuck, {
    input: { policy: defaultPolicy, clock, random, build: '1', scanEveryMs: 30_000 },
  });
  supervisor.start();
  supervisor.send({ type: 'shutdown' });
  await advance(9_999);
  expect(supervisor.getSnapshot().value).toBe('draining');
  await advance(1);
  expect(supervisor.getSnapshot()).toMatchObject({ status: 'done', value: 'stopped' });
});
