/**
 * The WebSocket to use: the platform's own (browsers, Node 22 and later), or the caller's, or on Node 20 the
 * package `ws`.
 */
import { closeMs } from './bounds.ts';
import { VigiaError } from './client-error.ts';
import { path } from './contract.ts';

/** The part of the standard WebSocket (WHATWG) that the client uses. Browsers, Node and `ws` all have it. */
export interface SocketLike {
  send(text: string): void;
  close(code?: number): void;
  /** Only `ws` has it: ends the socket without a closing handshake, which a dead peer would never answer. */
  terminate?(): void;
  onopen: ((event: never) => void) | null;
  onmessage: ((event: never) => void) | null;
  onerror: ((event: never) => void) | null;
  onclose: ((event: never) => void) | null;
}
export type SocketConstructor = new (url: string) => SocketLike;

/** Rejects with `VigiaError` `no_websocket`. */
export const findWebSocket = async (given: SocketConstructor | undefined): Promise<SocketConstructor> => {
  const found = given ?? (globalThis as { WebSocket?: SocketConstructor }).WebSocket;
  if (found) return found;
  try {
    const { WebSocket } = await import('ws'); // Node 20 has no WebSocket of its own
    return class extends WebSocket {
      constructor(url: string) {
        super(url, { perMessageDeflate: false, closeTimeout: closeMs } as ConstructorParameters<
          typeof WebSocket
        >[2]);
      }
    } as unknown as SocketConstructor;
  } catch {
    const message =
      'This platform has no WebSocket. Install the package "ws", or pass a class as the option WebSocket.';
    throw new VigiaError('no_websocket', message);
  }
};

/**
 * The address of the control API, from `http://host:3000`, `wss://host/behind/a/proxy`, ... Throws
 * `VigiaError` `bad_address`.
 */
export const addressOf = (given: string): string => {
  const refuse = (message: string) => new VigiaError('bad_address', message);
  let url: URL;
  try {
    url = new URL(given);
  } catch {
    throw refuse('The address of the server must have the form http://127.0.0.1:3000 or wss://host/v1.');
  }
  if (!/^(http|ws)s?:$/.test(url.protocol))
    throw refuse('The address of the server must begin with http://, https://, ws:// or wss://.');
  if (url.search !== '' || url.hash !== '' || url.username !== '' || url.password !== '')
    throw refuse(
      'The address must not have a query, fragment or user: a key in an address ends up in logs. Use apiKey.',
    );
  url.protocol = url.protocol.replace('http', 'ws');
  const prefix = url.pathname.replace(/\/+$/, '');
  url.pathname = prefix.endsWith(path) ? prefix : `${prefix}${path}`;
  return url.href;
};
