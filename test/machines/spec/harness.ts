/**
 * One real session with a fake connection, a gate that the test controls, a disk in memory, and the fake
 * clock.
 */
import { type Actor, type AnyEventObject, createActor, fromCallback } from 'xstate';
import type { Policy } from '../../../machines/domain/policy.ts';
import type { ConnectionFact, PermitFact, PermitInput } from '../../../machines/domain/ports.ts';
import type { SessionReport, SessionView } from '../../../machines/domain/view.ts';
import type { SessionInput } from '../../../machines/session/context.ts';
import { clock, FleetHarness, found, random } from '../harness.ts';

type StateReport = Extract<SessionReport, { type: 'session.reported' }>;

/** The reports that raise an alert: `failed`, with a verdict that was not reported before. */
export const alertsIn = (reports: readonly SessionReport[]): StateReport[] => {
  const alerts: StateReport[] = [];
  let reported = '';
  for (const r of reports) {
    if (r.type !== 'session.reported') continue;
    const verdict = `${r.view.lastError?.reason} ${r.view.lastError?.at}`;
    if (r.view.state === 'failed' && verdict !== reported) {
      alerts.push(r);
      reported = verdict;
    }
    if (r.view.state === 'connected') reported = '';
  }
  return alerts;
};

/** `provide` takes longer than a whole test, so all tests share one machine, one after the other. */
let atTheGate: ((fact: PermitFact) => void) | undefined;
let asked: PermitInput[] = [];
const harness = new FleetHarness();
const machine = harness.machine.provide({
  actors: {
    permit: fromCallback<AnyEventObject, PermitInput>(({ input, sendBack }) => {
      asked.push(input);
      atTheGate = sendBack;
      return () => {
        atTheGate = undefined;
      };
    }),
  },
});
const pristine = {
  answersPings: true,
  diskFails: false,
  promote: harness.promote,
  archive: harness.archive,
} as const;
let before: Actor<typeof machine> | undefined;
const clear = () => {
  before?.stop();
  for (const kept of [harness.sockets, harness.alive, harness.disk]) kept.clear();
  for (const list of [harness.opened, harness.orders]) list.length = 0;
  Object.assign(harness, pristine);
  asked = [];
};

export const startSession = (policy: Policy, over: Partial<SessionInput> = {}) => {
  clear();
  const actor = createActor(machine, {
    input: { found: found('acme'), policy, clock, random, build: '1.0.0', ...over },
  });
  before = actor;
  const reports: SessionReport[] = [];
  actor.on('*', (r) => void reports.push(r));
  actor.subscribe({
    error: (error) => {
      throw error;
    },
  });
  actor.start();
  /** Closed sockets: their facts must change nothing. */
  const ghosts = new Set<(fact: ConnectionFact) => void>();
  const context = () => actor.getSnapshot().context;

  return {
    harness,
    actor,
    reports,
    context,
    value: () => actor.getSnapshot().value,
    /** The last reported view. */
    view: (): SessionView => {
      const last = reports.findLast((r) => r.type === 'session.reported');
      if (last === undefined) throw new Error('nothing was told yet');
      return last.view;
    },
    /** Every request for a slot, in order. */
    asked,
    /** Whether it holds a slot of the gate or waits for one. */
    isAtTheGate: () => atTheGate !== undefined,
    admit: (counts = true) => atTheGate?.({ type: 'permit.granted', counts }),
    /** From the socket that is open, if one is, and from every one that was. */
    net: (...facts: ConnectionFact[]) => {
      const open = harness.sockets.get('acme');
      for (const fact of facts) {
        for (const ghost of ghosts) if (ghost !== open) ghost(fact);
        open?.(fact);
      }
      if (open) ghosts.add(open);
    },
    send: actor.send.bind(actor),
    alerts: () => alertsIn(reports),
    onDisk: () => harness.disk.get('acme'),
  };
};
export type RealSession = ReturnType<typeof startSession>;
