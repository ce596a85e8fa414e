/** One pairing from its start to its end: what is shown on the way, and what came of it. Knows no terminal. */
import type { Client, EventData, Session, Update } from '../client/client.ts';

export type PairingStep = Exclude<EventData<'pairing.updated'>, { status: 'completed' | 'expired' | 'cancelled' | 'failed' }>;
export type PairingEnd =
  | { readonly kind: 'linked' }
  /** `left`: interrupted here, and it goes on. */
  | { readonly kind: 'expired' | 'cancelled' | 'interrupted' | 'left' }
  | { readonly kind: 'failed'; readonly reason: string };
export interface PairingRequest {
  readonly orgId: string;
  /** Digits only: then a code is asked for instead of a QR. */
  readonly phoneNumber?: string;
  /** A phone of another number than before is meant. */
  readonly replaceAccount?: boolean;
  readonly signal: AbortSignal;
  readonly onStep: (step: PairingStep) => void;
  /** `joined`: somebody else had started it. */
  readonly onStart: (started: { readonly pairingId: string; readonly joined: boolean }) => void;
}

/** What became of it while the connection was lost. */
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

/** Interrupted, it cancels what it started, and leaves alone what it joined. Rejects with `VigiaError`. */
export const pairWith = async (client: Client, request: PairingRequest): Promise<PairingEnd> => {
  const { orgId, phoneNumber, replaceAccount = false, signal, onStep, onStart } = request;
  let pairingId: string | undefined;
  let settle: (end: PairingEnd) => void = () => undefined;
  const ended = new Promise<PairingEnd>((resolve) => {
    settle = resolve;
  });
  const early: Update[] = []; // steps may come before the answer that says which pairing is ours
  const onUpdate = (update: Update) => {
    if (pairingId === undefined) return void early.push(update);
    if (update.kind === 'snapshot') {
      const end = endIn(
        update.sessions.find((s) => s.orgId === orgId),
        pairingId,
      );
      if (end) settle(end);
    }
    if (update.kind !== 'event' || update.event.type !== 'pairing.updated' || update.event.data.pairingId !== pairingId) return;
    const { data } = update.event;
    const end = endOf(data);
    // the event may come before the answer to our own cancelling
    if (end) settle(end.kind === 'cancelled' && signal.aborted ? { kind: 'interrupted' } : end);
    else onStep(data as PairingStep);
  };
  const subscription = client.subscribe({ topics: ['sessions', 'pairing'], orgs: [orgId] }, onUpdate);
  try {
    const byCode = phoneNumber !== undefined && ({ method: 'code', phoneNumber } as const);
    const started = await client.call('session.pair', { orgId, ...byCode, ...(replaceAccount && { replaceAccount }) });
    pairingId = started.pairingId;
    onStart({ pairingId, joined: !started.changed });
    for (const update of early) if (update.kind === 'event') onUpdate(update);
    const interrupt = async () => {
      if (started.changed) await client.call('session.cancelPairing', { orgId }).catch(() => undefined); // it is over anyway
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
