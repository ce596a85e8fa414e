/**
 * The pairing that the dialog shows. A QR and a code are secrets: they are in memory only, and are forgotten
 * with the dialog. Closing it leaves the pairing running.
 */
import { effect, signal } from '@preact/signals';
import type { EventData, Input, Result } from '../../client/client.ts';
import { sentenceOf } from './commands.ts';
import { byId } from './fleet.ts';
import { call, onEnd, onUpdate } from './link.ts';

export interface Secret {
  readonly text: string;
  readonly expiresAt: number;
  /** When this page received it, by its own clock. */
  readonly shownAt: number;
}
/** `link`: the link for the customer; no pairing is started here. */
export type Phase = 'asking' | 'link' | 'starting' | 'qr' | 'code' | 'action' | 'linking' | 'done' | 'ended';
export interface Pairing {
  /** Empty while a new organization's id is asked for. */
  readonly orgId: string;
  readonly isReplacing: boolean;
  readonly phase: Phase;
  readonly pairingId?: string;
  readonly secret?: Secret;
  /** When the whole attempt ends. */
  readonly endsAt?: number;
  /** What WhatsApp requires on the phone. */
  readonly action?: string;
  readonly end?: { readonly status: 'expired' | 'cancelled' | 'failed'; readonly reason: string | null };
  /** A refusal of the server. */
  readonly problem?: string;
}
export const pairing = signal<Pairing | undefined>(undefined);

const update = (change: Partial<Pairing>): void => {
  if (pairing.value) pairing.value = { ...pairing.value, ...change };
};
const secretOf = (text: string, expiresAt: string): Secret => ({
  text,
  expiresAt: Date.parse(expiresAt),
  shownAt: Date.now(),
});
/** The secret that the server holds now; none when WhatsApp has sent none yet. */
const showPresent = (present: Result<'session.pairing'>['pairing']): void => {
  if (present?.qr) update({ phase: 'qr', secret: secretOf(present.qr.text, present.qr.expiresAt) });
  if (present?.code) update({ phase: 'code', secret: secretOf(present.code.text, present.code.expiresAt) });
};

/** Starts a pairing, or joins the running one. */
const start = async (params: Input<'session.pair'>): Promise<void> => {
  update({ phase: 'starting' });
  const { orgId } = params;
  const isShown = () => pairing.value?.orgId === orgId;
  try {
    const { pairingId, expiresAt } = await call('session.pair', params);
    if (!isShown()) return;
    update({ pairingId, ...(expiresAt !== null && { endsAt: Date.parse(expiresAt) }) });
    const present = await call('session.pairing', { orgId });
    if (isShown() && pairing.value?.phase === 'starting') showPresent(present.pairing);
  } catch (error) {
    if (isShown()) update({ phase: 'asking', problem: sentenceOf(error) });
  }
};

/** An empty id asks for one: a new organization. */
export const openPairing = (orgId: string, isReplacing = false): void => {
  pairing.value = { orgId, isReplacing, phase: 'asking' };
  if (orgId !== '') void pairByQr(orgId);
};
/** Makes a link for the customer. A pairing that runs goes on. */
export const openCustomerLink = (orgId: string): void => {
  pairing.value = { orgId, isReplacing: false, phase: 'link' };
};
export const closePairing = (): void => {
  pairing.value = undefined;
};
const again = (orgId: string): boolean => {
  const isReplacing = pairing.value?.isReplacing ?? false;
  pairing.value = { orgId, isReplacing, phase: 'starting' };
  return isReplacing;
};
export const pairByQr = (orgId: string): Promise<void> => {
  const replaceAccount = again(orgId);
  return start({ orgId, ...(replaceAccount && { replaceAccount }) });
};
/** A running pairing by QR ends first: WhatsApp makes the code for one phone. */
export const pairByCode = async (orgId: string, phoneNumber: string): Promise<void> => {
  const replaceAccount = again(orgId);
  try {
    if (byId.value.get(orgId)?.session.state === 'pairing') await call('session.cancelPairing', { orgId });
  } catch {
    // it ended meanwhile, which is what was wanted
  }
  return start({ orgId, method: 'code', phoneNumber, ...(replaceAccount && { replaceAccount }) });
};
export const cancelPairing = async (orgId: string): Promise<void> => {
  try {
    await call('session.cancelPairing', { orgId });
    closePairing();
  } catch (error) {
    update({ problem: sentenceOf(error) });
  }
};

const onPairing = (data: EventData<'pairing.updated'>): void => {
  const known = pairing.value?.pairingId;
  if (known !== undefined && data.pairingId !== known) return; // of an earlier attempt
  // the customer's page shows the QR; here it is shown when the phone has scanned it
  if (pairing.value?.phase === 'link' && data.status !== 'completed') return;
  switch (data.status) {
    case 'qr':
      return update({ phase: 'qr', pairingId: data.pairingId, secret: secretOf(data.qr, data.expiresAt) });
    case 'code':
      return update({
        phase: 'code',
        pairingId: data.pairingId,
        secret: secretOf(data.code, data.expiresAt),
      });
    case 'action_required':
      return update({ phase: 'action', action: data.detail });
    case 'completed':
      return update({ phase: 'linking' });
    case 'expired':
    case 'cancelled':
    case 'failed':
      return update({ phase: 'ended', end: { status: data.status, reason: data.reason } });
  }
};
onUpdate((received) => {
  if (received.kind !== 'event' || received.event.type !== 'pairing.updated') return;
  if (received.event.orgId === pairing.value?.orgId) onPairing(received.event.data);
});
effect(() => {
  const shown = pairing.value;
  if (shown?.phase !== 'linking') return;
  const one = byId.value.get(shown.orgId);
  if (one?.session.state === 'connected') update({ phase: 'done' });
  if (one?.session.state === 'failed')
    update({ phase: 'ended', end: { status: 'failed', reason: one.session.lastError?.reason ?? null } });
});
onEnd(closePairing);
