/**
 * The part of the session that links a new device, only ever by an operator's command:
 *
 *   pairing{ queued ▶ scanning ▶ awaitingRestart } ▶ promoting ▶ (adopted)       pairingCancelled: back to what it was before
 */

import { sessionSetup } from './setup.ts';
import { endAs, ending, finding, ordered, saveRecordMeanwhile, shown, shownAgain } from './transitions.ts';

const said = (
  status: 'expired' | 'cancelled' | 'failed',
  reason: 'pairing_expired' | 'stopped' | 'logged_out' | 'unknown' | 'storage' | null,
) => ({ type: 'sayPairing', params: { status, reason } }) as const;
/** A scan says it once: what it found in the meantime counts when the pairing comes to nothing. */
const meanwhile = {
  'credentials.seen': [{ guard: finding('lifts'), actions: ['acquit', finding('noteFound')] }, { actions: finding('noteFound') }],
} as const;
/** Once the phone has linked the device it is too late to call it off: it would keep a device that nobody holds. */
const tooLate = { 'session.cancelPairing': {}, 'session.stop': { actions: 'wantStopped' }, 'session.logout': {} } as const;

export const pairing = sessionSetup.createStateConfig({
  entry: shown('pairing'),
  invoke: [
    {
      id: 'connection',
      src: 'connection',
      input: ({ context }) => {
        if (context.pairing === undefined) throw new Error('pairing was entered without a request');
        return { org: context.org, mode: 'pair', pairing: context.pairing };
      },
      onError: { actions: endAs('internal') },
    },
    saveRecordMeanwhile('savePairingRecord'),
  ],
  on: {
    ...meanwhile,
    'session.cancelPairing': { target: '#session.pairingCancelled', actions: said('cancelled', null) },
    'session.stop': { target: '#session.pairingCancelled', actions: ['wantStopped', said('cancelled', 'stopped')] },
    'session.logout': { target: '#session.leaving', actions: said('cancelled', 'logged_out') },
    'connection.closed': {
      target: '#session.pairingCancelled',
      actions: [
        ending('noteEnd'),
        {
          type: 'sayPairing',
          params: ({ event: { reason } }) => ({ status: reason === 'pairing_expired' ? 'expired' : 'failed', reason }),
        },
      ],
    },
  },
  initial: 'queued',
  states: {
    queued: {
      invoke: { id: 'permit', src: 'permit', input: ({ context }) => ({ org: context.org, urgent: true }) },
      on: { 'permit.granted': 'scanning' },
    },
    // outside `queued`: a person looking for a phone must not hold a slot
    scanning: {
      entry: ['windPairing', ordered('connection.open'), shownAgain],
      after: {
        pairing: {
          target: '#session.pairingCancelled',
          actions: [{ type: 'noteEnd', params: { reason: 'pairing_expired' } }, said('expired', 'pairing_expired')],
        },
      },
      on: {
        'connection.qr': {
          actions: { type: 'sayPairing', params: ({ event: { qr, attempt, expiresAt } }) => ({ status: 'qr', qr, attempt, expiresAt }) },
        },
        'connection.code': {
          actions: { type: 'sayPairing', params: ({ event: { code, expiresAt } }) => ({ status: 'code', code, expiresAt }) },
        },
        'connection.actionRequired': {
          actions: { type: 'sayPairing', params: ({ event: { action, detail } }) => ({ status: 'action_required', action, detail }) },
        },
        'connection.paired': { target: 'awaitingRestart', actions: 'wantRunning' },
      },
    },
    // WhatsApp answers with 515; cutting before it may lose our answer to the phone
    awaitingRestart: { after: { handover: '#session.promoting' }, on: { 'connection.closed': '#session.promoting', ...tooLate } },
  },
});

/** Outside `pairing`: the socket must be closed before its directory is moved. */
export const promoting = sessionSetup.createStateConfig({
  invoke: {
    id: 'promote',
    src: 'promote',
    input: ({ context }) => ({ org: context.org, pairingId: context.pairing?.id ?? '' }),
    onDone: {
      target: '#session.adopted',
      actions: [
        'acquit',
        'hurry',
        // it runs because of `wantRunning` above, and stays stopped if somebody stopped it since
        { type: 'noteLinked', params: ({ event }) => ({ found: { ...event.output, promoted: false } }) },
        { type: 'sayPairing', params: { status: 'completed', reason: null } },
        'endPairing',
      ],
    },
    onError: {
      target: '#session.failed',
      actions: [{ type: 'judge', params: { reason: 'storage' } }, said('failed', 'storage'), 'endPairing'],
    },
  },
  on: tooLate,
});

/** The pairing did not come about: back to the state and the verdict from before. */
export const pairingCancelled = sessionSetup.createStateConfig({ entry: 'endPairing', always: '#session.adopted' });
