/**
 * The part of the session that links a new device, only ever by an operator's command:
 *
 *   pairing{ queued ▶ scanning ▶ awaitingRestart } ▶ promoting ▶ (adopted)
 *      └────▶ pairingCancelled ▶ (adopted, with the verdict from before)
 */
import { sessionSetup } from './setup.ts';
import { endAs, ending, finding, ordered, saveRecordMeanwhile, shown, shownAgain } from './transitions.ts';

const reported = (
  status: 'expired' | 'cancelled' | 'failed',
  reason: 'pairing_expired' | 'stopped' | 'logged_out' | 'unknown' | 'storage' | null,
) => ({ type: 'reportPairing', params: { status, reason } }) as const;
/**
 * A scan reports a finding only once, so it is noted during the pairing, for the case that the pairing comes
 * to nothing.
 */
const meanwhile = {
  'credentials.seen': [
    { guard: finding('lifts'), actions: ['acquit', finding('noteFound')] },
    { actions: finding('noteFound') },
  ],
} as const;
/**
 * Once the phone has linked the device, a pairing cannot be cancelled: the phone would keep a device without
 * credentials.
 */
const tooLate = {
  'session.cancelPairing': {},
  'session.stop': { actions: 'wantStopped' },
  'session.logout': {},
} as const;

export const pairing = sessionSetup.createStateConfig({
  entry: shown('pairing'),
  invoke: [
    {
      id: 'connection',
      src: 'connection',
      input: ({ context }) => {
        // equivalent mutant `context.pairing === undefined` → `false`: every way here sets a request; for
        // TypeScript
        // equivalent mutant `'pairing was entered without a request'` → `""`: every way here sets a request
        if (context.pairing === undefined) throw new Error('pairing was entered without a request');
        return { org: context.org, mode: 'pair', pairing: context.pairing };
      },
      onError: { actions: endAs('internal') },
    },
    saveRecordMeanwhile,
  ],
  on: {
    ...meanwhile,
    'session.cancelPairing': { target: '#session.pairingCancelled', actions: reported('cancelled', null) },
    'session.stop': {
      target: '#session.pairingCancelled',
      actions: ['wantStopped', reported('cancelled', 'stopped')],
    },
    'session.logout': { target: '#session.leaving', actions: reported('cancelled', 'logged_out') },
    'connection.closed': {
      target: '#session.pairingCancelled',
      actions: [
        ending('noteEnd'),
        {
          type: 'reportPairing',
          params: ({ event: { reason } }) => ({
            status: reason === 'pairing_expired' ? 'expired' : 'failed',
            reason,
          }),
        },
      ],
    },
  },
  initial: 'queued',
  states: {
    queued: {
      invoke: { src: 'permit', input: ({ context }) => ({ org: context.org, urgent: true }) },
      on: { 'permit.granted': 'scanning' },
    },
    // outside `queued`: a person who fetches a phone must not hold a slot
    scanning: {
      entry: ['restartPairingTime', ordered('connection.open'), shownAgain],
      after: {
        pairing: {
          target: '#session.pairingCancelled',
          actions: [
            { type: 'noteEnd', params: { reason: 'pairing_expired' } },
            reported('expired', 'pairing_expired'),
          ],
        },
      },
      on: {
        'connection.qr': {
          actions: {
            type: 'reportPairing',
            params: ({ event: { qr, attempt, expiresAt } }) => ({ status: 'qr', qr, attempt, expiresAt }),
          },
        },
        'connection.code': {
          actions: {
            type: 'reportPairing',
            params: ({ event: { code, expiresAt } }) => ({ status: 'code', code, expiresAt }),
          },
        },
        'connection.actionRequired': {
          actions: {
            type: 'reportPairing',
            params: ({ event: { action, detail } }) => ({ status: 'action_required', action, detail }),
          },
        },
        'connection.paired': { target: 'awaitingRestart', actions: 'wantRunning' },
      },
    },
    // WhatsApp closes with 515; closing before it may lose our answer to the phone
    awaitingRestart: {
      after: { handover: '#session.promoting' },
      on: { 'connection.closed': '#session.promoting', ...tooLate },
    },
  },
});

/** Outside `pairing`, because the socket must be closed before its directory is moved. */
export const promoting = sessionSetup.createStateConfig({
  invoke: {
    id: 'promote',
    src: 'promote',
    // equivalent mutant `context.pairing?.id` → `context.pairing.id`: it runs only in a pairing; for
    // TypeScript
    // equivalent mutant `''` → `"Stryker was here!"`: it runs only in a pairing; for TypeScript
    input: ({ context }) => ({ org: context.org, pairingId: context.pairing?.id ?? '' }),
    onDone: {
      target: '#session.adopted',
      actions: [
        'acquit',
        'hurry',
        // `connection.paired` made it run; an operator's stop since then still holds
        { type: 'noteLinked', params: ({ event }) => ({ found: { ...event.output, promoted: false } }) },
        { type: 'reportPairing', params: { status: 'completed', reason: null } },
        'endPairing',
      ],
    },
    onError: {
      target: '#session.failed',
      actions: [
        { type: 'judge', params: { reason: 'storage' } },
        reported('failed', 'storage'),
        'endPairing',
      ],
    },
  },
  on: tooLate,
});

/** The pairing came to nothing: back to the state and the verdict from before. */
export const pairingCancelled = sessionSetup.createStateConfig({
  entry: 'endPairing',
  always: '#session.adopted',
});
