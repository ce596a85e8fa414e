/**
 * One organization's session. A connection is held exactly while `live` or `pairing` (it opens its socket when told to, after
 * the gate let us in), so leaving by any edge closes the socket.
 *
 *   idle ──▶ live{ restoring ▶ connected } ──▶ retrying ──▶ live
 *    ▲ └───▶ pairing ▶ promoting ──▶ live  └──▶ failed ──▶ live
 *
 * No path leads from restoring to a QR. No state is final but `gone`: a session outlives its connections. Our own watchdogs
 * raise `connection.closed`, so every ending passes the one table (`domain/disconnect.ts`).
 */
import { contextFrom } from './context.ts';
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
      { guard: 'isJudged', target: '.failed', actions: ['wantStopped', 'recallVerdict'] }, // stopped on probation: nothing was proven
      { target: '.idle', actions: ['wantStopped', 'forgetError'] },
    ],
    'session.logout': '.leaving',
  },
  states: {
    adopted: {
      always: [
        { guard: 'isJudged', target: 'failed', actions: 'recallVerdict' },
        { guard: 'isDuplicate', target: 'failed', actions: { type: 'judge', params: { reason: 'conflict' } } },
        { guard: 'isToRest', target: 'idle' },
        { guard: 'isOfWrongNumber', target: 'failed', actions: { type: 'judge', params: { reason: 'wrong_account' } } },
        { guard: 'isCorrupt', target: 'failed', actions: { type: 'judge', params: { reason: 'creds_corrupt' } } },
        { guard: 'isUnreadable', target: 'retrying', actions: { type: 'strike', params: { reason: 'storage' } } },
        { guard: 'isRestorable', target: 'live' },
        { target: 'idle' },
      ],
    },

    idle: {
      entry: 'noteCause',
      initial: 'saving',
      states: { saving: { invoke: saveRecordThen('resting', 'idle') }, resting: {} },
      on: {
        'session.stop': { guard: 'isToRest' }, // nothing to do, nothing to tell
        'session.restore': { target: 'adopted', actions: ['wantRunning', 'forgetError', 'hurry'] },
        'session.pair': { target: 'pairing', actions: { type: 'beginPairing', params: ({ event }) => event } },
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
        'session.pair': { target: 'pairing', actions: { type: 'beginPairing', params: ({ event }) => event } },
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
            { target: 'awaitingOperator' },
          ],
        },
        untilProbe: { after: { probe: '#session.live' } }, // on probation: the verdict stands until connected, one failure brings it back
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
          { guard: 'servedItsBan', target: 'live', actions: ['wantRunning', 'acquit', 'hurry'] }, // it ended while nobody wanted it to run
          { guard: 'mayRun', target: 'live', actions: ['wantRunning', 'hurry'] },
        ],
        'session.retry': { guard: 'mayRun', target: 'live', actions: ['wantRunning', 'acquit', 'hurry'] },
        'session.pair': { target: 'pairing', actions: { type: 'beginPairing', params: ({ event }) => event } },
        'credentials.seen': [
          { guard: finding('lifts'), target: 'adopted', actions: ['acquit', finding('noteFound')] },
          { guard: finding('becameDuplicate'), target: '.saving', actions: finding('noteFound') }, // it no longer tries by itself
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
        id: 'archive',
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
