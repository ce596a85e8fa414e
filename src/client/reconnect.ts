/**
 * Keeps the client connected: after a connection ends, waits and opens another one, or stops when a new one
 * would not help.
 */
import { backoffMs, floodingMs, stableMs } from './bounds.ts';
import type { VigiaError } from './client-error.ts';
import {
  type ConnectionEnd,
  type ConnectionOptions,
  type Frame,
  openConnection,
  type Send,
} from './connection.ts';
import type { Welcome } from './contract.ts';

export type ConnectionState =
  | { readonly status: 'connecting' }
  | { readonly status: 'online'; readonly welcome: Welcome }
  /** `because`: why the last connection ended or failed. The next attempt is in `inMs`. */
  | { readonly status: 'waiting'; readonly inMs: number; readonly because: VigiaError }
  /** Permanently. */
  | { readonly status: 'stopped'; readonly because: VigiaError };

export interface ReconnectOptions extends ConnectionOptions {
  /** Whether another connection is tried: always, only if there has been one, or never. */
  readonly reconnect: 'always' | 'once_online' | 'never';
  readonly random: () => number;
}
export interface ReconnectHandlers {
  onState(state: ConnectionState): void;
  /** After the state is `online`. */
  onOnline(welcome: Welcome, send: Send): void;
  onFrame(frame: Frame): void;
  /** Before the state is `waiting` or `stopped`; only after `onOnline`. */
  onOffline(): void;
}
const floodingCode = 4429;

/**
 * `close` stops permanently and leaves nothing running. `connectNow` ends the present wait; at other times it
 * does nothing.
 */
export const keepConnected = (options: ReconnectOptions, handlers: ReconnectHandlers) => {
  let state: ConnectionState = { status: 'connecting' };
  let failures = 0; // in a row
  let wasOnline = false;
  let redial: ReturnType<typeof setTimeout> | undefined;
  let connection: ReturnType<typeof openConnection> | undefined;

  const enter = (next: ConnectionState) => {
    state = next;
    handlers.onState(next);
  };
  const stop = (because: VigiaError) => {
    clearTimeout(redial);
    enter({ status: 'stopped', because });
  };
  const onEnd = ({ because, isFinal, onlineMs }: ConnectionEnd) => {
    connection = undefined;
    if (onlineMs !== undefined) {
      if (onlineMs >= stableMs) failures = 0;
      handlers.onOffline();
    }
    const mayTryAgain = options.reconnect === 'always' || (options.reconnect === 'once_online' && wasOnline);
    if (isFinal || !mayTryAgain) return stop(because);
    failures += 1;
    const inMs =
      backoffMs(failures, options.random()) + (because.closeCode === floodingCode ? floodingMs : 0);
    redial = setTimeout(dial, inMs);
    enter({ status: 'waiting', inMs, because });
  };
  const dial = (): void => {
    enter({ status: 'connecting' });
    if (state.status !== 'connecting') return; // a listener closed the client
    connection = openConnection(options, wasOnline, {
      onOnline: (welcome, send) => {
        wasOnline = true;
        enter({ status: 'online', welcome });
        if (state.status !== 'online') return; // a listener closed the client
        handlers.onOnline(welcome, send);
      },
      onFrame: handlers.onFrame,
      onEnd,
    });
  };
  dial();

  return {
    connectNow: () => {
      if (state.status !== 'waiting') return;
      clearTimeout(redial);
      dial();
    },
    close: (because: VigiaError) => {
      if (state.status === 'stopped') return;
      if (connection) connection.close(because);
      else stop(because);
    },
  };
};
