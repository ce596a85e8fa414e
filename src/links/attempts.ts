/** How far the pairing that a link started has come. It is in memory only: no pairing survives a restart. */
import type { Reason } from '../../machines/domain/disconnect.ts';
import type { PairingUpdate, SessionView } from '../../machines/domain/view.ts';

export interface Attempt {
  readonly pairingId: string;
  /** `waiting`: for the phone. `linking`: the phone has linked it, and it is being connected. */
  readonly phase: 'waiting' | 'linking' | 'failed';
  /** Why it failed. Null when it was cancelled. */
  readonly reason: Reason | null;
}

export const createAttempts = () => {
  const byLink = new Map<string, Attempt>();
  const change = (linkId: string, over: Partial<Attempt>): void => {
    const attempt = byLink.get(linkId);
    if (attempt) byLink.set(linkId, { ...attempt, ...over });
  };
  return {
    get: (linkId: string): Attempt | undefined => byLink.get(linkId),
    started: (linkId: string, pairingId: string): void => {
      if (byLink.get(linkId)?.pairingId !== pairingId)
        byLink.set(linkId, { pairingId, phase: 'waiting', reason: null });
    },
    isPairing: (linkId: string, view: SessionView | undefined): boolean =>
      view?.pairing !== null && view?.pairing?.id === byLink.get(linkId)?.pairingId,
    onPairing: (linkId: string, update: PairingUpdate): void => {
      if (byLink.get(linkId)?.pairingId !== update.pairingId) return;
      if (update.status === 'completed') change(linkId, { phase: 'linking' });
      if (update.status === 'expired' || update.status === 'cancelled' || update.status === 'failed')
        change(linkId, { phase: 'failed', reason: update.reason });
    },
    /** Returns how the link ends with this report, if it does. */
    onSession: (linkId: string, { state, lastError }: SessionView): 'completed' | undefined => {
      if (byLink.get(linkId)?.phase !== 'linking') return undefined;
      if (state === 'connected') return 'completed';
      if (state === 'failed') change(linkId, { phase: 'failed', reason: lastError?.reason ?? null });
      return undefined;
    },
  };
};
