/** What state it is in, in words that finish the sentence `"acme" …`. */
import type { SessionView, State } from '../../../machines/domain/view.ts';

const steps = {
  queued: 'is waiting for its turn to be restored',
  connecting: 'is being restored: its connection is being opened',
  verifying: 'is being restored: WhatsApp let it in, and the connection is being proven',
} as const;
const resting = (v: SessionView): string => {
  if (v.credentials === 'absent' || v.credentials === 'unpaired') return 'is waiting to be paired';
  return v.desired === 'stopped' ? 'is stopped' : 'is at rest';
};
const row = (v: SessionView): string =>
  v.attempt === 0 ? '' : `, after ${v.attempt} failure${v.attempt === 1 ? '' : 's'} in a row`;

export const stateWords: Readonly<Record<State, (v: SessionView) => string>> = {
  idle: resting,
  restoring: (v) => (v.step ? steps[v.step] : 'is being restored'),
  pairing: (v) =>
    v.pairing?.method === 'code' ? 'is being paired with a code' : 'is being paired with a QR',
  connected: (v) =>
    v.liveness === 'suspect'
      ? 'is connected, but it is doubtful whether it is well'
      : 'is connected and well',
  retrying: (v) => `is not connected and waits to be tried again${row(v)}`,
  failed: (v) => (v.desired === 'stopped' ? 'has failed, and was stopped' : 'has failed and is set aside'),
};
