/** The setup of the supervisor's statechart: its guards, its delays, its actions. */
import { assign, type CallbackActorLogic, emit, enqueueActions, fromCallback, fromPromise, sendTo, setup } from 'xstate';
import type { SessionCommand } from '../domain/commands.ts';
import { isLocal } from '../domain/disconnect.ts';
import type { Policy } from '../domain/policy.ts';
import { type Found, type Org, type Scan, unplugged } from '../domain/ports.ts';
import type { SessionReport, SessionView, State } from '../domain/view.ts';
import { gateMachine } from '../gate/gate.machine.ts';
import type { GateEvent } from '../gate/setup.ts';
import type { Clock, Random } from '../session/context.ts';
import type { FleetFact, FleetOrder } from './fleet.ts';
import { type Roster, reconcile } from './reconcile.ts';

export type SupervisorEvent =
  | FleetFact
  /** `found`: what is known of an organization that is not loaded, when it is to be paired. */
  | { readonly type: 'session.command'; readonly org: Org; readonly command: SessionCommand; readonly found?: Found }
  | { readonly type: 'scan.requested' }
  | { readonly type: 'version.renewed' }
  | { readonly type: 'shutdown' };
export type SupervisorEmitted =
  | FleetFact
  | { readonly type: 'scan.done'; readonly found: number; readonly adopted: readonly Org[]; readonly dropped: readonly Org[] }
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
  /** When an organization was logged out: a scan that began before then saw what is no more. */
  readonly gone: ReadonlyMap<Org, number>;
  readonly frozenSince: number | undefined;
  readonly scanRequested: boolean;
  readonly restless: boolean;
  readonly live: number;
  /** Sessions that are connected or on their way. */
  readonly running: number;
  /** Organizations whose credentials cannot be written at present: while there is one, nobody else is admitted. */
  readonly unwritable: ReadonlySet<Org>;
}

/** The next scan comes this soon after one was requested, and after one that found something unfinished. */
export const requestGapMs = 500;
export const restlessGapMs = 1_000;
export const drainDeadlineMs = 10_000;

const isRunning = (s: State | null) => s === 'restoring' || s === 'connected' || s === 'retrying';
/** The connection ended by a cause outside this server, so the gate counts it. */
const lostByItself = ({ view: { state, lastError } }: Extract<SessionReport, { type: 'session.reported' }>) =>
  state === 'retrying' ? lastError === null || !isLocal(lastError.reason) : state === 'failed' && lastError?.reason === 'exhausted';
const plan = (c: SupervisorContext, scan: Scan) => {
  const found = scan.found.filter((f) => (c.gone.get(f.org) ?? Number.NEGATIVE_INFINITY) < scan.startedAt);
  return reconcile(c.roster, { ...scan, found }, c.clock.now(), c.frozenSince, c.policy);
};

export const supervisorSetup = setup({
  types: {
    context: {} as SupervisorContext,
    input: {} as SupervisorInput,
    events: {} as SupervisorEvent,
    emitted: {} as SupervisorEmitted,
  },
  actors: {
    gate: gateMachine,
    fleet: fromCallback<FleetOrder, undefined>(unplugged('fleet')) as CallbackActorLogic<FleetOrder, undefined>,
    scan: fromPromise<Scan>(unplugged('scan')),
    /** Resolves when every socket is closed and everything is written. */
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
    isNewcomer: ({ context: c, event }) =>
      event.type === 'session.command' && event.command.type === 'session.pair' && c.roster.get(event.org)?.loaded !== true,
    isRootLost: ({ context: c }, p: { scan: Scan }) => plan(c, p.scan).rootLost,
  },
  actions: {
    noteScanRequest: assign({ scanRequested: true }),
    forgetScanRequest: assign({ scanRequested: false }),
    obey: enqueueActions(({ context: c, enqueue }, { scan }: { scan: Scan }) => {
      const p = plan(c, scan);
      const { policy, clock, random, build } = c;
      const gone = new Map([...c.gone].filter(([, at]) => at >= scan.startedAt));
      enqueue.assign({ roster: p.roster, frozenSince: p.frozenSince, restless: p.restless, gone });
      if (p.alarm) {
        enqueue.sendTo('gate', { type: 'gate.held' }); // before anybody new asks
        enqueue.emit({ type: 'fleet.frozen', cause: scan.rootSeen ? 'mass_disappearance' : 'root_missing' });
      }
      if (p.drop.length > 0) enqueue.sendTo('fleet', { type: 'sessions.drop', orgs: p.drop });
      if (p.adopt.length > 0)
        enqueue.sendTo('fleet', { type: 'sessions.adopt', inputs: p.adopt.map((a) => ({ ...a, policy, clock, random, build })) });
      for (const found of p.seen)
        enqueue.sendTo('fleet', { type: 'session.send', org: found.org, event: { type: 'credentials.seen', found } });
      if (p.frozenSince === undefined && c.frozenSince !== undefined) {
        if (c.unwritable.size === 0) enqueue.sendTo('gate', { type: 'gate.freed' });
        enqueue.emit({ type: 'fleet.thawed' });
      }
      enqueue.emit({ type: 'scan.done', found: scan.found.length, adopted: p.adopt.map((a) => a.found.org), dropped: p.drop });
    }),
    /** One that is to be paired before it has a directory. */
    welcome: enqueueActions(
      ({ context: c, enqueue }, { org, found = { org, stored: 'absent', fingerprint: '' } }: { org: Org; found?: Found }) => {
        enqueue.assign({ roster: new Map(c.roster).set(org, { found, loaded: true, missing: 0, crashes: [] }) });
        enqueue.sendTo('fleet', {
          type: 'sessions.adopt',
          inputs: [{ found, policy: c.policy, clock: c.clock, random: c.random, build: c.build }],
        });
      },
    ),
    forward: sendTo('fleet', (_, { org, command }: { org: Org; command: SessionCommand }) => ({
      type: 'session.send' as const,
      org,
      event: command,
    })),
    tellGateOfVersion: sendTo('gate', { type: 'version.renewed' } satisfies GateEvent),
    /** What the gate must know of a change: who was proven, who was lost, whose attempt failed, and who cannot be written. */
    count: enqueueActions(({ context: c, enqueue }, r: Extract<SessionReport, { type: 'session.reported' }>) => {
      const [was, is] = [r.previousState, r.view.state];
      const running = c.running + Number(isRunning(is)) - Number(isRunning(was));
      const live = c.live + Number(is === 'connected') - Number(was === 'connected');
      enqueue.assign({ running, live });
      if (r.writable === c.unwritable.has(r.org)) {
        const unwritable = new Set(c.unwritable);
        if (r.writable) unwritable.delete(r.org);
        else unwritable.add(r.org);
        enqueue.assign({ unwritable });
        if (c.frozenSince === undefined && unwritable.size + c.unwritable.size === 1)
          enqueue.sendTo('gate', { type: r.writable ? 'gate.freed' : 'gate.held' });
      }
      const known = c.roster.get(r.org);
      if (is === 'idle' && r.view.credentials === 'absent' && known && known.found.stored !== 'absent') {
        // it found nothing where the last scan saw credentials: whatever the next scan finds there is news to it
        enqueue.assign({ roster: new Map(c.roster).set(r.org, { ...known, found: { ...known.found, stored: 'unsettled' } }) });
      }
      if (was !== 'connected' && is === 'connected') enqueue.sendTo('gate', { type: 'session.proven' });
      if (was === 'connected' && is !== 'connected') enqueue.sendTo('gate', { type: lostByItself(r) ? 'session.lost' : 'session.left' });
      if (was === 'restoring' && lostByItself(r) && r.view.lastError) {
        enqueue.sendTo('gate', { type: 'attempt.failed', org: r.org, reason: r.view.lastError.reason, running });
      }
    }),
    uncount: enqueueActions(({ context: c, enqueue }, { view }: { view: SessionView }) => {
      const unwritable = new Set([...c.unwritable].filter((org) => org !== view.org));
      enqueue.assign({ running: c.running - Number(isRunning(view.state)), live: c.live - Number(view.state === 'connected'), unwritable });
      if (c.unwritable.size > 0 && unwritable.size === 0 && c.frozenSince === undefined) enqueue.sendTo('gate', { type: 'gate.freed' });
      if (view.state === 'connected') enqueue.sendTo('gate', { type: 'session.left' });
    }),
    forget: assign(({ context: c }, { org }: { org: Org }) => {
      const roster = new Map(c.roster);
      roster.delete(org);
      return { roster, gone: new Map(c.gone).set(org, c.clock.now()) };
    }),
    noteCrash: assign(({ context: c }, { org }: { org: Org }) => {
      const known = c.roster.get(org);
      if (known === undefined) return {};
      return { roster: new Map(c.roster).set(org, { ...known, loaded: false, crashes: [...known.crashes, c.clock.now()] }) };
    }),
    sayScanFailed: emit((_, p: { error: unknown }) => ({ type: 'scan.failed', error: p.error }) as const),
    sayRootLost: emit({ type: 'root.lost' }),
    pass: emit((_, fact: FleetFact) => fact),
  },
});
