/**
 * One connection after another to the control API: dials, introduces itself, notices when it is dead, waits and dials again;
 * or stops, when the server says that trying again does not help. What is said over it is for others (`calls.ts`,
 * `subscriptions.ts`).
 */
import { acceptMs, backoffMs, crowdedMs, heartbeatGraceMs, missedHeartbeats, stableMs } from './bounds.ts';
import { errorOf, isFinal, messageOfClose, VigiaError } from './client-error.ts';
import { version, type Welcome } from './contract.ts';
import { findWebSocket, type SocketConstructor, type SocketLike } from './socket.ts';

export type ConnectionState =
  | { readonly status: 'connecting' }
  | { readonly status: 'online'; readonly welcome: Welcome }
  /** `because`: why the last connection ended, or did not come to be. It is tried again in `inMs`. */
  | { readonly status: 'waiting'; readonly inMs: number; readonly because: VigiaError }
  /** For good. */
  | { readonly status: 'stopped'; readonly because: VigiaError };

export interface ConnectionOptions {
  readonly address: string;
  readonly apiKey: string | (() => string | Promise<string>);
  readonly name: string;
  readonly version: string;
  readonly WebSocket: SocketConstructor | undefined;
  /** When connections that end, or do not come to be, are tried again. */
  readonly reconnect: 'always' | 'once_online' | 'never';
  readonly random: () => number;
}
export interface Frame {
  readonly id?: unknown;
  readonly result?: unknown;
  readonly error?: { readonly message?: unknown; readonly data?: Readonly<Record<string, unknown>> };
  readonly method?: unknown;
  readonly params?: Readonly<Record<string, unknown>>;
}
export interface Hearing {
  online(welcome: Welcome, send: (frame: object) => void): void;
  frame(frame: Frame): void;
  offline(because: VigiaError): void;
  changed(state: ConnectionState): void;
}

const initializeId = 'initialize';

export const openConnection = (options: ConnectionOptions, hearing: Hearing) => {
  let state: ConnectionState = { status: 'connecting' };
  let failures = 0; // in a row
  let wasOnline = false;
  let redial: ReturnType<typeof setTimeout> | undefined;
  /** Ends the connection of now, if there is one. */
  let hangUp: ((because: VigiaError) => void) | undefined;

  const set = (next: ConnectionState) => {
    state = next;
    hearing.changed(next);
  };
  const stop = (because: VigiaError) => {
    clearTimeout(redial);
    set({ status: 'stopped', because });
  };
  const lost = (because: VigiaError, isOver: boolean) => {
    const again = options.reconnect === 'always' || (options.reconnect === 'once_online' && wasOnline);
    if (isOver || !again) return stop(because);
    failures += 1;
    const inMs = backoffMs(failures, options.random()) + (because.closeCode === 4429 ? crowdedMs : 0);
    redial = setTimeout(dial, inMs);
    set({ status: 'waiting', inMs, because });
  };

  const dial = (): void => {
    let socket: SocketLike | undefined;
    let onlineSince: number | undefined;
    let heardAt = performance.now();
    let detail = ''; // what the library knows of a failure; browsers say nothing
    let judged: VigiaError | undefined; // what `initialize` was refused with
    let isOver = false;
    let watchdog: ReturnType<typeof setTimeout>;

    const end = (because: VigiaError, isFinalEnd: boolean, isDead = false) => {
      if (isOver) return;
      isOver = true;
      hangUp = undefined;
      clearTimeout(watchdog);
      if (socket) {
        socket.onopen = socket.onmessage = socket.onclose = null;
        socket.onerror = () => undefined; // an error that nobody hears would end a Node process
        if (isDead && socket.terminate) socket.terminate();
        else socket.close(1000);
      }
      if (onlineSince !== undefined) {
        if (performance.now() - onlineSince >= stableMs) failures = 0;
        hearing.offline(because);
      }
      lost(because, isFinalEnd);
    };
    const gone = (message: string) => new VigiaError(wasOnline ? 'disconnected' : 'unreachable', message, { retryable: true });
    hangUp = (because) => end(because, true);

    const watch = (silenceMs: number): void => {
      clearTimeout(watchdog);
      watchdog = setTimeout(
        () => {
          const quietMs = performance.now() - heardAt;
          if (quietMs < silenceMs) return watch(silenceMs);
          if (judged) return end(judged, !judged.retryable);
          end(gone(onlineSince === undefined ? 'The server does not answer.' : 'The server has gone silent.'), false, true);
        },
        silenceMs - (performance.now() - heardAt),
      );
    };
    const accepted = (welcome: Welcome, send: (frame: object) => void) => {
      onlineSince = performance.now();
      wasOnline = true;
      watch(missedHeartbeats * welcome.heartbeatMs + heartbeatGraceMs);
      set({ status: 'online', welcome });
      hearing.online(welcome, send);
    };
    const hear = (text: string, send: (frame: object) => void) => {
      heardAt = performance.now();
      let frame: Frame;
      try {
        frame = JSON.parse(text) as Frame;
      } catch {
        return end(gone('The server said something that is not JSON.'), false);
      }
      if (onlineSince !== undefined) return hearing.frame(frame);
      if (frame.error)
        judged = errorOf(frame.error); // whether it is final, the close code says, which follows
      else if (frame.id === initializeId) accepted(frame.result as Welcome, send);
    };
    const connect = async (): Promise<void> => {
      const [WebSocket, apiKey] = await Promise.all([
        findWebSocket(options.WebSocket),
        typeof options.apiKey === 'string' ? options.apiKey : options.apiKey(),
      ]);
      if (isOver) return;
      const opened = new WebSocket(options.address);
      socket = opened;
      const send = (frame: object) => opened.send(JSON.stringify(frame));
      opened.onopen = () => {
        // Not in the header: browsers cannot set one, and an answer tells more than a failed upgrade.
        const params = { protocolVersion: version, apiKey, client: { name: options.name, version: options.version } };
        send({ jsonrpc: '2.0', id: initializeId, method: 'initialize', params });
      };
      opened.onmessage = ({ data }: { data: unknown }) => {
        if (typeof data === 'string') hear(data, send);
      };
      opened.onerror = ({ message }: { message?: unknown }) => {
        if (typeof message === 'string') detail = message;
      };
      opened.onclose = ({ code }: { code: number }) => {
        const details = { closeCode: code, retryable: !isFinal(code) };
        if (judged) {
          const { reason, message, data, requestId } = judged;
          return end(new VigiaError(reason, message, { data, requestId, sent: true, ...details }), isFinal(code));
        }
        const why = isFinal(code) ? 'refused' : wasOnline ? 'disconnected' : 'unreachable';
        const message = onlineSince === undefined && detail !== '' ? `${detail}.` : messageOfClose(code);
        end(new VigiaError(why, message, details), isFinal(code));
      };
    };
    set({ status: 'connecting' });
    watch(acceptMs);
    connect().catch((error: unknown) => {
      const message = error instanceof Error ? error.message : String(error);
      end(error instanceof VigiaError ? error : new VigiaError('refused', message), true);
    });
  };
  dial();

  return {
    state: () => state,
    /** For good. Nothing is left running. */
    close: (because: VigiaError) => {
      if (state.status === 'stopped') return;
      if (hangUp) hangUp(because);
      else stop(because);
    },
  };
};
