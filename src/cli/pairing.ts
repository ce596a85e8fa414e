/** One pairing from its start to its end: its steps and its outcome. It writes nothing to the terminal. */
import type { Client, EventData, Input, Session, Update } from '../client/client.ts';

export type PairingStep = Exclude<
  EventData<'pairing.updated'>,
  { status: 'completed' | 'expired' | 'cancelled' | 'failed' }
>;
export type PairingEnd =
  | { readonly kind: 'linked' }
  /** `left`: the command was interrupted, and the pairing goes on. */
  | { readonly kind: 'expired' | 'cancelled' | 'interrupted' | 'left' }
  | { readonly kind: 'failed'; readonly reason: string };
export interface StartedPairing {
  readonly pairingId: string;
  /** Another client had started the pairing. */
  readonly joined: boolean;
  /** When the whole attempt ends; null when it has ended already. */
  readonly expiresAt: string | null;
}
export interface PairingRequest {
  readonly orgId: string;
  /** Digits only. With it, the pairing uses a code instead of a QR. */
  readonly phoneNumber: string | undefined;
  /** Allows a phone with another number than before. */
  readonly replaceAccount: boolean;
  readonly signal: AbortSignal;
  readonly onStep: (step: PairingStep) => void;
  readonly onStart: (started: StartedPairing) => void;
}

/** The outcome in a snapshot after a lost connection; undefined while the pairing goes on. */
const endIn = (session: Session | undefined, pairingId: string): PairingEnd | undefined => {
  if (session?.pairing?.id === pairingId) return undefined;
  if (session && (session.state === 'connected' || session.state === 'restoring')) return { kind: 'linked' };
  return { kind: 'failed', reason: session?.lastError?.reason ?? 'unknown' };
};
const endOf = (data: EventData<'pairing.updated'>): PairingEnd | undefined => {
  switch (data.status) {
    case 'completed':
      return { kind: 'linked' };
    case 'expired':
    case 'cancelled':
      return { kind: data.status };
    case 'failed':
      return { kind: 'failed', reason: data.reason ?? 'unknown' };
    default:
      return undefined;
  }
};

const endInSnapshot = (
  sessions: readonly Session[],
  orgId: string,
  pairingId: string,
): PairingEnd | undefined =>
  endIn(
    sessions.find((session) => session.orgId === orgId),
    pairingId,
  );

/**
 * An interrupt cancels a pairing that this command started, and leaves one that it joined. Rejects with
 * `VigiaError`.
 */
export const pairWith = async (client: Client, request: PairingRequest): Promise<PairingEnd> => {
  const { orgId, phoneNumber, replaceAccount, signal, onStep, onStart } = request;
  let pairingId: string | undefined;
  let settle: (end: PairingEnd) => void = () => undefined;
  const ended = new Promise<PairingEnd>((resolve) => {
    settle = resolve;
  });
  const early: Update[] = []; // steps that arrive before the answer with the id of the pairing
  const onUpdate = (update: Update): void => {
    if (pairingId === undefined) return void early.push(update);
    if (update.kind === 'snapshot') {
      const end = endInSnapshot(update.sessions, orgId, pairingId);
      if (end) settle(end);
    }
    if (update.kind !== 'event' || update.event.type !== 'pairing.updated') return;
    const { data } = update.event;
    if (data.pairingId !== pairingId) return;
    const end = endOf(data);
    if (!end) return onStep(data as PairingStep);
    // This event may come before the answer to the cancelling of an interrupt.
    settle(end.kind === 'cancelled' && signal.aborted ? { kind: 'interrupted' } : end);
  };
  const subscription = client.subscribe({ topics: ['sessions', 'pairing'], orgs: [orgId] }, onUpdate);
  try {
    const method = phoneNumber === undefined ? {} : ({ method: 'code', phoneNumber } as const);
    const params: Input<'session.pair'> = { orgId, ...method };
    if (replaceAccount) params.replaceAccount = true;
    const started = await client.call('session.pair', params);
    pairingId = started.pairingId;
    onStart({ pairingId, joined: !started.changed, expiresAt: started.expiresAt });
    for (const update of early) if (update.kind === 'event') onUpdate(update);
    const interrupt = async () => {
      // it is over anyway
      if (started.changed) await client.call('session.cancelPairing', { orgId }).catch(() => undefined);
      settle({ kind: started.changed ? 'interrupted' : 'left' });
    };
    if (signal.aborted) await interrupt();
    signal.addEventListener('abort', () => void interrupt());
    const stopped = subscription.ended.then((error) => {
      throw error ?? new Error('the subscription ended by itself');
    });
    return await Promise.race([ended, stopped]);
  } finally {
    subscription.close();
  }
};
