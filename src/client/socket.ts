/** The WebSocket to use: the platform's own where there is one (browsers, Node 22), otherwise what was passed in, on Node `ws`. */
import { closeMs } from './bounds.ts';
import { VigiaError } from './client-error.ts';
import { path } from './contract.ts';

/** The part of the standard WebSocket (WHATWG) that is used, as browsers, Node and `ws` all have it. */
export interface SocketLike {
  send(text: string): void;
  close(code?: number): void;
  /** Of `ws`: ends it without a goodbye, which a peer that is dead would never answer. */
  terminate?(): void;
  onopen: ((event: never) => void) | null;
  onmessage: ((event: never) => void) | null;
  onerror: ((event: never) => void) | null;
  onclose: ((event: never) => void) | null;
}
export type SocketConstructor = new (url: string) => SocketLike;

export const findWebSocket = async (given: SocketConstructor | undefined): Promise<SocketConstructor> => {
  const found = given ?? (globalThis as { WebSocket?: SocketConstructor }).WebSocket;
  if (found) return found;
  try {
    const { WebSocket } = await import('ws'); // Node 20 has none of its own
    return class extends WebSocket {
      constructor(url: string) {
        super(url, { perMessageDeflate: false, closeTimeout: closeMs } as ConstructorParameters<typeof WebSocket>[2]);
      }
    } as unknown as SocketConstructor;
  } catch {
    throw new VigiaError('no_websocket', 'There is no WebSocket here: install the package "ws", or pass one as the option WebSocket.');
  }
};

/** `http://host:3000`, `wss://host/behind/a/proxy`, ... to the address of the control API. Throws `VigiaError` `bad_address`. */
export const addressOf = (given: string): string => {
  const refuse = (why: string) => new VigiaError('bad_address', why);
  let url: URL;
  try {
    url = new URL(given);
  } catch {
    throw refuse('The address of the server must look like http://127.0.0.1:3000 or wss://host/v1.');
  }
  if (!/^(http|ws)s?:$/.test(url.protocol)) throw refuse('The address of the server must begin with http://, https://, ws:// or wss://.');
  if (url.search !== '' || url.hash !== '' || url.username !== '' || url.password !== '')
    throw refuse('The address of the server has no query, fragment or user: a key in an address ends up in logs. Pass it as apiKey.');
  url.protocol = url.protocol.replace('http', 'ws');
  const prefix = url.pathname.replace(/\/+$/, '');
  url.pathname = prefix.endsWith(path) ? prefix : `${prefix}${path}`;
  return url.href;
};
