/** Supervisors for tests: one with fakes behind it that record what it sends, and whole fleets. */
import { createActor, fromCallback, fromPromise, type PromiseActorLogic } from 'xstate';
import { defaultPolicy } from '../../../machines/domain/policy.ts';
import type { Found, SaveRecordInput, Scan } from '../../../machines/domain/ports.ts';
import type { SessionView, State } from '../../../machines/domain/view.ts';
import { viewOf } from '../../../machines/session/context.ts';
import { contextFrom } from '../../../machines/session/initial-context.ts';
import { createExecuteCommand } from '../../../machines/supervisor/execute-command.ts';
import type { FleetFact, FleetOrder } from '../../../machines/supervisor/fleet.ts';
import type { SupervisorEmitted } from '../../../machines/supervisor/setup.ts';
import { supervisorMachine } from '../../../machines/supervisor/supervisor.machine.ts';
import { advance, settle } from '../fake-clock.ts';
import { clock, FleetHarness, found, random, record } from '../harness.ts';

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
  const received: SupervisorEmitted[] = [];
  const disk: { all: Found[]; look: () => Promise<Scan> } = {
    all,
    look: look ?? (async () => ({ rootSeen: true, startedAt: Date.now(), found: disk.all })),
  };
  let notify = (_: FleetFact) => {};
  const actor = createActor(
    supervisorMachine.provide({
      actors: {
        gate: fromCallback(({ receive }) => {
          receive((event) => void gate.push(event));
        }) as never,
        fleet: fromCallback<FleetOrder, undefined>(({ receive, sendBack }) => {
          receive((order) => void orders.push(order));
          notify = sendBack;
        }),
        scan: fromPromise<Scan>(() => disk.look()),
        settle: fromPromise<void>(settled),
      },
    }),
    { input: { policy: defaultPolicy, clock, random, build: '1', scanEveryMs: 30_000 } },
  );
  actor.on('*', (e) => void received.push(e));
  actor.start();
  await settle();
  const report = (
    org: string,
    previousState: State | null,
    state: State,
    over: Partial<SessionView> = {},
    writable = true,
  ) =>
    notify({
      type: 'session.reported',
      org,
      view: viewFor(org, { state, writable, ...over }),
      previousState,
      created: false,
      cause: 'x',
      durable: true,
    });
  const logged = <T>(list: T[], act: () => void): T[] => {
    const before = list.length;
    act();
    return list.slice(before);
  };
  return {
    actor,
    gate,
    orders,
    received,
    disk,
    notify: (fact: FleetFact) => notify(fact),
    report,
    logged,
    context: () => actor.getSnapshot().context,
  };
};

/** The whole fleet of fakes, with the function that executes commands. */
export const openFleet = async (
  orgs = ['acme'],
  auto: FleetHarness['auto'] = 'connects',
  saveRecord?: PromiseActorLogic<void, SaveRecordInput>,
) => {
  const w = new FleetHarness();
  w.auto = auto;
  w.scan = async () => ({ rootSeen: true, startedAt: Date.now(), found: orgs.map((org) => found(org)) });
  const supervisor = w.supervise(defaultPolicy, saveRecord && w.machine.provide({ actors: { saveRecord } }));
  await advance(0);
  const lookedUp: string[] = [];
  const lookUp = async (org: string) => {
    lookedUp.push(org);
    return found(org, { stored: 'unpaired', fingerprint: '', record: record(org, { revision: 41 }) });
  };
  return {
    w,
    lookedUp,
    supervisor,
    executeCommand: createExecuteCommand({
      supervisor,
      sessions: w.fleet.sessions,
      now: () => Date.now(),
      lookUp,
      logoutDeadlineMs: 20_000,
    }),
  };
};
/** The answer, or undefined while there is none. */
export const answerOf = <T>(answer: Promise<T>) => {
  const box: { answer?: T } = {};
  void answer.then((a) => {
    box.answer = a;
  });
  return box;
};

/** A fleet over a directory that the test rearranges. */
export const over = (all: readonly Found[]) => {
  const w = new FleetHarness();
  w.auto = 'connects';
  const disk = { all, rootSeen: true, scans: [] as number[], fails: false };
  w.scan = async () => {
    disk.scans.push(Date.now());
    if (disk.fails) throw new Error('EIO');
    return { rootSeen: disk.rootSeen, startedAt: Date.now(), found: disk.rootSeen ? disk.all : [] };
  };
  const supervisor = w.supervise();
  return { w, disk, supervisor, received: (type: string) => w.received.filter((e) => e.type === type) };
};
export const seconds = (n: number) => advance(n * 1_000, 500);
