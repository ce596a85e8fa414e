/** Translates the events of one socket of the client library into facts for its session. */

import type { AuthenticationCreds, ConnectionState } from '@whiskeysockets/baileys';
import type { Reason } from '../../machines/domain/disconnect.ts';
import type { ConnectionFact, PairingRequest } from '../../machines/domain/ports.ts';
import type { LogFields } from '../base/log.ts';
import type { LogEvent } from '../base/log-events.ts';
import { type ConnectionEnd, classify, isForeignServer } from './classify.ts';
import type { PairingHold } from './patches/pairing-hold.ts';
import type { QuietPresence } from './patches/quiet-presence.ts';
import type { Parts } from './patches/socket-parts.ts';
import type { Store } from './store/types.ts';

/**
 * `unlinking`: open, and the session asked WhatsApp to forget the device. `disposed`: no fact leaves the
 * socket any more.
 */
type Phase = 'connecting' | 'open' | 'unlinking' | 'closed' | 'disposed';

/**
 * `linked`: a phone confirmed the device; `reported` settles when the session was told whether that is
 * durable.
 */
type PairingProgress =
  | { readonly is: 'offered'; readonly codes: number }
  | { readonly is: 'linked'; readonly reported: Promise<void> };

/** All that one socket remembers. */
export interface SocketState {
  phase: Phase;
  pairing: PairingProgress;
  /** The answer to a refused upgrade, which the library itself never reports. */
  httpStatus: number | undefined;
  /** Vigía itself ended the connection: the reason, whatever the library makes of the end. */
  refusal: Reason | undefined;
}
export const initialState = (): SocketState => ({
  phase: 'connecting',
  pairing: { is: 'offered', codes: 0 },
  httpStatus: undefined,
  refusal: undefined,
});
export const isCurrent = ({ phase }: SocketState): boolean => phase !== 'disposed';
export const isOpen = ({ phase }: SocketState): boolean => phase === 'open' || phase === 'unlinking';

export type Report = (event: LogEvent, error: unknown, fields?: LogFields) => void;
/** Makes a listener that never throws or rejects, and does nothing once the socket was disposed. */
export type Guard = <A extends unknown[]>(
  name: string,
  listener: (...args: A) => unknown,
) => (...args: A) => void;
/** One socket, for the functions of this file. */
export interface SocketParts {
  readonly sock: Parts['sock'];
  readonly state: SocketState;
  readonly store: Store;
  readonly pairing: PairingRequest | undefined;
  /** How long a pairing code is shown, in milliseconds. */
  readonly pairingMs: number;
  readonly now: () => number;
  readonly report: Report;
  readonly hold: PairingHold | undefined;
  readonly presence: QuietPresence;
  /** Passes a fact on, unless the socket was disposed. */
  readonly emit: (fact: ConnectionFact) => void;
}

/** The client library rotates its QR after a minute, then every 20 s. */
const qrLifeMs = (attempt: number) => (attempt === 1 ? 60_000 : 20_000);

const reportEnd = async ({ state, emit }: SocketParts, end: ConnectionEnd): Promise<void> => {
  const wasUnlinking = state.phase === 'unlinking';
  state.phase = 'closed';
  // a pairing that succeeded is reported before its socket's end
  if (state.pairing.is === 'linked') await state.pairing.reported;
  if (wasUnlinking && end.statusCode === 401) emit({ type: 'connection.unlinked' });
  emit({ type: 'connection.closed', ...end });
};

const showPairingCode = async (
  { sock, now, pairingMs, emit }: SocketParts,
  phoneNumber: string,
): Promise<void> => {
  const code = await sock.requestPairingCode(phoneNumber);
  emit({ type: 'connection.code', code, expiresAt: now() + pairingMs });
};

/** The first QR is also the sign that WhatsApp now takes a request for a pairing code. */
const showQr = async (parts: SocketParts, qr: string): Promise<void> => {
  const { state, pairing, now, emit } = parts;
  // a late QR may follow a pairing that succeeded: no person must see it
  if (state.pairing.is === 'linked') return;
  const attempt = state.pairing.codes + 1;
  state.pairing = { is: 'offered', codes: attempt };
  const byCode = pairing?.method === 'code' ? pairing.phoneNumber : undefined;
  if (byCode === undefined)
    return emit({ type: 'connection.qr', qr, attempt, expiresAt: now() + qrLifeMs(attempt) });
  if (attempt === 1) await showPairingCode(parts, byCode);
};

const reportLinked = async ({ store, emit }: SocketParts): Promise<void> => {
  store.saveCreds();
  const isDurable = (await store.drained()) === 'durable';
  emit(isDurable ? { type: 'connection.paired' } : { type: 'connection.closed', reason: 'storage' });
};

const reportOpen = ({ sock, state, presence, emit }: SocketParts): void => {
  if (state.phase === 'connecting') state.phase = 'open';
  const { id = '', name } = sock.authState.creds.me ?? {};
  emit({ type: 'connection.opened', account: { id, name: name ?? null } });
  presence.schedule();
};

/** For `connection.update`. Resolves when everything that follows from it was reported. */
export const onConnectionUpdate = async (
  parts: SocketParts,
  update: Partial<ConnectionState>,
): Promise<void> => {
  const { state, now, emit, report } = parts;
  if (update.isNewLogin) state.pairing = { is: 'linked', reported: reportLinked(parts) };
  if (update.qr !== undefined)
    showQr(parts, update.qr).catch((error: unknown) => report('pairing.code_failed', error));
  if (update.receivedPendingNotifications) emit({ type: 'connection.caughtUp' });
  if (update.connection === 'open') reportOpen(parts);
  if (update.connection !== 'close') return;
  const error = update.lastDisconnect?.error;
  if (isForeignServer(error)) report('whatsapp.unproven', error);
  const end: ConnectionEnd = state.refusal
    ? { reason: state.refusal }
    : classify(error, now(), state.httpStatus);
  if (end.reason === 'proxy') report('connection.proxy_failed', error);
  await reportEnd(parts, end);
};

/** For `creds.update`. */
export const onCredentialsUpdate = (
  { store, hold, presence, state }: SocketParts,
  update: Partial<AuthenticationCreds>,
): void => {
  store.saveCreds();
  if (update.account) hold?.until(store.drained());
  if (isOpen(state)) presence.schedule();
};

/** For a pairing that WhatsApp answers with `companion_reg_refresh`. */
export const onRegistrationRefresh = ({ pairing, emit }: SocketParts): void => {
  if (!pairing) return;
  emit({
    type: 'connection.actionRequired',
    action: 'passkey',
    detail: 'WhatsApp asked for a step that this client cannot do, so this pairing will not complete.',
  });
};
