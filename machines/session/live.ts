/**
 * The part of the session that holds a connection to WhatsApp with stored credentials:
 *
 *   restoring{ asking{queued ▶ connecting} ▶ verifying } ▶ connected{healthy ⇄ suspect} ▶ unlinking
 *
 * A slot of the gate is held exactly while `asking`.
 */
import { sessionSetup } from './setup.ts';
import {
  endAs,
  ending,
  finding,
  isAnswer,
  ordered,
  saveRecordMeanwhile,
  shown,
  shownAgain,
} from './transitions.ts';

const ping = ordered('connection.ping');

const restoring = sessionSetup.createStateConfig({
  initial: 'asking',
  states: {
    asking: {
      invoke: { src: 'permit', input: ({ context }) => ({ org: context.org, urgent: context.urgent }) },
      initial: 'queued',
      states: {
        queued: {
          entry: shown('restoring', 'queued'),
          on: {
            'permit.granted': {
              target: 'connecting',
              actions: { type: 'noteGrant', params: ({ event }) => event },
            },
          },
        },
        connecting: {
          entry: [
            // equivalent mutant `{ caughtUp: false }` → `{}`: undefined is as false as `false`
            { type: 'noteBacklog', params: { caughtUp: false } },
            ordered('connection.open'),
            shown('restoring', 'connecting'),
          ],
          after: { connect: { actions: endAs('timeout') } },
          on: {
            // the backlog may be complete before `open` is reported
            'connection.caughtUp': { actions: { type: 'noteBacklog', params: { caughtUp: true } } },
            'connection.opened': {
              target: '#session.live.restoring.verifying',
              actions: { type: 'noteAccount', params: ({ event }) => event },
            },
          },
        },
      },
    },
    verifying: {
      entry: [ping, shown('restoring', 'verifying')],
      type: 'parallel',
      onDone: '#session.live.connected',
      states: {
        answer: {
          initial: 'awaited',
          states: {
            awaited: {
              after: { verify: { actions: endAs('timeout') } },
              on: {
                'connection.pinged': [
                  { guard: isAnswer, target: 'received' },
                  { actions: endAs('unhealthy') },
                ],
              },
            },
            received: { type: 'final' },
          },
        },
        backlog: {
          initial: 'awaited',
          states: {
            awaited: {
              always: { guard: 'isCaughtUp', target: 'received' },
              after: { verify: 'received' },
              on: { 'connection.caughtUp': 'received' },
            },
            received: { type: 'final' },
          },
        },
      },
    },
  },
});

const connected = sessionSetup.createStateConfig({
  entry: ['lift', ordered('connection.proven'), shown('connected')],
  invoke: saveRecordMeanwhile,
  after: { stable: { actions: 'forgive' } },
  on: {
    'session.logout': 'unlinking',
    'connection.deaf': [
      { guard: 'mayCureDeafness', actions: ['noteCure', endAs('deaf')] },
      { guard: 'isHearing', actions: [{ type: 'noteHearing', params: { hearing: 'deaf' } }, shownAgain] },
    ],
    'connection.mute': { guard: 'mayCureMuteness', actions: ['noteMuteCure', endAs('mute')] },
    'connection.heard': { actions: [{ type: 'noteHearing', params: { hearing: 'well' } }, shownAgain] },
  },
  initial: 'healthy',
  states: {
    healthy: {
      initial: 'answered', // a ping was answered just before
      after: { pingEvery: { target: '.asked', reenter: true } },
      states: {
        answered: {},
        asked: {
          entry: ping,
          after: { pingDeadline: '#session.live.connected.suspect' },
          on: {
            'connection.pinged': [
              { guard: isAnswer, target: 'answered' },
              { target: '#session.live.connected.suspect' },
            ],
          },
        },
      },
    },
    suspect: {
      // equivalent mutant `{ pings: 'missed' }` → `{}`: the code only compares with `well`
      // equivalent mutant `'missed'` → `""`: the code only compares with `well`
      entry: [{ type: 'notePings', params: { pings: 'missed' } }, shownAgain],
      initial: 'waiting',
      states: {
        waiting: { after: { pingAgain: 'asked' } },
        asked: {
          entry: ping,
          after: { pingDeadline: { actions: endAs('unhealthy') } },
          on: {
            'connection.pinged': [
              {
                guard: isAnswer,
                target: '#session.live.connected.healthy',
                actions: [{ type: 'notePings', params: { pings: 'well' } }, shownAgain],
              },
              { actions: endAs('unhealthy') },
            ],
          },
        },
      },
    },
  },
});

export const live = sessionSetup.createStateConfig({
  invoke: [
    {
      id: 'connection',
      src: 'connection',
      input: ({ context }) => ({ org: context.org, mode: 'restore', fingerprint: context.fingerprint }),
      onError: { actions: endAs('internal') },
    },
    saveRecordMeanwhile,
  ],
  exit: [
    { type: 'notePings', params: { pings: 'well' } },
    { type: 'noteWrites', params: { writes: 'well' } },
    { type: 'noteHearing', params: { hearing: 'well' } },
  ],
  on: {
    'connection.closed': [
      { guard: ending('reopens'), target: '#session.live', reenter: true, actions: ending('countReopening') },
      { guard: ending('fails'), target: '#session.failed', actions: ending('judge') },
      { guard: ending('ends'), target: '#session.idle', actions: ['noteAbsent', ending('noteEnd')] },
      { target: '#session.retrying', actions: ending('strike') },
    ],
    'connection.qr': {
      target: '#session.failed',
      actions: { type: 'judge', params: { reason: 'creds_lost' } },
    },
    // equivalent mutant `{ writes: 'failing' }` → `{}`: the code only compares with `well`
    // equivalent mutant `'failing'` → `""`: the code only compares with `well`
    'storage.failed': { actions: [{ type: 'noteWrites', params: { writes: 'failing' } }, shownAgain] },
    'storage.recovered': { actions: [{ type: 'noteWrites', params: { writes: 'well' } }, shownAgain] },
    'credentials.seen': [
      { guard: finding('becameDuplicate'), target: '#session.adopted', actions: finding('noteFound') },
      // another identity is in the directory now: the connection of the old one is closed at once
      {
        guard: finding('isOther'),
        target: '#session.live',
        reenter: true,
        actions: ['acquit', finding('noteFound')],
      },
    ],
  },
  initial: 'restoring',
  states: {
    restoring,
    connected,
    unlinking: {
      entry: ordered('connection.unlink'),
      after: { unlink: '#session.leaving' },
      on: {
        'connection.unlinked': { target: '#session.leaving', actions: 'noteUnlinked' },
        'connection.closed': '#session.leaving',
        // a logout in progress is finished, whatever a scan finds or WhatsApp sends meanwhile
        'credentials.seen': {},
        'connection.qr': {},
        'session.logout': {},
        'session.stop': {},
      },
    },
  },
});
