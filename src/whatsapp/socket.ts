/**
 * One socket of the real client, from creation to end. Its events become facts of the session
 * (`socket-facts.ts`). After `dispose` no fact leaves it, and its TCP connection is closed when the promise
 * resolves.
 */
import makeWASocket, { type BinaryNode } from '@whiskeysockets/baileys';
import type { ConnectionFact, PairingRequest } from '../../machines/domain/ports.ts';
import type { FairQueue } from '../base/fair-queue.ts';
import { detectDeafness } from './deafness.ts';
import { Intake, type IntakeOptions } from './intake.ts';
import type { Sender } from './messages/port.ts';
import { prepareSending, type Sending } from './messages/sending.ts';
import { countHandlers } from './patches/back-pressure.ts';
import { keepPairingSignature } from './patches/certificates.ts';
import { guardFrames } from './patches/frame-guard.ts';
import { InflatedTooMuch } from './patches/inflation.ts';
import { orderNetworkEvents } from './patches/network-order.ts';
import { createPairingHold } from './patches/pairing-hold.ts';
import { createQuietPresence } from './patches/quiet-presence.ts';
import { endRefusedUpgrades } from './patches/refused-upgrade.ts';
import { lightenRetryMemory } from './patches/retry-memory.ts';
import { withSharedContext } from './patches/shared-context.ts';
import { type Parts, partsOf } from './patches/socket-parts.ts';
import {
  type Guard,
  initialState,
  isCurrent,
  isOpen,
  onConnectionUpdate,
  onCredentialsUpdate,
  onRegistrationRefresh,
  type Report,
  type SocketParts,
  type SocketState,
} from './socket-facts.ts';
import { type SocketSettings, socketOptions } from './socket-options.ts';
import type { Store } from './store/types.ts';

export interface SocketOptions {
  readonly settings: SocketSettings;
  readonly store: Store;
  readonly pairing?: PairingRequest | undefined;
  /** How long a pairing code is shown, in milliseconds. */
  readonly pairingMs: number;
  readonly pingDeadlineMs: number;
  readonly deafMs: number;
  /** The disk takes no keys, so messages have to wait for it. */
  readonly isHeld: () => boolean;
  readonly now: () => number;
  readonly queue: FairQueue;
  /** Without it nothing is sent. */
  readonly sending?: Sending | undefined;
  /** Another intake than the usual one, for tests. */
  readonly makeIntake?: (options: IntakeOptions) => Intake;
  readonly emit: (fact: ConnectionFact) => void;
  /** Logs that code of ours or of the library threw; the session goes on. */
  readonly report: Report;
}
export interface Socket {
  /** Sends while the socket is open. Absent when nothing is to be sent. */
  readonly sender?: () => Sender | undefined;
  ping(): Promise<void>;
  unlink(): Promise<void>;
  dispose(): Promise<void>;
}

/** A close handshake may take 30 s with a peer that is gone; after this the socket is terminated. */
export const terminateAfterMs = 2_000;

const iq = (type: 'get' | 'set', xmlns: string, content: BinaryNode): BinaryNode => ({
  tag: 'iq',
  attrs: { to: 's.whatsapp.net', type, xmlns },
  content: [content],
});

/**
 * No listener may throw or reject: that would skip later listeners, or end the process and with it every
 * other organization.
 */
const guarding =
  (state: SocketState, report: SocketOptions['report']): Guard =>
  (name, listener) =>
  (...args) => {
    if (!isCurrent(state)) return;
    void (async () => listener(...args))().catch((error: unknown) =>
      report('socket.listener_failed', error, { listener: name }),
    );
  };

const subscribe = (parts: SocketParts, { deafMs, isHeld }: SocketOptions, guarded: Guard): void => {
  const { sock, now, emit } = parts;
  sock.ev.on(
    'connection.update',
    guarded('connection.update', (update) => onConnectionUpdate(parts, update)),
  );
  sock.ev.on(
    'creds.update',
    guarded('creds.update', (update) => onCredentialsUpdate(parts, update)),
  );
  const { messageArrived, eventEmitted } = detectDeafness({ deafMs, now, isHeld, emit });
  sock.ws.on('CB:message', guarded('CB:message', messageArrived));
  for (const event of ['messages.upsert', 'messages.update', 'messaging-history.set'] as const)
    sock.ev.on(event, guarded(event, eventEmitted));
  const refresh = 'CB:notification,type:companion_reg_refresh';
  sock.ws.on(
    refresh,
    guarded(refresh, () => onRegistrationRefresh(parts)),
  );
};

/**
 * Patches what the library does with its network connection. `cut` ends a connection that can no longer be
 * trusted, and `refuse` one whose server sends more than this process can take.
 */
const patchConnection = (parts: Parts, state: SocketState, options: SocketOptions): Intake => {
  const { queue, report } = options;
  const { raw, sock } = parts;
  const cut: Report = (event, error, fields) => {
    report(event, error, fields);
    raw?.terminate();
  };
  const refuse: Report = (event, error) => {
    state.refusal = 'internal';
    cut(event, error);
  };
  endRefusedUpgrades(parts, (httpStatus) => {
    state.httpStatus = httpStatus;
  });
  keepPairingSignature(parts);
  const makeIntake = options.makeIntake ?? ((given) => new Intake(given));
  const intake = makeIntake({
    isOpen: () => raw?.readyState === raw?.OPEN,
    pause: () => raw?.pause(),
    resume: () => raw?.resume(),
    overrun: (error) => refuse('socket.overrun', error),
    // while it catches up, the library keeps its events for up to 30 s
    handledMuch: () => sock.ev.flush(),
  });
  countHandlers(parts, intake, (error, listener) => report('socket.listener_failed', error, { listener }));
  orderNetworkEvents(raw, {
    queue,
    intake,
    failed: (name, error) => cut('socket.event_failed', error, { name }),
  });
  guardFrames(
    parts,
    (done) => intake.decodes(done),
    (error) => (error instanceof InflatedTooMuch ? refuse : cut)('socket.frame_unreadable', error),
  );
  return intake;
};

/**
 * A ping that cannot be answered because the connection is ending reports nothing: the end reports why. In a
 * flood the answer is behind what is not read yet. That reading goes on is then the sign of life.
 */
const ping = async (
  { sock, raw }: Parts,
  { emit }: SocketParts,
  intake: Intake,
  deadlineMs: number,
): Promise<void> => {
  const before = intake.taken;
  const inFlood = new Promise<'flood' | undefined>((resolve) => {
    setTimeout(() => {
      if (intake.isBehind && intake.taken > before) resolve('flood');
    }, deadlineMs / 2).unref();
  });
  // a timeout resolves with undefined or rejects: both are a failed ping
  const answered = sock
    .query(iq('get', 'w:p', { tag: 'ping', attrs: {} }), deadlineMs)
    .catch(() => undefined);
  const answer = await Promise.race([answered, inFlood]);
  if (answer === undefined && raw?.readyState !== raw?.OPEN) return;
  emit({ type: 'connection.pinged', ok: answer !== undefined });
};

const unlink = async ({ sock, state, emit }: SocketParts): Promise<void> => {
  if (state.phase === 'connecting' || state.phase === 'open') state.phase = 'unlinking';
  const jid = sock.authState.creds.me?.id;
  if (jid === undefined) return;
  const request = iq('set', 'md', {
    tag: 'remove-companion-device',
    attrs: { jid, reason: 'user_initiated' },
  });
  const answer = await sock.query(request, terminateAfterMs * 5).catch(() => undefined);
  if (answer !== undefined) emit({ type: 'connection.unlinked' });
};

export const openSocket = (options: SocketOptions): Socket => {
  const { settings, store, pairing, pairingMs, pingDeadlineMs, now, report } = options;
  const sending = options.sending && prepareSending(options.sending);
  const sock = withSharedContext(() =>
    makeWASocket(socketOptions({ ...settings, sending: sending?.options })),
  );
  const parts = partsOf(sock);
  const { raw } = parts;
  lightenRetryMemory(parts);
  const state = initialState();
  const guarded = guarding(state, report);
  const emit = (fact: ConnectionFact): void => {
    if (isCurrent(state)) options.emit(fact);
  };
  const hold = pairing && createPairingHold(parts);
  const presence = createQuietPresence(parts, (send) =>
    guarded('presence', () => (isOpen(state) ? send() : undefined))(),
  );
  const facts: SocketParts = { sock, state, store, pairing, pairingMs, hold, presence, now, emit, report };
  sending?.attach({
    parts,
    isOpen: () => state.phase === 'open',
    mute: () => emit({ type: 'connection.mute' }),
    guarded,
  });
  const intake = patchConnection(parts, state, options);
  subscribe(facts, options, guarded);
  settings.inbox?.attach(sock, (error) => {
    report('message.not_kept', error);
    raw?.terminate();
  });

  const ended = raw && new Promise<void>((resolve) => raw.once('close', () => resolve()));
  return {
    sender: () => sending?.sender(),
    ping: () => ping(parts, facts, intake, pingDeadlineMs),
    unlink: () => unlink(facts),
    dispose: async () => {
      state.phase = 'disposed';
      presence.stop();
      sending?.end();
      intake.stop();
      store.fence();
      sock.ws.on('error', () => {}); // terminating a socket that is still connecting emits one
      const closing = sock.end(undefined).catch((error: unknown) => report('socket.close_failed', error));
      const timer = setTimeout(() => raw?.terminate(), terminateAfterMs);
      // without the raw socket, the library's own promise is the best sign that it closed
      await (ended ?? closing);
      clearTimeout(timer);
    },
  };
};
