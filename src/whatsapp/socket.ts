/**
 * One socket of the real client, from its making to its end. Everything it says is translated here into facts of the session;
 * after `dispose` it says nothing more, and its TCP connection is closed when the promise resolves.
 */
import makeWASocket, { type AuthenticationCreds, type BinaryNode, type ConnectionState } from '@whiskeysockets/baileys';
import type { ConnectionFact, PairingRequest } from '../../machines/domain/ports.ts';
import type { Turns } from '../base/fair-queue.ts';
import { classify, type Ending, isForeignServer } from './classify.ts';
import { hearing } from './deafness.ts';
import { keepPairingSignature } from './patches/certificates.ts';
import { guardFrames } from './patches/frame-guard.ts';
import { orderNetworkEvents } from './patches/network-order.ts';
import { createPairingHold } from './patches/pairing-hold.ts';
import { createQuietPresence } from './patches/quiet-presence.ts';
import { endRefusedUpgrades } from './patches/refused-upgrade.ts';
import { lightenRetryMemory } from './patches/retry-memory.ts';
import { withSharedContext } from './patches/shared-context.ts';
import { partsOf } from './patches/socket-parts.ts';
import { type SocketWish, socketOptions } from './socket-options.ts';
import type { Store } from './store/types.ts';

export interface SocketOptions {
  readonly wish: SocketWish;
  readonly store: Store;
  readonly pairing?: PairingRequest;
  /** How long a pairing code is shown, in milliseconds. */
  readonly pairingMs: number;
  readonly pingDeadlineMs: number;
  readonly deafMs: number;
  readonly now: () => number;
  readonly turns: Turns;
  readonly tell: (fact: ConnectionFact) => void;
  /** Something of ours or of the library threw; the session goes on. */
  readonly report: (message: string, error: unknown) => void;
}
export interface Socket {
  ping(): Promise<void>;
  unlink(): Promise<void>;
  dispose(): Promise<void>;
}

/** A close handshake may take 30 s with a peer that is gone; after this we cut. */
export const terminateAfterMs = 2_000;
/** The client library rotates its QR after a minute, then every 20 s. */
const qrLifeMs = (attempt: number) => (attempt === 1 ? 60_000 : 20_000);

const iq = (type: 'get' | 'set', xmlns: string, content: BinaryNode): BinaryNode => ({
  tag: 'iq',
  attrs: { to: 's.whatsapp.net', type, xmlns },
  content: [content],
});

export const openSocket = ({
  wish,
  store,
  pairing,
  pairingMs,
  pingDeadlineMs,
  deafMs,
  now,
  turns,
  tell,
  report,
}: SocketOptions): Socket => {
  const sock = withSharedContext(() => makeWASocket(socketOptions(wish)));
  const parts = partsOf(sock);
  const { raw } = parts;
  lightenRetryMemory(parts);
  let current = true;
  let isOpen = false;
  let isPaired = false;
  let unlinking = false;
  let qrs = 0;
  let httpStatus: number | undefined;
  let saved: Promise<unknown> = Promise.resolve();

  const cut = (why: string, error: unknown) => {
    report(why, error);
    raw?.terminate();
  };
  /** No listener may throw or reject: it would end later listeners, or the process and with it every other organization. */
  const guarded =
    <A extends unknown[]>(name: string, listener: (...args: A) => unknown) =>
    (...args: A): void => {
      if (!current) return;
      void (async () => listener(...args))().catch((error: unknown) => report(`listener failed: ${name}`, error));
    };

  const hold = pairing && createPairingHold(parts);
  const presence = createQuietPresence(parts, (send) => guarded('presence', () => (isOpen ? send() : undefined))());

  const close = async (ending: Ending) => {
    isOpen = false;
    await saved; // a pairing that succeeded is told before its socket's end
    if (!current) return;
    if (unlinking && ending.statusCode === 401) tell({ type: 'connection.unlinked' });
    tell({ type: 'connection.closed', ...ending });
  };
  const showCode = async (phoneNumber: string) => {
    const code = await sock.requestPairingCode(phoneNumber);
    if (current) tell({ type: 'connection.code', code, expiresAt: now() + pairingMs });
  };
  const showQr = (qr: string) => {
    qrs += 1;
    if (pairing?.method === 'code' && pairing.phoneNumber !== undefined) return qrs === 1 ? showCode(pairing.phoneNumber) : undefined; // only now will WhatsApp take a request for a code
    return tell({ type: 'connection.qr', qr, attempt: qrs, expiresAt: now() + qrLifeMs(qrs) });
  };
  const paired = async () => {
    store.saveCreds();
    const how = await store.drained();
    if (!current) return;
    if (how === 'durable') tell({ type: 'connection.paired' });
    else tell({ type: 'connection.closed', reason: 'storage' });
  };
  const onUpdate = (update: Partial<ConnectionState>) => {
    if (update.isNewLogin) {
      isPaired = true;
      saved = paired();
    }
    if (update.qr !== undefined && !isPaired)
      void Promise.resolve(showQr(update.qr)).catch((error: unknown) => report('a code could not be asked for', error)); // a late QR may follow a pairing that succeeded: nobody must see it
    if (update.receivedPendingNotifications) tell({ type: 'connection.caughtUp' });
    if (update.connection === 'open') {
      isOpen = true;
      const { id = '', name } = sock.authState.creds.me ?? {};
      tell({ type: 'connection.opened', account: { id, name: name ?? null } });
      presence.schedule();
    }
    if (update.connection !== 'close') return undefined;
    const error = update.lastDisconnect?.error;
    if (isForeignServer(error)) report('the server could not prove that it is WhatsApp', error);
    return close(classify(error, now(), httpStatus));
  };

  sock.ev.on('connection.update', guarded('connection.update', onUpdate));
  sock.ev.on(
    'creds.update',
    guarded('creds.update', (update: Partial<AuthenticationCreds>) => {
      store.saveCreds();
      if (update.account) hold?.until(store.drained());
      if (isOpen) presence.schedule();
    }),
  );
  const { arrived, heard } = hearing({ deafMs, now, tell });
  sock.ws.on('CB:message', guarded('arrived', arrived));
  for (const event of ['messages.upsert', 'messages.update', 'messaging-history.set'] as const) sock.ev.on(event, guarded(event, heard));
  sock.ws.on(
    'CB:notification,type:companion_reg_refresh',
    guarded('companion_reg_refresh', () => {
      if (pairing)
        tell({
          type: 'connection.actionRequired',
          action: 'passkey',
          detail: 'WhatsApp asked for a step that this client cannot do, so this pairing will not complete.',
        });
    }),
  );
  endRefusedUpgrades(parts, (status) => {
    httpStatus = status;
  });
  keepPairingSignature(parts);
  orderNetworkEvents(raw, turns, (event, error) => cut(`what the network said could not be taken: ${event}`, error));
  guardFrames(parts, (error) => cut('a frame could not be read', error));

  const ended = raw && new Promise<void>((resolve) => raw.once('close', () => resolve()));
  return {
    ping: async () => {
      const answer = await sock.query(iq('get', 'w:p', { tag: 'ping', attrs: {} }), pingDeadlineMs).catch(() => undefined); // a timeout resolves undefined or rejects: both are a failed ping
      if (answer === undefined && raw?.readyState !== raw?.OPEN) return; // not a ping that went unanswered: the connection is ending, and its end says why
      if (current) tell({ type: 'connection.pinged', ok: answer !== undefined });
    },
    unlink: async () => {
      unlinking = true;
      const jid = sock.authState.creds.me?.id;
      if (jid === undefined) return;
      const answer = await sock
        .query(iq('set', 'md', { tag: 'remove-companion-device', attrs: { jid, reason: 'user_initiated' } }), terminateAfterMs * 5)
        .catch(() => undefined);
      if (current && answer !== undefined) tell({ type: 'connection.unlinked' });
    },
    dispose: async () => {
      current = false;
      presence.stop();
      store.fence();
      sock.ws.on('error', () => {}); // terminating a socket that is still connecting emits one
      const closing = sock.end(undefined).catch((error: unknown) => report('ending a socket failed', error));
      const timer = setTimeout(() => raw?.terminate(), terminateAfterMs);
      await (ended ?? closing); // without the raw socket, the library's own word that it closed is the best there is
      clearTimeout(timer);
    },
  };
};
