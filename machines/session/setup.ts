/** The setup of the session's statechart: its guards, its delays, its actions. */
import { assign, enqueueActions, raise, sendTo, setup } from 'xstate';
import { isOtherNumber } from '../domain/account.ts';
import type { Reason } from '../domain/disconnect.ts';
import {
  type Account,
  type ConnectionOrder,
  type Found,
  type PairingRequest,
  ports,
} from '../domain/ports.ts';
import type { PairingUpdate, SessionReport, State, Step } from '../domain/view.ts';
import {
  causeOf,
  remembered,
  type SessionContext,
  type SessionEvent,
  type SessionInput,
  viewOf,
} from './context.ts';
import {
  banEndsInMs,
  type ConnectionClosed,
  endsAs,
  isBanServed,
  judged,
  lifts,
  matters,
  probeInMs,
  refusal,
  reopened,
  reopens,
  strikeOut,
  struck,
} from './verdict.ts';

/** Reasons with which Vigía itself ends a connection. */
export type OwnEnding = 'timeout' | 'unhealthy' | 'deaf' | 'mute' | 'internal';
type WithoutId<T> = T extends unknown ? Omit<T, 'pairingId'> : never;
/** Nothing counts against it. */
const clean = { strikes: 0, failures: 0, last: undefined, again: 0 } as const;
const innocent = { verdict: undefined, lastError: null, nextAt: null, wrongNumber: false } as const;
const asFound = (c: SessionContext, found: Found, wrongNumber: boolean) =>
  ({
    stored: found.stored,
    duplicateOf: found.duplicateOf,
    behind: found.behind === true,
    wrongNumber,
    account: wrongNumber ? c.account : (found.account ?? c.account),
    desired: found.promoted ? 'running' : c.desired,
    fingerprint: found.stored === 'restorable' ? found.fingerprint : c.fingerprint,
  }) as const;

const isFreeToRun = (c: SessionContext) => c.desired === 'running' && c.duplicateOf === undefined;
// equivalent mutant `verdict?.until` → `verdict.until`: it runs only with a verdict; the `?.` is for
// TypeScript
const isOver = ({ verdict, clock }: SessionContext) =>
  (verdict?.until ?? Number.POSITIVE_INFINITY) <= clock.now();

const base = setup({
  // equivalent mutant `{…}` → `{}`: types do not exist at run time
  types: {
    context: {} as SessionContext,
    events: {} as SessionEvent,
    input: {} as SessionInput,
    emitted: {} as SessionReport,
  },
  actors: ports,
  guards: {
    isToRest: ({ context: c }) => c.desired === 'stopped',
    isJudged: ({ context: c }) => c.verdict !== undefined,
    // credentials that are still being copied are judged once, when the copy is complete
    isDuplicate: ({ context: c }) => c.duplicateOf !== undefined && c.stored !== 'unsettled',
    isBehind: ({ context: c }) => c.behind,
    isOfWrongNumber: ({ context: c }) => c.wrongNumber,
    isCorrupt: ({ context: c }) => c.stored === 'corrupt',
    isUnreadable: ({ context: c }) => c.stored === 'unreadable',
    isRestorable: ({ context: c }) => c.stored === 'restorable',
    mustNotSaveRecord: ({ context: c }) => c.recordUnreadable,
    mayRun: ({ context: c, event }) => refusal(c, event, 'failed') === undefined,
    reopens: ({ context: c }, p: ConnectionClosed) => reopens(c, p.reason),
    fails: ({ context: c }, p: ConnectionClosed) => strikeOut(c, p.reason) !== undefined,
    ends: (_, p: ConnectionClosed) => endsAs(p.reason),
    // equivalent mutant `c.verdict?.nextProbeAt` → `c.verdict.nextProbeAt`: it runs only with a verdict; for
    // TypeScript
    probesItself: ({ context: c }) => c.verdict?.nextProbeAt !== undefined && isFreeToRun(c),
    // equivalent mutant `c.verdict?.until` → `c.verdict.until`: it runs only with a verdict; for TypeScript
    endsByItself: ({ context: c }) => c.verdict?.until !== undefined && isFreeToRun(c),
    banIsOver: ({ context: c }) => isBanServed(c),
    // equivalent mutant `'failed'` → `""`: after the end of a ban only a duplicate is refused, in every state
    servedItsBan: ({ context: c, event }) => isOver(c) && refusal(c, event, 'failed') === undefined,
    acceptsOlderCopy: ({ context: c, event }) =>
      c.verdict?.reason === 'older_copy' && refusal(c, event, 'failed') === undefined,
    isCaughtUp: ({ context: c }) => c.caughtUp,
    mayCureDeafness: ({ context: c }) =>
      c.clock.now() - (c.deafCuredAt ?? Number.NEGATIVE_INFINITY) >= c.policy.deafCureEveryMs,
    mayCureMuteness: ({ context: c }) =>
      c.clock.now() - (c.muteCuredAt ?? Number.NEGATIVE_INFINITY) >= c.policy.muteCureEveryMs,
    isHearing: ({ context: c }) => c.hearing === 'well',
    isAnswer: (_, p: { ok: boolean }) => p.ok,
    becameDuplicate: ({ context: c }, p: { found: Found }) =>
      p.found.duplicateOf !== undefined && c.duplicateOf === undefined,
    isOther: ({ context: c }, p: { found: Found }) =>
      p.found.stored === 'restorable' && p.found.fingerprint !== c.fingerprint,
    matters: ({ context: c }, p: { found: Found }) => matters(c, p.found),
    lifts: ({ context: c }, p: { found: Found }) => lifts(c, p.found),
  },
  delays: {
    connect: ({ context: c }) => c.policy.connectMs,
    verify: ({ context: c }) => c.policy.verifyMs,
    pingEvery: ({ context: c }) => c.policy.pingEveryMs,
    pingDeadline: ({ context: c }) => c.policy.pingDeadlineMs,
    pingAgain: ({ context: c }) => c.policy.pingAgainMs,
    pairing: ({ context: c }) => c.policy.pairingMs,
    handover: ({ context: c }) => c.policy.handoverMs,
    unlink: ({ context: c }) => c.policy.unlinkMs,
    stable: ({ context: c }) => c.policy.stableMs,
    backoff: ({ context: c }) => c.waitMs,
    probe: ({ context: c }) => probeInMs(c),
    banEnds: ({ context: c }) => banEndsInMs(c),
  },
  actions: {
    wantRunning: assign({ desired: 'running', saved: 'pending', recordUnreadable: false }),
    wantStopped: assign({ desired: 'stopped', saved: 'pending', recordUnreadable: false }),
    hurry: assign({ urgent: true }),
    noteGrant: assign((_, p: { counts: boolean }) => ({ counts: p.counts })),
    noteAccount: assign((_, p: { account: Account }) => ({ account: p.account })),
    noteBacklog: assign((_, p: { caughtUp: boolean }) => ({ caughtUp: p.caughtUp })),
    notePings: assign((_, p: { pings: 'well' | 'missed' }) => ({ pings: p.pings })),
    noteWrites: assign((_, p: { writes: 'well' | 'failing' }) => ({ writes: p.writes })),
    noteHearing: assign((_, p: { hearing: 'well' | 'deaf' }) => ({ hearing: p.hearing })),
    noteCure: assign(({ context: c }) => ({ deafCuredAt: c.clock.now() })),
    noteMuteCure: assign(({ context: c }) => ({ muteCuredAt: c.clock.now() })),
    noteUnlinked: assign({ unlinked: true }),
    noteSaved: assign((_, p: { saved: 'durable' | 'failed' }) => ({ saved: p.saved })),
    /** For states that report only after the record is durable: by then the event is another. */
    noteCause: assign(({ context: c, event }) => ({ cause: causeOf(event.type, c.cause) })),
    noteFound: assign(({ context: c }, { found }: { found: Found }) =>
      asFound(c, found, found.promoted ? isOtherNumber(c.account, found.account) : c.wrongNumber),
    ),
    // equivalent mutant `c.pairing?.replaceAccount` → `c.pairing.replaceAccount`: it runs only in a pairing;
    // for TypeScript
    noteLinked: assign(({ context: c }, { found }: { found: Found }) =>
      asFound(c, found, c.pairing?.replaceAccount !== true && isOtherNumber(c.account, found.account)),
    ),
    acceptCopy: assign({ behind: false }),
    noteAbsent: assign({ stored: 'absent' }),
    judge: assign(({ context: c }, p: ConnectionClosed) => judged(c, p)),
    strike: assign(({ context: c }, p: ConnectionClosed) => struck(c, p)),
    countReopening: assign(({ context: c }, p: ConnectionClosed) => reopened(c, p)),
    noteEnd: assign(({ context: c }, p: { reason: Reason }) => ({
      lastError: { reason: p.reason, at: c.clock.now() },
      nextAt: null,
    })),
    /** The view shows the verdict again, even after a pairing that came to nothing. */
    recallVerdict: assign(({ context: c }) => remembered(c.verdict)),
    forgive: assign(clean),
    acquit: assign({ ...clean, ...innocent, saved: 'pending', recordUnreadable: false }),
    /**
     * The login is proven: the verdict is lifted. The failures are forgiven later (`forgive`), if the
     * connection lasts.
     */
    lift: assign(({ context: c }) => ({ ...innocent, urgent: false, lastConnectedAt: c.clock.now() })),
    forgetError: assign({ lastError: null, nextAt: null }),
    beginPairing: assign(({ context: c }, p: { pairing: PairingRequest }) => ({
      pairing: { ...p.pairing, expiresAt: c.clock.now() + c.policy.pairingMs },
    })),
    /** The time for a pairing begins when it leaves the queue. */
    restartPairingTime: assign(({ context: c }) => ({
      pairing: c.pairing && { ...c.pairing, expiresAt: c.clock.now() + c.policy.pairingMs },
    })),
    endPairing: assign({ pairing: undefined, shownCode: undefined }),

    /** Emits a report and stores what it said, so a view never shows a state that was not reported. */
    show: enqueueActions(({ context: c, event, enqueue }, p: { state?: State; step?: Step }) => {
      const state = p.state ?? c.state;
      const previousState = c.reported ? c.state : null;
      enqueue.assign({
        reported: true,
        state,
        step: p.state === undefined ? c.step : (p.step ?? null),
        since: previousState === state ? c.since : c.clock.now(),
        revision: c.revision + 1,
        cause: causeOf(event.type, c.cause),
      });
      enqueue.emit(({ context }) => ({
        type: 'session.reported',
        org: context.org,
        view: viewOf(context),
        previousState,
        created: previousState === null && context.isNew,
        cause: context.cause,
        durable: context.saved !== 'failed',
      }));
    }),
    reportPairing: enqueueActions(({ context: c, enqueue }, p: WithoutId<PairingUpdate>) => {
      // equivalent mutant `c.pairing === undefined` → `false`: a pairing is reported only while one exists;
      // for TypeScript
      if (c.pairing === undefined) return;
      const update = { ...p, pairingId: c.pairing.id };
      if (update.status === 'qr' || update.status === 'code') enqueue.assign({ shownCode: update });
      enqueue.emit({ type: 'pairing.reported', org: c.org, update });
    }),
  },
});

/**
 * The setup for all parts of the statechart. Our own watchdogs end a connection with the same event as the
 * network does.
 */
export const sessionSetup = base.extend({
  actions: {
    order: sendTo('connection', (_, p: ConnectionOrder) => p),
    endAs: raise((_, { reason }: { reason: OwnEnding }) => ({ type: 'connection.closed', reason }) as const),
  },
});
