/** The setup of the gate's statechart: its guards, its delays, its actions. */
import { assign, emit, enqueueActions, setup } from 'xstate';
import type { Reason } from '../domain/disconnect.ts';
import type { GatePolicy } from '../domain/policy.ts';
import type { Org } from '../domain/ports.ts';
import { attemptFailed, isMassLoss, isMassRefusal, left, lost, proven, type Tally } from './breaker.ts';

export type GateEvent =
  | { type: 'slot.requested'; org: Org; urgent: boolean }
  | { type: 'slot.released'; org: Org }
  | { type: 'session.proven' }
  /** It was connected, and the connection ended by itself. */
  | { type: 'session.lost' }
  /** It was connected, and Vigía or an operator ended it. */
  | { type: 'session.left' }
  | { type: 'attempt.failed'; org: Org; reason: Reason; running: number }
  | { type: 'version.renewed' }
  | { type: 'gate.held' }
  | { type: 'gate.freed' };
export type OutageCause = 'cut_off' | 'outdated';
export type GateEmitted =
  | { type: 'slot.granted'; org: Org; counts: boolean }
  | { type: 'outage.began'; cause: OutageCause; live: number }
  | { type: 'outage.ended' }
  | { type: 'version.refused' };
export interface GateInput {
  readonly policy: GatePolicy;
  /** Epoch milliseconds. */
  readonly now: (this: void) => number;
}
export interface GateContext extends GateInput {
  readonly urgent: readonly Org[];
  readonly waiting: readonly Org[];
  readonly inside: ReadonlySet<Org>;
  readonly tokens: number;
  readonly filledAt: number;
  readonly tally: Tally;
  readonly held: boolean;
  /** Canaries sent since WhatsApp refused our version. Each doubles the wait for the next. */
  readonly canaries: number;
}

const without = (list: readonly Org[], org: Org) =>
  list.includes(org) ? list.filter((o) => o !== org) : list;
const canaryMs = (c: GateContext) =>
  Math.min(c.policy.canaryCapMs, c.policy.canaryMs * 2 ** Math.min(c.canaries, 20));

/**
 * A timer may fire a millisecond early by the wall clock. That must not cost a whole token. The average rate
 * stays the same.
 */
const almostOne = 0.99;

/** Probes and canaries need no burst: one token at a time is enough to learn whether WhatsApp answers. */
const bucket = (p: GatePolicy, mode: 'open' | 'probing' | 'canary') =>
  mode === 'open'
    ? { perSecond: p.perSecond, burst: p.burst, places: p.places }
    : { perSecond: p.probesPerSecond, burst: 1, places: mode === 'canary' ? 1 : p.places };

export const gateSetup = setup({
  // equivalent mutant `{…}` → `{}`: types do not exist at run time
  types: {
    context: {} as GateContext,
    events: {} as GateEvent,
    emitted: {} as GateEmitted,
    input: {} as GateInput,
  },
  guards: {
    noneWaits: ({ context: c }) => c.urgent.length + c.waiting.length === 0,
    // equivalent mutant `event.type === 'slot.requested'` → `true`: only this event uses the guard; for
    // TypeScript
    isUrgent: ({ event }) => event.type === 'slot.requested' && event.urgent,
    // equivalent mutant `event.type === 'attempt.failed'` → `true`: only this event uses the guard; for
    // TypeScript
    isOutdated: ({ event }) => event.type === 'attempt.failed' && event.reason === 'outdated',
    wouldBeMassLoss: ({ context: c }) => isMassLoss(lost(c.tally, c.now(), c.policy), c.policy),
    // equivalent mutant `event.type === 'attempt.failed'` → `true`: only this event uses the guard; for
    // TypeScript
    wouldBeMassRefusal: ({ context: c, event }) =>
      event.type === 'attempt.failed' &&
      isMassRefusal(attemptFailed(c.tally, event.org, c.now(), c.policy), event.running, c.policy),
  },
  delays: {
    nextToken: ({ context: c }) => Math.ceil(1000 / c.policy.perSecond),
    nextProbe: ({ context: c }) => Math.ceil(1000 / c.policy.probesPerSecond),
    nextCanary: ({ context: c }) => canaryMs(c),
  },
  actions: {
    enqueue: assign(({ context: c }, p: { org: Org; urgent: boolean }) =>
      p.urgent ? { urgent: [...c.urgent, p.org] } : { waiting: [...c.waiting, p.org] },
    ),
    leave: assign(({ context: c }, { org }: { org: Org }) => ({
      urgent: without(c.urgent, org),
      waiting: without(c.waiting, org),
      inside: c.inside.has(org) ? new Set([...c.inside].filter((o) => o !== org)) : c.inside,
    })),
    hold: assign({ held: true }),
    free: assign({ held: false }),
    drain: assign(({ context: c }) => ({ tokens: 0, filledAt: c.now() })),
    countProven: assign(({ context: c }) => ({ tally: proven(c.tally) })),
    countLeft: assign(({ context: c }) => ({ tally: left(c.tally) })),
    countLost: assign(({ context: c }) => ({ tally: lost(c.tally, c.now(), c.policy) })),
    countFailed: assign(({ context: c }, p: { org: Org }) => ({
      tally: attemptFailed(c.tally, p.org, c.now(), c.policy),
    })),
    countCanary: assign(({ context: c }) => ({ canaries: c.canaries + 1 })),
    forgetCanaries: assign({ canaries: 0 }),
    beginOutage: emit(
      ({ context: c }, p: { cause: OutageCause }) =>
        ({ type: 'outage.began', cause: p.cause, live: c.tally.live }) as const,
    ),
    endOutage: emit({ type: 'outage.ended' }),
    askForVersion: emit({ type: 'version.refused' }),
    admit: enqueueActions(({ context: c, enqueue }, p: { mode: 'open' | 'probing' | 'canary' }) => {
      const { perSecond, burst, places } = bucket(c.policy, p.mode);
      const now = c.now();
      const sinceMs = Math.max(0, now - c.filledAt); // a clock that was set back fills nothing
      let tokens = Math.min(burst, c.tokens + (sinceMs / 1000) * perSecond);
      const urgent = [...c.urgent];
      const waiting = [...c.waiting];
      const inside = new Set(c.inside);
      while (!c.held && tokens >= almostOne && inside.size < places) {
        const org = urgent.shift() ?? waiting.shift();
        if (org === undefined) break;
        tokens -= 1;
        inside.add(org);
        enqueue.emit({ type: 'slot.granted', org, counts: p.mode === 'open' });
      }
      enqueue.assign({ tokens, filledAt: now, urgent, waiting, inside });
    }),
  },
});
