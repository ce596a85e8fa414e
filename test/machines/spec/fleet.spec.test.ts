import { expect, vi } from 'vitest';
import { assign } from 'xstate';
import type { SessionCommand } from '../../../machines/domain/commands.ts';
import { defaultPolicy } from '../../../machines/domain/policy.ts';
import { advance, settle } from '../fake-clock.ts';
import { FleetHarness, found } from '../harness.ts';
import { crashLimit, fleetSpec, type Membership } from './fleet.spec.ts';
import { same } from './same.ts';
import { type Performance, walk } from './walk.ts';

const policy = { ...defaultPolicy, crashLimit, crashWindowMs: 86_400_000 };
const commands: Partial<Record<string, SessionCommand>> = {
  'operator stops': { type: 'session.stop' },
  'operator restores': { type: 'session.restore' },
  'operator retries': { type: 'session.retry' },
  'operator logs out': { type: 'session.logout' },
};

/** `provide` takes longer than most paths, so all paths share one set of fakes, one after the other. */
const w = new FleetHarness();
let bomb = false;
const machine = w.machine.provide({
  actions: {
    noteWrites: assign((_, p: { writes: 'well' | 'failing' }) => {
      if (bomb) {
        bomb = false;
        throw new Error('boom');
      }
      return { writes: p.writes };
    }),
  },
});
let before: ReturnType<typeof w.supervise> | undefined;
const clear = () => {
  before?.stop();
  for (const kept of [w.sockets, w.alive, w.disk]) kept.clear();
  for (const list of [w.opened, w.orders, w.received]) list.length = 0;
  w.auto = 'connects';
  bomb = false;
};

const perform = (): Performance<Membership> => {
  vi.spyOn(console, 'warn').mockImplementation(() => {});
  clear();
  let disk: Membership['disk'] = null;
  let fails = false;
  let opened = 0;
  const onDisk = (org: string, fingerprint: string) => {
    const record = w.disk.get(org);
    return found(org, { fingerprint, ...(record && { record }) });
  };
  w.archive = async (org) => {
    disk = null;
    w.disk.delete(org);
  };
  w.scan = async () => {
    if (fails) throw new Error('EIO');
    return {
      rootSeen: true,
      startedAt: Date.now(),
      found: [onDisk('neighbour', 'n'), ...(disk ? [onDisk('acme', disk)] : [])],
    };
  };
  const supervisor = w.supervise(policy, machine);
  before = supervisor;
  const look = () => advance(30_000);
  const play = async (
    event: string,
    { context: c, phase }: { readonly context: Membership; readonly phase: string },
  ) => {
    const command = commands[event];
    if (command) {
      supervisor.send({ type: 'session.command', org: 'acme', command });
      if (event === 'operator logs out') {
        w.net('acme', { type: 'connection.unlinked' });
        await settle();
        await advance(1); // a scan that began in this very millisecond would not count
      }
      return advance(200, 100);
    }
    if (event === 'it crashes') {
      if (c.disk === null) return;
      bomb = true;
      w.net('acme', { type: 'storage.failed' });
      return advance(1_000, 500);
    }
    const away = c.disk === null;
    if (event === 'it is found' && away) disk = c.had ?? 'A';
    else if (event === 'it vanishes' && !away) disk = null;
    else if (event === 'it is replaced' && !away) disk = c.had === 'A' ? 'B' : 'A';
    else if (event === 'a scan fails') fails = true;
    else if (!(event === 'it is found again' ? !away : event === 'it stays away' && away && phase !== 'away'))
      return; // refused
    await look();
    fails = false;
    await advance(200, 100);
  };
  return {
    play,
    agree: ({ phase, context: c }, event, before) => {
      const isNew =
        phase === 'connected' &&
        (before?.phase !== phase || c.had !== before.context.had || c.crashes !== before.context.crashes);
      opened += Number(isNew);
      same(w.opened.filter((o) => o.org === 'acme').length, opened, `sockets ever opened, after ${event}`);
      const state = w.fleet.sessions.actor('acme')?.getSnapshot().context.state;
      same(state ?? 'away', phase);
      same(w.sockets.has('acme'), phase === 'connected');
      if (phase !== 'away') same(w.disk.get('acme')?.desired, c.desired);
      if (phase === 'failed')
        expect(w.disk.get('acme')?.verdict).toMatchObject({ reason: 'crashed', build: '1.0.0' });
      same(
        w.received.filter((e) => e.type === 'session.crashed' && e.org !== 'acme'),
        [],
      );
      if (event === undefined) return;
      same(w.opened.filter((o) => o.org === 'neighbour').length, 1, "the neighbour's sockets");
      same(w.sockets.has('neighbour'), true);
      const { live, running } = supervisor.getSnapshot().context;
      same({ live, running }, phase === 'connected' ? { live: 2, running: 2 } : { live: 1, running: 1 });
    },
  };
};

walk('the specification of the fleet', { machine: fleetSpec, start: perform, edges: 391 });
