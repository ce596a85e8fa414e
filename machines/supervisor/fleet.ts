/**
 * The sessions, each its own actor system: one that throws cannot reach another, and stopping one costs nothing to the rest
 * (XState keeps timers per system and copies `children` per spawn). The supervisor sees a single child and plain events.
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
  /** It threw. What it held has been taken from it; `view` is what it last said. */
  | { readonly type: 'session.crashed'; readonly org: Org; readonly view: SessionView; readonly error: unknown }
  /** Logged out and archived. */
  | { readonly type: 'session.gone'; readonly org: Org; readonly view: SessionView; readonly unlinked: boolean }
  /** Its directory is no more. */
  | { readonly type: 'session.dropped'; readonly org: Org; readonly view: SessionView };
export type SessionActor = Actor<typeof sessionMachine>;
export type SessionSnapshot = SnapshotFrom<typeof sessionMachine>;
export interface Sessions {
  actor(org: Org): SessionActor | undefined;
  all(): Iterable<readonly [Org, SessionSnapshot]>;
  size(): number;
}

/**
 * So many are adopted, or stopped, per turn of the event loop. With everybody who listens, one costs 0.3 ms to adopt and 0.08 ms
 * to stop: 2,000 at once would block it for 600 ms and 150 ms.
 */
export const sessionsPerTurn = 25;

export interface FleetOptions {
  /** Runs something in a later turn of the event loop. */
  readonly later: (run: () => void) => void;
}

export const createFleet = (machine: typeof sessionMachine, { later }: FleetOptions) => {
  const actors = new Map<Org, SessionActor>();
  const waiting = new Map<Org, SessionInput>();
  /** They are to stop, and their turn has not come. */
  const leaving = new Set<Org>();
  const lastView = (actor: SessionActor) => viewOf(actor.getSnapshot().context);

  /** An actor that threw has stopped itself but not its children: its socket and its slot of the gate are ours to close. */
  const bury = (org: Org, actor: SessionActor) => {
    actors.delete(org);
    for (const child of Object.values(actor.getSnapshot().children)) (child as unknown as { _stop(): void })._stop();
  };

  const logic = fromCallback<FleetOrder, undefined>(({ sendBack, receive, system }) => {
    const plugged = machine.provide({ actors: { permit: permitFrom(system.get('gate') as GateRef) } });
    const tell = (fact: FleetFact) => sendBack(fact);
    let stopped = false;

    const adopt = (input: SessionInput) => {
      const { org } = input.found;
      waiting.delete(org);
      if (leaving.has(org)) drop(org); // it came back: first the old one goes
      if (stopped || actors.has(org)) return;
      const actor = createActor(plugged, { input, id: org });
      actors.set(org, actor);
      actor.on('session.reported', tell);
      actor.on('pairing.reported', tell);
      actor.subscribe({
        error: (error) => {
          const view = lastView(actor);
          bury(org, actor);
          tell({ type: 'session.crashed', org, view, error });
        },
        complete: () => {
          if (actors.get(org) !== actor) return; // an actor that is stopped completes too, and of that `drop` tells
          const { context } = actor.getSnapshot();
          actors.delete(org);
          tell({ type: 'session.gone', org, view: viewOf(context), unlinked: context.unlinked });
        },
      });
      actor.start();
    };
    const adoptSome = () => {
      for (const input of [...waiting.values()].slice(0, sessionsPerTurn)) adopt(input);
      if (waiting.size > 0 && !stopped) later(adoptSome);
    };
    const drop = (org: Org) => {
      leaving.delete(org);
      const actor = actors.get(org);
      if (actor === undefined) return;
      const view = lastView(actor);
      actors.delete(org);
      actor.stop();
      tell({ type: 'session.dropped', org, view }); // after the fleet was stopped, nobody listens
    };
    const dropSome = () => {
      for (const org of [...leaving].slice(0, sessionsPerTurn)) drop(org);
      if (leaving.size > 0) later(dropSome);
    };
    const dropAll = (orgs: Iterable<Org>) => {
      const isIdle = leaving.size === 0;
      for (const org of orgs) {
        waiting.delete(org);
        leaving.add(org);
      }
      if (isIdle) dropSome();
    };

    receive((order) => {
      switch (order.type) {
        case 'sessions.adopt': {
          const isIdle = waiting.size === 0;
          for (const input of order.inputs) waiting.set(input.found.org, input);
          if (isIdle) adoptSome();
          return;
        }
        case 'sessions.drop':
          dropAll(order.orgs);
          return;
        case 'session.send': {
          if (leaving.has(order.org)) drop(order.org);
          const input = waiting.get(order.org);
          if (input) adopt(input); // whoever asks for it need not wait for its turn
          actors.get(order.org)?.send(order.event);
          return;
        }
      }
    });
    return () => {
      stopped = true;
      waiting.clear();
      dropAll(actors.keys());
    };
  });

  const sessions: Sessions = {
    actor: (org) => actors.get(org),
    *all() {
      for (const [org, actor] of actors) yield [org, actor.getSnapshot()] as const;
    },
    size: () => actors.size,
  };
  /** Resolves when no session is left, after the fleet was stopped. */
  const emptied = async () => {
    while (actors.size > 0) await new Promise<void>(later);
  };
  return { logic, sessions, emptied };
};
