/** The setup of the supervisor's statechart: its guards, its delays, its actions. */
import {
  assign,
  type CallbackActorLogic,
  emit,
  enqueueActions,
  fromCallback,
  fromPromise,
  sendTo,
  setup,
} from 'xstate';
import type { SessionCommand } from '../domain/commands.ts';
import { isLocal } from '../domain/disconnect.ts';
import type { Policy } from '../domain/policy.ts';
import { type Found, type Org, type Scan, unplugged } from '../domain/ports.ts';
import type { SessionReport, SessionView, State } from '../domain/view.ts';
import { gateMachine } from '../gate/gate.machine.ts';
import type { GateEvent } from '../gate/setup.ts';
import type { Clock, Random, SessionInput } from '../session/context.ts';
import type { FleetFact, FleetOrder } from './fleet.ts';
import { type Roster, reconcile } from './reconcile.ts';

export type SupervisorEvent =
  | FleetFact
  /** `found`: the directory of an organization that is not loaded, for a pairing. */
  | {
      readonly type: 'session.command';
      readonly org: Org;
      readonly command: SessionCommand;
      readonly found?: Found;
    }
  | { readonly type: 'scan.requested' }
  | { readonly type: 'version.renewed' }
  | { readonly type: 'shutdown' };
export type SupervisorEmitted =
  | FleetFact
  | {
      readonly type: 'scan.done';
      readonly found: number;
      readonly adopted: readonly Org[];
      readonly dropped: readonly Org[];
    }
  | { readonly type: 'scan.failed'; readonly error: unknown }
  | { readonly type: 'fleet.frozen'; readonly cause: 'root_missing' | 'mass_disappearance' }
  | { readonly type: 'fleet.thawed' }
  | { readonly type: 'root.lost' };
export interface SupervisorInput {
  readonly policy: Policy;
  readonly clock: Clock;
  readonly random: Random;
  readonly build: string;
  readonly scanEveryMs: number;
}
export interface SupervisorContext extends SupervisorInput {
  readonly roster: Roster;
  /** When an organization was logged out. A scan that began before may still have found its directory. */
  readonly gone: ReadonlyMap<Org, number>;
  readonly frozenSince: number | undefined;
  readonly scanRequested: boolean;
  readonly restless: boolean;
  readonly live: number;
  /** Sessions that are connected, restoring or retrying. */
  readonly running: number;
  /**
   * Organizations whose credentials cannot be written at present. While one exists, the gate admits no
   * session.
   */
  readonly unwritable: ReadonlySet<Org>;
}

/** The next scan comes this soon after one was requested, and after one that found something unfinished. */
export const requestGapMs = 500;
export const restlessGapMs = 1_000;
export const drainDeadlineMs = 10_000;

type Reported = Extract<SessionReport, { type: 'session.reported' }>;
const isRunning = (s: State | null) => s === 'restoring' || s === 'connected' || s === 'retrying';
/** Whether the connection ended by a cause outside this server. Only then the gate counts it. */
const lostByItself = ({ view: { state, lastError } }: Reported) => {
  if (state === 'retrying') return lastError === null || !isLocal(lastError.reason);
  return state === 'failed' && lastError?.reason === 'exhausted';
};
const inputFor = (
  { policy, clock, random, build }: SupervisorContext,
  of: Pick<SessionInput, 'found' | 'crashed'>,
) => ({
  ...of,
  policy,
  clock,
  random,
  build,
});
const plan = (c: SupervisorContext, scan: Scan) => {
  const found = scan.found.filter((f) => (c.gone.get(f.org) ?? Number.NEGATIVE_INFINITY) < scan.startedAt);
  return reconcile(c.roster, { ...scan, found }, c.clock.now(), c.frozenSince, c.policy);
};

export const supervisorSetup = setup({
  // equivalent mutant `{…}` → `{}`: types do not exist at run time
  types: {
    context: {} as SupervisorContext,
    input: {} as SupervisorInput,
    events: {} as SupervisorEvent,
    emitted: {} as SupervisorEmitted,
  },
  actors: {
    gate: gateMachine,
    fleet: fromCallback<FleetOrder, undefined>(unplugged('fleet')) as CallbackActorLogic<
      FleetOrder,
      undefined
    >,
    scan: fromPromise<Scan>(unplugged('scan')),
    /** Resolves when every socket is closed and every write is done. */
    settle: fromPromise<void>(unplugged('settle')),
  },
  delays: {
    requestGap: requestGapMs,
    restlessGap: restlessGapMs,
    scanEvery: ({ context: c }) => c.scanEveryMs,
    drainDeadline: drainDeadlineMs,
  },
  guards: {
    isScanRequested: ({ context: c }) => c.scanRequested,
    isRestless: ({ context: c }) => c.restless,
    isUnknown: ({ context: c, event }) =>
      // equivalent mutant `event.type === 'session.command'` → `true`: only this event uses the guard; for
      // TypeScript
      event.type === 'session.command' &&
      event.command.type === 'session.pair' &&
      c.roster.get(event.org)?.loaded !== true,
    isRootLost: ({ context: c }, p: { scan: Scan }) => plan(c, p.scan).rootLost,
  },
  actions: {
    noteScanRequest: assign({ scanRequested: true }),
    forgetScanRequest: assign({ scanRequested: false }),
    applyScan: enqueueActions(({ context: c, enqueue }, { scan }: { scan: Scan }) => {
      const p = plan(c, scan);
      const gone = new Map([...c.gone].filter(([, at]) => at >= scan.startedAt));
      enqueue.assign({ roster: p.roster, frozenSince: p.frozenSince, restless: p.restless, gone });
      if (p.alarm) {
        enqueue.sendTo('gate', { type: 'gate.held' }); // before the new sessions request a slot
        enqueue.emit({ type: 'fleet.frozen', cause: scan.rootSeen ? 'mass_disappearance' : 'root_missing' });
      }
      if (p.drop.length > 0) enqueue.sendTo('fleet', { type: 'sessions.drop', orgs: p.drop });
      if (p.adopt.length > 0)
        enqueue.sendTo('fleet', { type: 'sessions.adopt', inputs: p.adopt.map((a) => inputFor(c, a)) });
      for (const found of p.seen)
        enqueue.sendTo('fleet', {
          type: 'session.send',
          org: found.org,
          event: { type: 'credentials.seen', found },
        });
      if (p.frozenSince === undefined && c.frozenSince !== undefined) {
        if (c.unwritable.size === 0) enqueue.sendTo('gate', { type: 'gate.freed' });
        enqueue.emit({ type: 'fleet.thawed' });
      }
      const adopted = p.adopt.map((a) => a.found.org);
      enqueue.emit({ type: 'scan.done', found: scan.found.length, adopted, dropped: p.drop });
    }),
    /** For a pairing of an organization that has no directory, or whose session crashed. */
    adoptForPairing: enqueueActions(
      ({ context: c, enqueue }, { org, found: known }: { org: Org; found?: Found }) => {
        const found = known ?? { org, stored: 'absent', fingerprint: '' };
        enqueue.assign({
          roster: new Map(c.roster).set(org, { found, loaded: true, missing: 0, crashes: [] }),
        });
        enqueue.sendTo('fleet', { type: 'sessions.adopt', inputs: [inputFor(c, { found })] });
      },
    ),
    forward: sendTo('fleet', (_, { org, command }: { org: Org; command: SessionCommand }) => ({
      type: 'session.send' as const,
      org,
      event: command,
    })),
    renewVersion: sendTo('gate', { type: 'version.renewed' } satisfies GateEvent),
    count: assign(({ context: c }, { previousState: was, view: { state: is } }: Reported) => ({
      running: c.running + Number(isRunning(is)) - Number(isRunning(was)),
      live: c.live + Number(is === 'connected') - Number(was === 'connected'),
    })),
    uncount: enqueueActions(({ context: c, enqueue }, { view }: { view: SessionView }) => {
      const isLive = view.state === 'connected';
      enqueue.assign({ running: c.running - Number(isRunning(view.state)), live: c.live - Number(isLive) });
      if (isLive) enqueue.sendTo('gate', { type: 'session.left' });
    }),
    /**
     * The first organization whose credentials cannot be written holds the gate, and the last one frees it.
     */
    noteWritable: enqueueActions(
      ({ context: c, enqueue }, { org, writable }: { org: Org; writable: boolean }) => {
        // equivalent mutant `writable !== c.unwritable.has(org)` → `false`: a set with the same members is
        // equal, so none is the first or the last
        if (writable !== c.unwritable.has(org)) return;
        const unwritable = new Set(c.unwritable);
        if (writable) unwritable.delete(org);
        else unwritable.add(org);
        enqueue.assign({ unwritable });
        const isFirstOrLast = c.unwritable.size + unwritable.size === 1;
        if (!isFirstOrLast || c.frozenSince !== undefined) return;
        enqueue.sendTo('gate', { type: writable ? 'gate.freed' : 'gate.held' });
      },
    ),
    /**
     * A session found nothing where the last scan found credentials. Its entry becomes one that differs from
     * every other finding, so that the session receives whatever the next scan finds.
     */
    noteVanished: assign(({ context: c }, { org, view }: Reported) => {
      const known = c.roster.get(org);
      const isVanished = view.state === 'idle' && view.credentials === 'absent';
      if (!isVanished || known === undefined || known.found.stored === 'absent') return {};
      // equivalent mutant `'unsettled'` → `""`: it must only differ from the next finding, and an unsettled
      // one changes nothing
      const found: Found = { ...known.found, stored: 'unsettled' };
      return { roster: new Map(c.roster).set(org, { ...known, found }) };
    }),
    /**
     * The gate counts which sessions were proven, which were lost, and whose attempt failed. After `count`.
     */
    informGate: enqueueActions(({ context: c, enqueue }, r: Reported) => {
      const { previousState: was, view } = r;
      if (was !== 'connected' && view.state === 'connected')
        enqueue.sendTo('gate', { type: 'session.proven' });
      if (was === 'connected' && view.state !== 'connected')
        enqueue.sendTo('gate', { type: lostByItself(r) ? 'session.lost' : 'session.left' });
      if (was === 'restoring' && lostByItself(r) && view.lastError)
        enqueue.sendTo('gate', {
          type: 'attempt.failed',
          org: r.org,
          reason: view.lastError.reason,
          running: c.running,
        });
    }),
    forget: assign(({ context: c }, { org }: { org: Org }) => {
      const roster = new Map(c.roster);
      roster.delete(org);
      return { roster, gone: new Map(c.gone).set(org, c.clock.now()) };
    }),
    noteCrash: assign(({ context: c }, { org }: { org: Org }) => {
      const known = c.roster.get(org);
      if (known === undefined) return {};
      const crashes = [...known.crashes, c.clock.now()];
      return { roster: new Map(c.roster).set(org, { ...known, loaded: false, crashes }) };
    }),
    emitScanFailed: emit((_, p: { error: unknown }) => ({ type: 'scan.failed', error: p.error }) as const),
    emitRootLost: emit({ type: 'root.lost' }),
    emitFact: emit((_, fact: FleetFact) => fact),
  },
});
