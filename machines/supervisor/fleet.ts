/**
 * The sessions, each its own actor system. So one that throws cannot reach another, and stopping one costs
 * the others nothing: XState keeps timers per system and copies `children` per spawn. The supervisor has a
 * single child and exchanges plain events.
 */
import { type Actor, createActor, fromCallback, type SnapshotFrom } from 'xstate';
import type { Org } from '../domain/ports.ts';
import type { SessionReport, SessionView } from '../domain/view.ts';
import { type GateRef, permitFrom } from '../gate/gate.machine.ts';
import { type SessionEvent, type SessionInput, viewOf } from '../session/context.ts';
import type { sessionMachine } from '../session/session.machine.ts';

export type FleetOrder =
  | { readonly type: 'sessions.adopt'; readonly inputs: readonly SessionInput[] }
  | { readonly type: 'sessions.drop'; readonly orgs: readonly Org[] }
  | { readonly type: 'session.send'; readonly org: Org; readonly event: SessionEvent };
export type FleetFact =
  | SessionReport
  /** It threw. Its connection and its slot were released. `view` is its last one. */
  | {
      readonly type: 'session.crashed';
      readonly org: Org;
      readonly view: SessionView;
      readonly error: unknown;
    }
  /** It was logged out and archived. */
  | {
      readonly type: 'session.gone';
      readonly org: Org;
      readonly view: SessionView;
      readonly unlinked: boolean;
    }
  /** Its directory was removed. */
  | { readonly type: 'session.dropped'; readonly org: Org; readonly view: SessionView };
export type SessionActor = Actor<typeof sessionMachine>;
export type SessionSnapshot = SnapshotFrom<typeof sessionMachine>;
export interface Sessions {
  actor(org: Org): SessionActor | undefined;
  all(): Iterable<readonly [Org, SessionSnapshot]>;
  size(): number;
}

/**
 * The most sessions that are adopted, or stopped, per turn of the event loop. Listeners included, one costs
 * 0.3 ms to adopt and 0.08 ms to stop, so 2,000 at once would block the loop for 600 ms and 150 ms.
 */
export const sessionsPerTurn = 25;

export interface FleetOptions {
  /** Runs something in a later turn of the event loop. */
  readonly later: (run: () => void) => void;
}

const lastView = (actor: SessionActor) => viewOf(actor.getSnapshot().context);

/** One life of the fleet's actor, from its start to its stop. */
interface Run {
  readonly machine: typeof sessionMachine;
  readonly notify: (fact: FleetFact) => void;
  phase: 'running' | 'stopped';
}

class Fleet {
  readonly actors = new Map<Org, SessionActor>();
  /** To be adopted in a later turn. */
  readonly #waiting = new Map<Org, SessionInput>();
  /** To be stopped in a later turn. */
  readonly #leaving = new Set<Org>();
  readonly #later: FleetOptions['later'];

  constructor({ later }: FleetOptions) {
    this.#later = later;
  }

  execute(run: Run, order: FleetOrder): void {
    switch (order.type) {
      case 'sessions.adopt':
        return this.#adoptAll(run, order.inputs);
      case 'sessions.drop':
        return this.#dropAll(run, order.orgs);
      case 'session.send':
        return this.#send(run, order.org, order.event);
    }
  }

  stop(run: Run): void {
    run.phase = 'stopped';
    this.#waiting.clear();
    this.#dropAll(run, this.actors.keys());
  }

  /** Resolves when no session is left, after the fleet was stopped. */
  async emptied(): Promise<void> {
    while (this.actors.size > 0) await new Promise<void>(this.#later);
  }

  #adoptAll(run: Run, inputs: readonly SessionInput[]): void {
    const isIdle = this.#waiting.size === 0;
    for (const input of inputs) this.#waiting.set(input.found.org, input);
    if (isIdle) this.#adoptSome(run);
  }

  #adoptSome(run: Run): void {
    for (const input of [...this.#waiting.values()].slice(0, sessionsPerTurn)) this.#adopt(run, input);
    if (this.#waiting.size > 0 && run.phase === 'running') this.#later(() => this.#adoptSome(run));
  }

  #adopt(run: Run, input: SessionInput): void {
    const { org } = input.found;
    this.#waiting.delete(org);
    if (this.#leaving.has(org)) this.#drop(run, org); // its directory is back: the old session goes first
    if (run.phase === 'stopped' || this.actors.has(org)) return;
    const actor = createActor(run.machine, { input, id: org });
    this.actors.set(org, actor);
    actor.on('session.reported', run.notify);
    actor.on('pairing.reported', run.notify);
    actor.subscribe({
      error: (error) => this.#crashed(run, org, actor, error),
      complete: () => this.#completed(run, org, actor),
    });
    actor.start();
  }

  /**
   * An actor that threw has stopped itself but not its children, so its socket and its slot of the gate are
   * still open.
   */
  #crashed(run: Run, org: Org, actor: SessionActor, error: unknown): void {
    const view = lastView(actor);
    this.actors.delete(org);
    for (const child of Object.values(actor.getSnapshot().children))
      (child as unknown as { _stop(): void })._stop();
    run.notify({ type: 'session.crashed', org, view, error });
  }

  /** A stopped actor completes as well; `#drop` has already removed and reported it. */
  #completed(run: Run, org: Org, actor: SessionActor): void {
    if (this.actors.get(org) !== actor) return;
    const { context } = actor.getSnapshot();
    this.actors.delete(org);
    run.notify({ type: 'session.gone', org, view: viewOf(context), unlinked: context.unlinked });
  }

  #dropAll(run: Run, orgs: Iterable<Org>): void {
    const isIdle = this.#leaving.size === 0;
    for (const org of orgs) {
      this.#waiting.delete(org);
      this.#leaving.add(org);
    }
    if (isIdle) this.#dropSome(run);
  }

  #dropSome(run: Run): void {
    for (const org of [...this.#leaving].slice(0, sessionsPerTurn)) this.#drop(run, org);
    if (this.#leaving.size > 0) this.#later(() => this.#dropSome(run));
  }

  #drop(run: Run, org: Org): void {
    this.#leaving.delete(org);
    const actor = this.actors.get(org);
    if (actor === undefined) return;
    const view = lastView(actor);
    this.actors.delete(org);
    actor.stop();
    run.notify({ type: 'session.dropped', org, view }); // without effect after the fleet was stopped
  }

  /** The session that a command is for does not wait for its turn. */
  #send(run: Run, org: Org, event: SessionEvent): void {
    if (this.#leaving.has(org)) this.#drop(run, org);
    const input = this.#waiting.get(org);
    if (input) this.#adopt(run, input);
    this.actors.get(org)?.send(event);
  }
}

export const createFleet = (machine: typeof sessionMachine, options: FleetOptions) => {
  const fleet = new Fleet(options);
  const logic = fromCallback<FleetOrder, undefined>(({ sendBack, receive, system }) => {
    const permit = permitFrom(system.get('gate') as GateRef);
    const run: Run = { machine: machine.provide({ actors: { permit } }), notify: sendBack, phase: 'running' };
    receive((order) => fleet.execute(run, order));
    return () => fleet.stop(run);
  });
  const sessions: Sessions = {
    actor: (org) => fleet.actors.get(org),
    *all() {
      for (const [org, actor] of fleet.actors) yield [org, actor.getSnapshot()] as const;
    },
    size: () => fleet.actors.size,
  };
  return { logic, sessions, emptied: () => fleet.emptied() };
};
