/** A supervisor with nobody behind it: what it tells the gate, its sessions and the world is written down. */
import { createActor, fromCallback, fromPromise } from 'xstate';
import { defaultPolicy } from '../../../machines/domain/policy.ts';
import type { Found, Scan } from '../../../machines/domain/ports.ts';
import type { SessionView, State } from '../../../machines/domain/view.ts';
import { contextFrom, viewOf } from '../../../machines/session/context.ts';
import type { FleetFact, FleetOrder } from '../../../machines/supervisor/fleet.ts';
import type { SupervisorEmitted } from '../../../machines/supervisor/setup.ts';
import { supervisorMachine } from '../../../machines/supervisor/supervisor.machine.ts';
import { clock, found, random } from '../harness.ts';
import { settle } from '../spec/time.ts';

export const viewFor = (org: string, over: Partial<SessionView> = {}): SessionView => ({
  ...viewOf(contextFrom({ found: found(org), policy: defaultPolicy, clock, random, build: '1' })),
  ...over,
});

/** What it meets when it starts and when it ends. */
interface Behind {
  readonly settled?: () => Promise<void>;
  readonly look?: () => Promise<Scan>;
}
export const supervise = async (
  all: Found[] = [],
  { settled = () => Promise.resolve(), look }: Behind = {},
) => {
  const gate: unknown[] = [];
  const orders: FleetOrder[] = [];
  const heard: SupervisorEmitted[] = [];
  const disk: { all: Found[]; look: () => Promise<Scan> } = {
    all,
    look: look ?? (async () => ({ rootSeen: true, startedAt: Date.now(), found: disk.all })),
  };
  let tell = (_: FleetFact) => {};
  const actor = createActor(
    supervisorMachine.provide({
      actors: {
        gate: fromCallback(({ receive }) => {
          receive((event) => void gate.push(event));
        }) as never,
        fleet: fromCallback<FleetOrder, undefined>(({ receive, sendBack }) => {
          receive((order) => void orders.push(order));
          tell = sendBack;
        }),
        scan: fromPromise<Scan>(() => disk.look()),
        settle: fromPromise<void>(settled),
      },
    }),
    { input: { policy: defaultPolicy, clock, random, build: '1', scanEveryMs: 30_000 } },
  );
  actor.on('*', (e) => void heard.push(e));
  actor.start();
  await settle();
  const report = (
    org: string,
    previousState: State | null,
    state: State,
    over: Partial<SessionView> = {},
    writable = true,
  ) =>
    tell({
      type: 'session.reported',
      org,
      view: viewFor(org, { state, ...over }),
      previousState,
      created: false,
      cause: 'x',
      durable: true,
      writable,
    });
  const said = <T>(list: T[], act: () => void): T[] => {
    const before = list.length;
    act();
    return list.slice(before);
  };
  return {
    actor,
    gate,
    orders,
    heard,
    disk,
    tell: (fact: FleetFact) => tell(fact),
    report,
    said,
    context: () => actor.getSnapshot().context,
  };
};
