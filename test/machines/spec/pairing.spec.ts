/**
 * The specification of linking a device. It begins only by a command, and it never costs a session its old
 * state. Once the phone has linked the device, nothing cancels it.
 */
import { assign, setup } from 'xstate';

export interface Pairing {
  /** What the session was before. */
  readonly was: 'new' | 'stopped' | 'retrying' | 'unreadable' | 'revoked' | 'exhausted';
  readonly desired: 'running' | 'stopped';
  readonly ended: 'expired' | 'cancelled' | 'failed' | 'completed' | null;
}
export const beginnings = [
  'it is new',
  'it is stopped',
  'it is retrying',
  'it is unreadable',
  'it is revoked',
  'it is exhausted',
] as const;
export const events = [
  'operator pairs',
  'operator cancels',
  'operator stops',
  'operator logs out',
  'the gate lets it in',
  'a QR is shown',
  'a code is shown',
  'the phone wants a passkey',
  'the phone links the device',
  'WhatsApp asks for a restart',
  'WhatsApp refuses it',
  'three minutes pass',
  'ten seconds pass',
  'the directory is moved',
  'the directory cannot be moved',
] as const;
export type Happening = (typeof beginnings)[number] | (typeof events)[number];

const specSetup = setup({
  types: { context: {} as Pairing, events: {} as { type: Happening } },
  guards: {
    isStopped: ({ context: c }) => c.was === 'stopped' || (c.was === 'new' && c.desired === 'stopped'),
    isUnreadable: ({ context: c }) => c.was === 'unreadable',
    isNew: ({ context: c }) => c.was === 'new',
    wasJudged: ({ context: c }) => c.was === 'revoked' || c.was === 'exhausted',
    isNowStopped: ({ context: c }) => c.desired === 'stopped',
  },
  actions: {
    begin: assign((_, p: { was: Pairing['was'] }) => ({
      was: p.was,
      desired: p.was === 'stopped' ? 'stopped' : 'running',
    })),
    end: assign((_, p: { ended: NonNullable<Pairing['ended']> }) => ({ ended: p.ended })),
    stop: assign({ desired: 'stopped' }),
    run: assign({ desired: 'running' }),
    keepOn: assign({}),
  },
});
const begins = (was: Pairing['was']) =>
  ({ target: 'before', actions: { type: 'begin', params: { was } } }) as const;
const end = (ended: NonNullable<Pairing['ended']>) => ({ type: 'end', params: { ended } }) as const;
/**
 * Back to what it was: a verdict stands, one that was stopped rests, one that has nothing to restore rests
 * too.
 */
const back = (ended: NonNullable<Pairing['ended']>) =>
  [
    { guard: 'wasJudged', target: 'failed', actions: end(ended) },
    { guard: 'isStopped', target: 'idle', actions: end(ended) },
    { guard: 'isNew', target: 'idle', actions: end(ended) },
    { guard: 'isUnreadable', target: 'retrying', actions: end(ended) },
    { target: 'restoring', actions: end(ended) },
  ] as const;
const stopped = [
  { guard: 'wasJudged', target: 'failed', actions: ['stop', end('cancelled')] },
  { target: 'idle', actions: ['stop', end('cancelled')] },
] as const;
const mayEnd = {
  'operator cancels': back('cancelled'),
  'operator stops': stopped,
  'operator logs out': { target: 'gone', actions: end('cancelled') },
} as const;
const linked = { 'operator stops': { actions: 'stop' } } as const;

export const pairingSpec = specSetup.createMachine({
  id: 'spec',
  context: { was: 'new', desired: 'running', ended: null },
  initial: 'nothing',
  states: {
    nothing: {
      on: {
        'it is new': begins('new'),
        'it is stopped': begins('stopped'),
        'it is retrying': begins('retrying'),
        'it is unreadable': begins('unreadable'),
        'it is revoked': begins('revoked'),
        'it is exhausted': begins('exhausted'),
      },
    },
    before: { on: { 'operator pairs': 'queued' } },
    queued: { on: { ...mayEnd, 'the gate lets it in': 'scanning' } },
    scanning: {
      on: {
        ...mayEnd,
        'a QR is shown': { actions: 'keepOn' },
        'a code is shown': { actions: 'keepOn' },
        'the phone wants a passkey': { actions: 'keepOn' },
        'the phone links the device': { target: 'handing over', actions: 'run' },
        'WhatsApp asks for a restart': back('failed'),
        'WhatsApp refuses it': back('failed'),
        'three minutes pass': back('expired'),
      },
    },
    'handing over': {
      on: {
        ...linked,
        'WhatsApp asks for a restart': 'promoting',
        'WhatsApp refuses it': 'promoting',
        'ten seconds pass': 'promoting',
      },
    },
    promoting: {
      on: {
        ...linked,
        'the directory is moved': [
          { guard: 'isNowStopped', target: 'idle', actions: end('completed') },
          { target: 'restoring', actions: end('completed') },
        ],
        'the directory cannot be moved': { target: 'failed', actions: end('failed') },
      },
    },
    idle: {},
    failed: {},
    restoring: {},
    retrying: {},
    gone: { type: 'final' },
  },
});
