/**
 * Events, scans, writes and archives come in every order. No organization is ever logged in twice. In the end
 * exactly those are connected that have a directory and are desired to run.
 */
import fc from 'fast-check';
import { expect, it, vi } from 'vitest';
import { assign, fromPromise } from 'xstate';
import type { SessionCommand } from '../../../machines/domain/commands.ts';
import { defaultPolicy } from '../../../machines/domain/policy.ts';
import type { SaveRecordInput, Scan } from '../../../machines/domain/ports.ts';
import { advance, onVirtualTime, settle } from '../fake-clock.ts';
import { FleetHarness, found } from '../harness.ts';
import { exploration, patienceMs } from './exploration.ts';

onVirtualTime();
const orgs = ['a', 'b', 'c'] as const;
const policy = { ...defaultPolicy, crashLimit: 1_000 };
const happenings = [
  'found',
  'vanishes',
  'replaced',
  'unsettled',
  'copied',
  'stop',
  'restore',
  'logout',
  'crash',
  'drop',
  'hint',
  'scan fails',
] as const;
const story = fc.array(
  fc.record({
    what: fc.constantFrom(...happenings),
    org: fc.constantFrom(...orgs),
    afterMs: fc.constantFrom(0, 0, 1, 500, 30_000),
    settled: fc.nat(3),
  }),
  { maxLength: 25, size: 'max' },
);

const fleetOf = (scheduler: fc.Scheduler) => {
  vi.clearAllTimers();
  vi.setSystemTime(0);
  vi.spyOn(console, 'warn').mockImplementation(() => {});
  const w = new FleetHarness();
  w.auto = 'connects';
  const disk = new Map<string, { fingerprint: string; settled: boolean }>();
  const bombs = new Set<string>();
  const state = { fails: false, identities: 0, quiet: false };
  const later = <T>(what: string, value: () => T): Promise<T> => {
    if (state.quiet) return Promise.resolve().then(value);
    return scheduler.schedule(Promise.resolve(), what).then(value);
  };
  /**
   * What is written for one organization is written in the order in which it was asked for; the store
   * promises so.
   */
  const lanes = new Map<string, Promise<void>>();
  const inLane = (org: string, what: string, job: () => void): Promise<void> => {
    const done = (lanes.get(org) ?? Promise.resolve()).then(() => later(what, job));
    lanes.set(org, done);
    return done;
  };
  const look = (): Scan => ({
    rootSeen: true,
    startedAt: Date.now(),
    found: [...disk].map(([org, { fingerprint, settled }]) => {
      const record = w.disk.get(org);
      return found(org, {
        ...(settled ? { fingerprint } : { stored: 'unsettled', fingerprint: '' }),
        ...(record && { record }),
      });
    }),
  });
  w.scan = () => {
    const seen = look(); // what a look saw may be old by the time it is told
    const fails = state.fails;
    state.fails = false;
    return later('scan', () => {
      if (fails) throw new Error('EIO');
      return seen;
    });
  };
  w.archive = (org) =>
    inLane(org, 'archive', () => {
      disk.delete(org);
      w.disk.delete(org);
    });
  const machine = w.machine.provide({
    actors: {
      saveRecord: fromPromise<void, SaveRecordInput>(({ input }) =>
        inLane(input.org, 'keep', () => void w.disk.set(input.org, input.record)),
      ),
    },
    actions: {
      noteWrites: assign(({ context }, p: { writes: 'well' | 'failing' }) => {
        if (bombs.delete(context.org)) throw new Error('boom');
        return { writes: p.writes };
      }),
    },
  });
  const supervisor = w.supervise(policy, machine);
  const command = (org: string, type: 'session.stop' | 'session.restore' | 'session.logout') =>
    supervisor.send({ type: 'session.command', org, command: { type } satisfies SessionCommand });
  const play: Record<(typeof happenings)[number], (org: string) => unknown> = {
    found: (org) =>
      disk.has(org) || disk.set(org, { fingerprint: `${org}${++state.identities}`, settled: true }),
    vanishes: (org) => disk.delete(org),
    replaced: (org) =>
      disk.has(org) && disk.set(org, { fingerprint: `${org}${++state.identities}`, settled: true }),
    unsettled: (org) => {
      const there = disk.get(org);
      if (there) there.settled = !there.settled;
    },
    copied: (org) => {
      const a = disk.get('a');
      if (a && org !== 'a') disk.set(org, { ...a });
    },
    stop: (org) => command(org, 'session.stop'),
    restore: (org) => command(org, 'session.restore'),
    logout: (org) => command(org, 'session.logout'),
    crash: (org) => {
      if (!w.sockets.has(org)) return;
      bombs.add(org);
      w.net(org, { type: 'storage.failed' });
    },
    drop: (org) => w.close('network', org),
    hint: () => supervisor.send({ type: 'scan.requested' }),
    'scan fails': () => {
      state.fails = true;
    },
  };
  return { w, disk, state, supervisor, play };
};

it('no order of events logs an organization in twice, or forgets one', { timeout: patienceMs }, async () => {
  await fc.assert(
    fc.asyncProperty(fc.scheduler(), story, async (scheduler, parts) => {
      const { w, disk, state, supervisor, play } = fleetOf(scheduler);
      /** Which identity each open socket has logged in with. */
      const identities = () =>
        [...w.sockets.keys()].map((org) => w.fleet.sessions.actor(org)?.getSnapshot().context.fingerprint);
      for (const { what, org, afterMs, settled } of parts) {
        play[what](org);
        await advance(afterMs, 500);
        for (let i = 0; i < settled && scheduler.count() > 0; i += 1) {
          await scheduler.waitOne();
          await settle();
        }
        expect(new Set(identities()).size, 'one socket for one identity').toBe(w.sockets.size);
      }
      state.quiet = true;
      for (const there of disk.values()) there.settled = true;
      while (scheduler.count() > 0) {
        await scheduler.waitOne();
        await settle();
      }
      await advance(600_000, 500);
      const reasons = w.received.flatMap((e) =>
        e.type === 'session.reported' ? [e.view.lastError?.reason] : [],
      );
      expect(reasons, 'the fake throws at a double login').not.toContain('internal');
      expect(supervisor.getSnapshot().status).toBe('active');
      expect(new Set(identities()).size).toBe(w.sockets.size);
      const wanted = [...disk].filter(([org]) => (w.disk.get(org)?.desired ?? 'running') === 'running');
      const twin = (org: string) => w.fleet.sessions.actor(org)?.getSnapshot().context.duplicateOf;
      for (const [org, { fingerprint }] of wanted) {
        if (twin(org) === undefined) expect(w.sockets.has(org), `${org} is connected`).toBe(true);
        else
          expect([...disk].some(([other, d]) => other !== org && d.fingerprint === fingerprint)).toBe(true);
      }
      for (const org of w.sockets.keys()) expect(disk.has(org), `${org} lies in the directory`).toBe(true);
      expect(w.fleet.sessions.size()).toBe(disk.size);
      const { live, running, unwritable } = supervisor.getSnapshot().context;
      expect(live).toEqual(w.sockets.size);
      expect(running).toEqual(w.sockets.size);
      expect(unwritable.size).toBe(0);
    }),
    exploration(60),
  );
});
