/** The state as the end of the sentence `"acme" …`. */
import type { Liveness, SessionView, State } from '../../../machines/domain/view.ts';

const steps = {
  queued: 'is waiting for its turn to be restored',
  connecting: 'is being restored: its connection is being opened',
  verifying: 'is being restored: WhatsApp accepted the login, and the connection is being verified',
} as const;
const resting = (v: SessionView): string => {
  if (v.credentials === 'absent' || v.credentials === 'unpaired') return 'is waiting to be paired';
  return v.desired === 'stopped' ? 'is stopped, as an operator ordered' : 'is idle';
};
const row = (v: SessionView): string =>
  v.attempt === 0 ? '' : `, after ${v.attempt} failure${v.attempt === 1 ? '' : 's'} in a row`;

const livenessWords: Readonly<Record<Liveness, string>> = {
  healthy: 'is connected and healthy',
  suspect: 'is connected, but may not be healthy',
  deaf: 'is connected, but reports no messages although they arrive',
};

export const stateWords: Readonly<Record<State, (v: SessionView) => string>> = {
  idle: resting,
  restoring: (v) => (v.step ? steps[v.step] : 'is being restored'),
  pairing: (v) =>
    v.pairing?.method === 'code' ? 'is being paired with a code' : 'is being paired with a QR',
  connected: (v) => livenessWords[v.liveness ?? 'healthy'],
  retrying: (v) => `is not connected and waits for the next attempt${row(v)}`,
  failed: (v) => (v.desired === 'stopped' ? 'has failed, and was stopped' : 'has failed'),
};
