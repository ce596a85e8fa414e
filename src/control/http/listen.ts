/**
 * The server that listens: HTTP or HTTPS, with bounds on its sockets. A key never travels unencrypted where
 * other hosts can read it.
 */
import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { createServer as createTcpServer } from 'node:net';
import { parseAddress } from '../../base/addresses.ts';
import type { AddressRange } from '../access/address.ts';
import {
  headersTimeoutMs,
  keepAliveMs,
  mediaUploadMs,
  spareSockets,
  timeoutCheckMs,
  tlsHandshakeMs,
} from '../bounds.ts';
import { boundSockets } from './sockets.ts';
import { answerUnreadable } from './unreadable.ts';

/** PEM: the certificate with its chain, and its private key. */
export interface Tls {
  readonly cert: string;
  readonly key: string;
}
export interface ListenOptions {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** A proxy with TLS stands in front: addresses besides loopback may be used. */
  readonly behindTlsProxy: boolean;
  readonly tls?: Tls | undefined;
  readonly trustedProxies: readonly AddressRange[];
  /**
   * Bounds of the WebSockets. A few more sockets are accepted, for HTTP and for clients that are rejected.
   */
  readonly maxConnections: number;
  readonly maxConnectionsPerAddress: number;
}
/** The server cannot listen as configured. The message is for the operator. */
export class ListenError extends Error {
  override readonly name = 'ListenError';
}

const isLoopback = (host: string) =>
  host.toLowerCase() === 'localhost' || parseAddress(host)?.range() === 'loopback';
const inUrl = (host: string) => (host.includes(':') ? `[${host}]` : host);
/** What a client may send as `Host` because the server listens there. A wildcard is not a name. */
export const ownHosts = (host: string): readonly string[] =>
  host === '0.0.0.0' || host === '::' ? [] : [inUrl(host)];

const listenMessages: Readonly<Record<string, (host: string, port: number) => string>> = {
  EADDRINUSE: (host, port) => `${host}:${port} is in use by another program. Stop it, or set PORT.`,
  EACCES: (host, port) => `${host}:${port} may not be used by this user. Set PORT to a number above 1023.`,
  EADDRNOTAVAIL: (host) => `${host} is not an address of this machine. Set HOST.`,
  ENOTFOUND: (host) => `${host} is neither an address nor a name that this machine knows. Set HOST.`,
  EAI_AGAIN: (host) => `${host} is a name that cannot be looked up now. Set HOST to an address.`,
  EINVAL: (host) => `${host} is an address that needs its interface, like fe80::1%eth0. Set HOST.`,
};
const messageOf = (error: unknown, host: string, port: number): string => {
  const { code = '', message } = error as NodeJS.ErrnoException;
  return listenMessages[code]?.(host, port) ?? `Cannot listen on ${host}:${port}: ${message}.`;
};

/**
 * Why this machine cannot listen there; undefined when it can. A port that another program uses is no problem
 * of the configuration: that program may be Vigía itself. Listens for a moment.
 */
export const problemOfListening = async (host: string, port: number): Promise<string | undefined> => {
  const server = createTcpServer();
  try {
    await once(server.listen(port, host), 'listening');
    return undefined;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EADDRINUSE' ? undefined : messageOf(error, host, port);
  } finally {
    server.close();
  }
};

/**
 * Why the server would not listen there; undefined when it would. `isEncrypted`: by TLS of its own, or of a
 * proxy in front.
 */
export const problemOfAddress = (host: string, isEncrypted: boolean): string | undefined => {
  if (isLoopback(host) || isEncrypted) return undefined;
  return [
    `HOST is ${host}, which other hosts can reach, and keys would travel unencrypted.`,
    'Set TLS_CERT_FILE and TLS_KEY_FILE, or put a proxy with TLS in front and set BEHIND_TLS_PROXY=true, ' +
      'or leave HOST at 127.0.0.1.',
  ].join(' ');
};

const httpOptions = {
  headersTimeout: headersTimeoutMs,
  requestTimeout: mediaUploadMs, // other requests have less: `request-time.ts`
  keepAliveTimeout: keepAliveMs,
  connectionsCheckingInterval: timeoutCheckMs,
  requireHostHeader: false, // the guard decides: HTTP/1.0 has none, and probes need none
};
const serverFor = (tls: Tls | undefined, listener: RequestListener): Server => {
  if (tls === undefined) return createServer(httpOptions, listener);
  try {
    const secure = { ...tls, minVersion: 'TLSv1.2', handshakeTimeout: tlsHandshakeMs } as const;
    return createTlsServer({ ...httpOptions, ...secure }, listener);
  } catch (cause) {
    const { code = 'unknown error' } = cause as NodeJS.ErrnoException;
    const message = `TLS_CERT_FILE and TLS_KEY_FILE are no certificate with its key in PEM (${code}).`;
    throw new ListenError(message, { cause });
  }
};

/** Throws `ListenError` before anything listens. */
export const createHttpServer = (options: ListenOptions, listener: RequestListener): Server => {
  const { host, behindTlsProxy, tls, trustedProxies } = options;
  const problem = problemOfAddress(host, behindTlsProxy || tls !== undefined);
  if (problem !== undefined) throw new ListenError(problem);
  const server = serverFor(tls, listener);
  boundSockets(server, {
    maxSockets: options.maxConnections + spareSockets,
    maxSocketsPerAddress: options.maxConnectionsPerAddress + spareSockets,
    trustedProxies,
  });
  answerUnreadable(server);
  return server;
};

/** Resolves with the URL for clients once the server listens. Rejects with `ListenError`. */
export const listen = async (server: Server, { host, port, tls }: ListenOptions): Promise<string> => {
  server.listen(port, host);
  try {
    await once(server, 'listening');
  } catch (cause) {
    throw new ListenError(messageOf(cause, host, port), { cause });
  }
  const address = server.address();
  const bound = typeof address === 'object' && address !== null ? address.port : port;
  return `${tls ? 'https' : 'http'}://${inUrl(host)}:${bound}`;
};
