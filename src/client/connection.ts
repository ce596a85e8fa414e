/**
 * One connection to the control API. It opens a socket, authenticates with `initialize`, and notices when the
 * server is dead. It ends exactly once; `reconnect.ts` decides whether another one follows.
 */
import { acceptMs, heartbeatGraceMs, missedHeartbeats } from './bounds.ts';
import { errorOf, isFinal, messageOfClose, VigiaError } from './client-error.ts';
import { version, type Welcome } from './contract.ts';
import { findWebSocket, type SocketConstructor, type SocketLike } from './socket.ts';

export interface ConnectionOptions {
  readonly address: string;
  readonly apiKey: string | (() => string | Promise<string>);
  readonly name: string;
  readonly version: string;
  readonly WebSocket: SocketConstructor | undefined;
}
export interface Frame {
  readonly id?: unknown;
  readonly result?: unknown;
  readonly error?: { readonly message?: unknown; readonly data?: Readonly<Record<string, unknown>> };
  readonly method?: unknown;
  readonly params?: Readonly<Record<string, unknown>>;
}
export type Send = (frame: object) => void;
export interface ConnectionEnd {
  readonly because: VigiaError;
  /** Connecting again would not help. */
  readonly isFinal: boolean;
  /** How long it was online; undefined when it never was. */
  readonly onlineMs: number | undefined;
}
export interface ConnectionHandlers {
  onOnline(welcome: Welcome, send: Send): void;
  /** Every frame after the answer to `initialize`. */
  onFrame(frame: Frame): void;
  onEnd(end: ConnectionEnd): void;
}

type Phase =
  | { readonly name: 'opening' }
  /** `initialize` was refused. The close code that follows says whether the refusal is final. */
  | { readonly name: 'refused'; readonly error: VigiaError }
  | { readonly name: 'online'; readonly since: number }
  | { readonly name: 'ended' };
interface Connection {
  readonly options: ConnectionOptions;
  readonly handlers: ConnectionHandlers;
  /** The reason of a lost connection: `unreachable` until this client has been online once. */
  lossReason: 'disconnected' | 'unreachable';
  phase: Phase;
  socket: SocketLike | undefined;
  /** By the monotonic clock, as `since` above. */
  lastFrameAt: number;
  /** What the library says of a failure; browsers say nothing. */
  failure: string;
  watchdog: ReturnType<typeof setTimeout> | undefined;
}

const initializeId = 'initialize';

/** `wasOnline`: this client had a connection before. `close` ends the connection; its `onEnd` is called. */
export const openConnection = (
  options: ConnectionOptions,
  wasOnline: boolean,
  handlers: ConnectionHandlers,
): { close(because: VigiaError): void } => {
  const connection: Connection = {
    options,
    handlers,
    lossReason: wasOnline ? 'disconnected' : 'unreachable',
    phase: { name: 'opening' },
    socket: undefined,
    lastFrameAt: performance.now(),
    failure: '',
    watchdog: undefined,
  };
  watch(connection, acceptMs);
  openSocket(connection).catch((error: unknown) => {
    const message = error instanceof Error ? error.message : String(error);
    end(connection, error instanceof VigiaError ? error : new VigiaError('refused', message), {
      isFinal: true,
    });
  });
  return { close: (because) => end(connection, because, { isFinal: true }) };
};

const lossOf = ({ lossReason }: Connection, message: string) =>
  new VigiaError(lossReason, message, { retryable: true });

const openSocket = async (connection: Connection): Promise<void> => {
  const { WebSocket: given, apiKey: keyOrSource, address, name, version: clientVersion } = connection.options;
  const [WebSocket, apiKey] = await Promise.all([
    findWebSocket(given),
    typeof keyOrSource === 'string' ? keyOrSource : keyOrSource(),
  ]);
  if (connection.phase.name === 'ended') return;
  const socket = new WebSocket(address);
  connection.socket = socket;
  const send: Send = (frame) => socket.send(JSON.stringify(frame));
  socket.onopen = () => {
    // Not in a header: browsers cannot set one, and an answer explains more than a failed upgrade.
    const params = { protocolVersion: version, apiKey, client: { name, version: clientVersion } };
    send({ jsonrpc: '2.0', id: initializeId, method: 'initialize', params });
  };
  socket.onmessage = ({ data }: { data: unknown }) => {
    if (typeof data === 'string') receive(connection, data, send);
  };
  socket.onerror = ({ message }: { message?: unknown }) => {
    if (typeof message === 'string') connection.failure = message;
  };
  socket.onclose = ({ code }: { code: number }) =>
    end(connection, closeError(connection, code), { isFinal: isFinal(code) });
};

const receive = (connection: Connection, text: string, send: Send): void => {
  connection.lastFrameAt = performance.now();
  let frame: Frame;
  try {
    frame = JSON.parse(text) as Frame;
  } catch {
    return end(connection, lossOf(connection, 'The server sent a message that is not JSON.'), {
      isFinal: false,
    });
  }
  if (connection.phase.name === 'online') return connection.handlers.onFrame(frame);
  if (frame.error) connection.phase = { name: 'refused', error: errorOf(frame.error) };
  else if (frame.id === initializeId) accept(connection, frame.result as Welcome, send);
};
const accept = (connection: Connection, welcome: Welcome, send: Send): void => {
  connection.phase = { name: 'online', since: performance.now() };
  connection.lossReason = 'disconnected';
  watch(connection, missedHeartbeats * welcome.heartbeatMs + heartbeatGraceMs);
  connection.handlers.onOnline(welcome, send);
};

/**
 * Ends the connection when no frame arrives for this long. Frames do not restart the timer; it checks their
 * time when it fires.
 */
const watch = (connection: Connection, silenceMs: number): void => {
  clearTimeout(connection.watchdog);
  const check = () => {
    const { phase, lastFrameAt } = connection;
    if (performance.now() - lastFrameAt < silenceMs) return watch(connection, silenceMs);
    if (phase.name === 'refused') return end(connection, phase.error, { isFinal: !phase.error.retryable });
    const message =
      phase.name === 'online' ? 'The server stopped sending heartbeats.' : 'The server does not answer.';
    end(connection, lossOf(connection, message), { isFinal: false, isDead: true });
  };
  connection.watchdog = setTimeout(check, silenceMs - (performance.now() - connection.lastFrameAt));
};

const closeError = ({ phase, lossReason, failure }: Connection, closeCode: number): VigiaError => {
  const details = { closeCode, retryable: !isFinal(closeCode) };
  if (phase.name === 'refused') {
    const { reason, message, data, requestId } = phase.error;
    return new VigiaError(reason, message, { data, requestId, sent: true, ...details });
  }
  const message = phase.name !== 'online' && failure !== '' ? `${failure}.` : messageOfClose(closeCode);
  return new VigiaError(isFinal(closeCode) ? 'refused' : lossReason, message, details);
};

/** `isDead`: the peer would not answer a closing handshake. */
const end = (
  connection: Connection,
  because: VigiaError,
  how: { readonly isFinal: boolean; readonly isDead?: boolean },
): void => {
  const { phase, socket, handlers } = connection;
  if (phase.name === 'ended') return;
  connection.phase = { name: 'ended' };
  clearTimeout(connection.watchdog);
  if (socket) hangUp(socket, how.isDead === true);
  handlers.onEnd({
    because,
    isFinal: how.isFinal,
    onlineMs: phase.name === 'online' ? performance.now() - phase.since : undefined,
  });
};
const hangUp = (socket: SocketLike, isDead: boolean): void => {
  socket.onopen = socket.onmessage = socket.onclose = null;
  socket.onerror = () => undefined; // without a listener, an error event would end a Node process
  if (isDead && socket.terminate) socket.terminate();
  else socket.close(1000);
};
