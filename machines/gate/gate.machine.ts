/**
 * Admission. A slot is held from `slot.granted` to `slot.released`; a token is spent per grant.
 *
 *   open ──(most live sessions lost at once, or every attempt fails)──▶ probing ──(one is proven)──▶ open
 *   any  ──(WhatsApp refuses our version)──▶ outdated: one canary at a time ──(one is proven)──▶ open
 *
 * The grant says whether a failure of the attempt counts, so no other actor needs to know of an outage. While
 * the gate is held it admits no session, because new credentials could not be written. Waiting requests keep
 * waiting.
 */
import { type ActorRefFrom, type AnyEventObject, fromCallback } from 'xstate';
import type { Org, PermitFact, PermitInput } from '../domain/ports.ts';
import { noTally } from './breaker.ts';
import { gateSetup } from './setup.ts';

const admit = (mode: 'open' | 'probing' | 'canary') => ({ type: 'admit', params: { mode } }) as const;

export const gateMachine = gateSetup.createMachine({
  id: 'gate',
  context: ({ input }) => ({
    ...input,
    urgent: [],
    waiting: [],
    inside: new Set(),
    tokens: input.policy.burst,
    filledAt: input.now(),
    tally: noTally,
    held: false,
    canaries: 0,
  }),
  on: {
    'gate.held': { actions: 'hold' },
    'gate.freed': { actions: 'free' },
  },
  initial: 'open',
  states: {
    open: {
      on: {
        'slot.requested': {
          target: '.crowded',
          actions: [{ type: 'enqueue', params: ({ event }) => event }, admit('open')],
        },
        'slot.released': { actions: [{ type: 'leave', params: ({ event }) => event }, admit('open')] },
        // equivalent mutant `'.crowded'` → `""`: a waiting request has put the gate into `crowded`, where it
        // stays; entering it again only restarts its timer
        'gate.freed': { target: '.crowded', actions: ['free', admit('open')] },
        'session.proven': { actions: 'countProven' },
        'session.left': { actions: 'countLeft' },
        'session.lost': [
          { guard: 'wouldBeMassLoss', target: 'probing', actions: 'countLost' },
          { actions: 'countLost' },
        ],
        'attempt.failed': [
          { guard: 'isOutdated', target: 'outdated' },
          // equivalent mutant `{ type: 'countFailed', params: ({ event }) => event }` → `{}`: the first
          // proven session ends the outage and clears the failures, so the last one is never read
          {
            guard: 'wouldBeMassRefusal',
            target: 'probing',
            actions: { type: 'countFailed', params: ({ event }) => event },
          },
          { actions: { type: 'countFailed', params: ({ event }) => event } },
        ],
      },
      initial: 'clear',
      states: {
        clear: {}, // no timer runs while no request waits
        crowded: {
          after: {
            nextToken: [
              // equivalent mutant `'clear'` → `""`: it stays in `crowded` without entering it again, so no
              // timer runs
              { guard: 'noneWaits', target: 'clear' },
              { target: 'crowded', reenter: true, actions: admit('open') },
            ],
          },
        },
      },
    },
    probing: {
      entry: ['drain', { type: 'beginOutage', params: { cause: 'cut_off' } }],
      exit: 'endOutage',
      initial: 'pausing',
      on: {
        'slot.requested': { actions: { type: 'enqueue', params: ({ event }) => event } },
        'slot.released': { actions: { type: 'leave', params: ({ event }) => event } },
        'session.proven': { target: '#gate.open.crowded', actions: 'countProven' },
        'session.left': { actions: 'countLeft' },
        'session.lost': { actions: 'countLost' },
        'attempt.failed': { guard: 'isOutdated', target: 'outdated' },
      },
      states: {
        // equivalent mutant `'probing'` → `""`: an attempt that is neither `open` nor a canary is a probe
        pausing: { after: { nextProbe: { target: 'pausing', reenter: true, actions: admit('probing') } } },
      },
    },
    outdated: {
      entry: ['drain', { type: 'beginOutage', params: { cause: 'outdated' } }, 'askForVersion'],
      exit: ['endOutage', 'forgetCanaries'],
      initial: 'waiting',
      on: {
        'slot.requested': [
          // an operator's own request takes the next slot
          {
            guard: 'isUrgent',
            target: '.hurrying',
            actions: { type: 'enqueue', params: ({ event }) => event },
          },
          { actions: { type: 'enqueue', params: ({ event }) => event } },
        ],
        'slot.released': { actions: { type: 'leave', params: ({ event }) => event } },
        'version.renewed': '.hurrying',
        'session.proven': { target: '#gate.open.crowded', actions: 'countProven' },
        'session.left': { actions: 'countLeft' },
        'session.lost': { actions: 'countLost' },
      },
      states: {
        waiting: {
          after: {
            nextCanary: {
              target: 'waiting',
              reenter: true,
              actions: ['countCanary', admit('canary'), 'askForVersion'],
            },
          },
        },
        hurrying: { after: { nextProbe: { target: 'waiting', actions: admit('canary') } } },
      },
    },
  },
});
export type GateRef = ActorRefFrom<typeof gateMachine>;

/**
 * The session's side of the gate: it requests a slot when it starts and releases it when it stops. The
 * callbacks are kept here; the gate's context holds only names.
 */
export const permitFrom = (gate: GateRef) => {
  const waiting = new Map<Org, (fact: PermitFact) => void>();
  // equivalent mutant `waiting.get(org)?.(…)` → `waiting.get(org)({ type: 'permit.granted', counts })`: a
  // request that stops waiting leaves the queue before the next is admitted, so a slot is never granted to a
  // request that is gone
  gate.on('slot.granted', ({ org, counts }) => waiting.get(org)?.({ type: 'permit.granted', counts }));
  return fromCallback<AnyEventObject, PermitInput>(({ input: { org, urgent }, sendBack }) => {
    waiting.set(org, sendBack);
    gate.send({ type: 'slot.requested', org, urgent });
    return () => {
      waiting.delete(org);
      gate.send({ type: 'slot.released', org });
    };
  });
};
