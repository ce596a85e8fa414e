/**
 * One organization's session. A connection exists exactly while `live` or `pairing`, so every way out of them
 * closes the socket. It opens its socket on `connection.open`, after the gate granted a slot.
 *
 *   idle ──▶ live{ restoring ▶ connected } ──▶ retrying ──▶ live
 *    ▲ └───▶ pairing ▶ promoting ──▶ live  └──▶ failed ──▶ live
 *
 * No path leads from restoring to a QR. Only `gone` is final: a session outlives its connections. Our own
 * watchdogs raise `connection.closed`, so one table judges every ending (`disconnect.ts`).
 */
import { contextFrom } from './initial-context.ts';
import { live } from './live.ts';
import { pairing, pairingCancelled, promoting } from './pairing.ts';
import { sessionSetup } from './setup.ts';
import { finding, saveRecordThen, shown, unsaved } from './transitions.ts';

export const sessionMachine = sessionSetup.createMachine({
  id: 'session',
  context: ({ input }) => contextFrom(input),
  initial: 'adopted',
  on: {
    'session.stop': [
      // stopped on probation: the verdict stands, because no login was proven
      { guard: 'isJudged', target: '.failed', actions: ['wantStopped', 'recallVerdict'] },
      { target: '.idle', actions: ['wantStopped', 'forgetError'] },
    ],
    'session.logout': '.leaving',
  },
  states: {
    adopted: {
      always: [
        { guard: 'isJudged', target: 'failed', actions: 'recallVerdict' },
        // equivalent mutant `'failed'` → `""`: the verdict is set all the same, and the first line leads to
        // `failed`
        {
          guard: 'isDuplicate',
          target: 'failed',
          actions: { type: 'judge', params: { reason: 'conflict' } },
        },
        { guard: 'isToRest', target: 'idle' },
        // equivalent mutant `'failed'` → `""`: the verdict is set all the same, and the first line leads to
        // `failed`
        {
          guard: 'isBehind',
          target: 'failed',
          actions: { type: 'judge', params: { reason: 'older_copy' } },
        },
        // equivalent mutant `'failed'` → `""`: the verdict is set all the same, and the first line leads to
        // `failed`
        {
          guard: 'isOfWrongNumber',
          target: 'failed',
          actions: { type: 'judge', params: { reason: 'wrong_account' } },
        },
        // equivalent mutant `'failed'` → `""`: the verdict is set all the same, and the first line leads to
        // `failed`
        {
          guard: 'isCorrupt',
          target: 'failed',
          actions: { type: 'judge', params: { reason: 'creds_corrupt' } },
        },
        {
          guard: 'isUnreadable',
          target: 'retrying',
          actions: { type: 'strike', params: { reason: 'storage' } },
        },
        { guard: 'isRestorable', target: 'live' },
        { target: 'idle' },
      ],
    },

    idle: {
      entry: 'noteCause',
      initial: 'saving',
      // equivalent mutant `'resting'` → `""`: `saving` has nothing left to do, as `resting` has nothing to do
      states: { saving: { invoke: saveRecordThen('resting', 'idle') }, resting: {} },
      on: {
        'session.stop': { guard: 'isToRest' }, // it is stopped already: nothing changes
        'session.restore': { target: 'adopted', actions: ['wantRunning', 'forgetError', 'hurry'] },
        'session.pair': {
          target: 'pairing',
          actions: { type: 'beginPairing', params: ({ event }) => event },
        },
        'credentials.seen': [
          { guard: finding('matters'), target: 'adopted', actions: ['acquit', finding('noteFound')] },
          { actions: finding('noteFound') },
        ],
      },
    },

    live,

    retrying: {
      entry: shown('retrying'),
      after: { backoff: 'live' },
      on: {
        'session.retry': { target: 'live', actions: ['acquit', 'hurry'] },
        'session.restore': { target: 'live', actions: 'hurry' },
        'session.pair': {
          target: 'pairing',
          actions: { type: 'beginPairing', params: ({ event }) => event },
        },
        'credentials.seen': [
          { guard: finding('becameDuplicate'), target: 'adopted', actions: finding('noteFound') },
          { guard: finding('matters'), target: 'adopted', actions: ['acquit', finding('noteFound')] },
          { actions: finding('noteFound') },
        ],
      },
    },

    failed: {
      initial: 'saving',
      states: {
        saving: {
          entry: 'noteCause',
          invoke: saveRecordThen('choosing', 'failed'),
          always: { guard: 'mustNotSaveRecord', target: 'choosing', actions: [unsaved, shown('failed')] },
        },
        choosing: {
          always: [
            { guard: 'probesItself', target: 'untilProbe' },
            { guard: 'endsByItself', target: 'untilBanEnds' },
            // equivalent mutant `{ target: 'awaitingOperator' }` → `{}`: `choosing` has nothing left to do
            // either
            // equivalent mutant `'awaitingOperator'` → `""`: `choosing` has nothing left to do either
            { target: 'awaitingOperator' },
          ],
        },
        // on probation: the verdict stands until connected, and one failure leads back to it
        untilProbe: { after: { probe: '#session.live' } },
        untilBanEnds: {
          after: {
            banEnds: [
              { guard: 'banIsOver', target: '#session.live', actions: 'acquit' },
              { target: 'untilBanEnds', reenter: true },
            ],
          },
        },
        awaitingOperator: {}, // no timer, no actor
      },
      on: {
        'session.stop': [{ guard: 'isToRest' }, { target: '.saving', actions: 'wantStopped' }],
        'session.restore': [
          // the ban ended while the session was stopped
          { guard: 'servedItsBan', target: 'live', actions: ['wantRunning', 'acquit', 'hurry'] },
          // an operator's choice is no probation: a failure must not bring the verdict back
          {
            guard: 'acceptsOlderCopy',
            target: 'live',
            actions: ['wantRunning', 'acquit', 'acceptCopy', 'hurry'],
          },
          { guard: 'mayRun', target: 'live', actions: ['wantRunning', 'hurry'] },
        ],
        'session.retry': {
          guard: 'mayRun',
          target: 'live',
          actions: ['wantRunning', 'acquit', 'acceptCopy', 'hurry'],
        },
        'session.pair': {
          target: 'pairing',
          actions: { type: 'beginPairing', params: ({ event }) => event },
        },
        'credentials.seen': [
          { guard: finding('lifts'), target: 'adopted', actions: ['acquit', finding('noteFound')] },
          // a duplicate no longer tries by itself
          { guard: finding('becameDuplicate'), target: '.saving', actions: finding('noteFound') },
          { actions: finding('noteFound') },
        ],
      },
    },

    pairing,
    promoting,
    pairingCancelled,

    leaving: {
      entry: ['noteCause', 'endPairing'],
      invoke: {
        src: 'archive',
        input: ({ context }) => ({ org: context.org }),
        onDone: 'gone',
        onError: { target: 'failed', actions: { type: 'judge', params: { reason: 'storage' } } },
      },
      on: { 'session.stop': {}, 'session.logout': {} },
    },
    gone: { type: 'final' },
  },
});
