/**
 * The machines over a world of fakes, under vitest's virtual clock: for what no real client can show in a
 * second.
 */
import { type ActorLogic, createActor, fromCallback, fromPromise } from 'xstate';
import { defaultPolicy, type Policy } from '../../machines/domain/policy.ts';
import type {
  ConnectionFact,
  ConnectionInput,
  ConnectionOrder,
  Found,
  PermitFact,
  PermitInput,
  Scan,
  SessionRecord,
} from '../../machines/domain/ports.ts';
import type { SessionReport, SessionView } from '../../machines/domain/view.ts';
import type { SessionInput } from '../../machines/session/context.ts';
import { sessionMachine } from '../../machines/session/session.machine.ts';
import { createFleet } from '../../machines/supervisor/fleet.ts';
import type { SupervisorEmitted } from '../../machines/supervisor/setup.ts';
import { supervisorMachine } from '../../machines/supervisor/supervisor.machine.ts';

export const clock = { now: () => Date.now() };
export const random = () => 0.5;
export const found = (org: string, over: Partial<Found> = {}): Found => ({
  org,
  stored: 'restorable',
  fingerprint: `fp-${org}`,
  ...over,
});
export const record = (org: string, over: Partial<SessionRecord> = {}): SessionRecord => ({
  desired: 'running',
  fingerprint: `fp-${org}`,
  revision: 0,
  firstSeen: 0,
  ...over,
});
const granted = fromCallback<never, PermitInput>(({ sendBack }) =>
  sendBack({ type: 'permit.granted', counts: true } satisfies PermitFact),
);

export class FleetHarness {
  /** Sockets open right now, by organization. */
  readonly sockets = new Map<string, (fact: ConnectionFact) => void>();
  /** Connection actors alive, with or without a socket. */
  readonly alive = new Set<string>();
  readonly opened: { org: string; at: number; mode: string }[] = [];
  readonly orders: string[] = [];
  readonly disk = new Map<string, SessionRecord>();
  readonly received: SupervisorEmitted[] = [];
  /** What a newly opened socket does by itself. */
  auto: 'nothing' | 'connects' = 'nothing';
  answersPings = true;
  diskFails = false;
  promote: (org: string) => Promise<Found> = async (org) =>
    found(org, { fingerprint: `new-${org}`, promoted: true });
  archive: (org: string) => Promise<void> = async () => {};
  scan: () => Promise<Scan> = async () => ({ rootSeen: true, startedAt: Date.now(), found: [] });

  machine = sessionMachine.provide({
    actors: {
      connection: fromCallback<ConnectionOrder, ConnectionInput>(({ input, sendBack, receive }) => {
        const { org } = input;
        this.alive.add(org);
        receive((order) => {
          this.orders.push(`${org} ${order.type}`);
          if (order.type === 'connection.open') {
            if (this.sockets.has(org)) throw new Error(`double login of ${org}`);
            this.sockets.set(org, sendBack);
            this.opened.push({ org, at: Date.now(), mode: input.mode });
            if (this.auto === 'connects') {
              sendBack({ type: 'connection.opened', account: { id: `${org}:1@s.whatsapp.net`, name: null } });
              sendBack({ type: 'connection.caughtUp' });
            }
          }
          if (order.type === 'connection.ping' && this.answersPings)
            sendBack({ type: 'connection.pinged', ok: true });
        });
        return () => {
          this.sockets.delete(org);
          this.alive.delete(org);
        };
      }),
      saveRecord: fromPromise<void, { org: string; record: SessionRecord }>(async ({ input }) => {
        if (this.diskFails) throw new Error('disk full');
        this.disk.set(input.org, input.record);
      }),
      promote: fromPromise<Found, { org: string; pairingId: string }>(({ input }) => this.promote(input.org)),
      archive: fromPromise<void, { org: string }>(({ input }) => this.archive(input.org)),
    },
  });
  fleet = createFleet(this.machine, { later: (run) => setTimeout(run, 0) });
  private supervisor:
    | { readonly of: typeof sessionMachine; readonly logic: typeof supervisorMachine }
    | undefined;

  /** `provide` takes longer than many a test, so a machine that is supervised again is provided once. */
  private plugged(machine: typeof sessionMachine): typeof supervisorMachine {
    if (this.supervisor?.of !== machine) {
      this.fleet = createFleet(machine, { later: (run) => setTimeout(run, 0) });
      const { logic: fleet, emptied } = this.fleet;
      const actors = {
        fleet,
        scan: fromPromise<Scan>(() => this.scan()),
        settle: fromPromise<void>(emptied),
      };
      this.supervisor = { of: machine, logic: supervisorMachine.provide({ actors }) };
    }
    return this.supervisor.logic;
  }
  /** The whole fleet on top of `scan`. */
  supervise(policy: Policy = defaultPolicy, machine = this.machine) {
    const actor = createActor(this.plugged(machine), {
      input: { policy, clock, random, build: '1.0.0', scanEveryMs: 30_000 },
    });
    actor.on('*', (emitted) => void this.received.push(emitted));
    actor.subscribe({
      error: (error) => {
        throw error;
      },
    });
    actor.start();
    return actor;
  }

  /**
   * One session alone, as the root it also is in production; its permit is granted at once unless another is
   * given.
   */
  alone(over: Partial<SessionInput> = {}, permit: ActorLogic<never, never, PermitInput> = granted as never) {
    const input: SessionInput = {
      found: found('acme'),
      policy: defaultPolicy,
      clock,
      random,
      build: '1.0.0',
      ...over,
    };
    const actor = createActor(this.machine.provide({ actors: { permit: permit as never } }), { input });
    const reports: SessionReport[] = [];
    actor.on('session.reported', (r) => void reports.push(r));
    actor.on('pairing.reported', (r) => void reports.push(r));
    actor.subscribe({ error: () => {} });
    actor.start();
    const views = () => reports.flatMap((r) => (r.type === 'session.reported' ? [r.view] : []));
    return {
      actor,
      reports,
      context: () => actor.getSnapshot().context,
      value: () => actor.getSnapshot().value,
      /** The last reported view. */
      view: (): SessionView => {
        const last = views().at(-1);
        if (last === undefined) throw new Error('nothing was told yet');
        return last;
      },
      story: () =>
        reports.map((r) =>
          r.type === 'session.reported'
            ? `${r.view.state}${r.view.lastError ? `(${r.view.lastError.reason})` : ''}`
            : `pairing ${r.update.status}`,
        ),
    };
  }

  net(org: string, ...facts: ConnectionFact[]) {
    for (const fact of facts) this.sockets.get(org)?.(fact);
  }
  up(org = 'acme') {
    this.net(
      org,
      { type: 'connection.opened', account: { id: `${org}:1@s.whatsapp.net`, name: null } },
      { type: 'connection.caughtUp' },
    );
  }
  close(
    reason: Extract<ConnectionFact, { type: 'connection.closed' }>['reason'],
    org = 'acme',
    until?: number,
  ) {
    this.net(org, { type: 'connection.closed', reason, ...(until !== undefined && { until }) });
  }
}
