/** The listener: HTTP or HTTPS on an address, with bounds on sockets. Keys never travel in the clear where others can listen. */
import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { isIP } from 'node:net';
import { addressOf, isProxy, type Range } from '../access/address.ts';
import { headersTimeoutMs, requestTimeoutMs, spareSockets, tlsHandshakeMs } from '../bounds.ts';

/** PEM: the certificate with those above it, and its private key. */
export interface Tls {
  readonly cert: string;
  readonly key: string;
}
export interface ListenOptions {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** A proxy with TLS stands in front: another address than loopback may be used. */
  readonly behindTlsProxy: boolean;
  readonly tls?: Tls;
  readonly trustedProxies: readonly Range[];
  /** WebSockets; sockets may be a few more, for HTTP and for those being refused. */
  readonly maxConnections: number;
  readonly maxConnectionsPerAddress: number;
}
/** The address cannot be used. The message is a message for the operator. */
export class AddressRefused extends Error {
  override readonly name = 'AddressRefused';
}

const isLoopback = (host: string) => host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
const inUrl = (host: string) => (host.includes(':') ? `[${host}]` : host);
/** What a client may write in `Host` because it is where we listen. A wildcard is no name. */
export const ownHosts = (host: string): readonly string[] => (host === '0.0.0.0' || host === '::' ? [] : [inUrl(host)]);

const bindMessages: Readonly<Record<string, (host: string, port: number) => string>> = {
  EADDRINUSE: (host, port) => `${host}:${port} is in use by another program. Stop it, or set PORT.`,
  EACCES: (host, port) => `${host}:${port} may not be used by this user. Set PORT to a number above 1023.`,
  EADDRNOTAVAIL: (host) => `${host} is not an address of this machine. Set HOST.`,
};

/** Why nothing would listen there; undefined when it would. `isCovered`: TLS of our own, or of a proxy in front. */
export const problemOfAddress = (host: string, isCovered: boolean): string | undefined =>
  isLoopback(host) || isCovered
    ? undefined
    : `HOST is ${host}, which others can reach, and keys would travel in the clear. Set TLS_CERT_FILE and TLS_KEY_FILE, or put a proxy with TLS in front and set BEHIND_TLS_PROXY=true, or leave HOST at 127.0.0.1.`;

/** Throws `AddressRefused`: before anything listens. */
export const createHttpServer = (options: ListenOptions, listener: RequestListener): Server => {
  const { host, behindTlsProxy, tls, trustedProxies } = options;
  const problem = problemOfAddress(host, behindTlsProxy || tls !== undefined);
  if (problem !== undefined) throw new AddressRefused(problem);
  let server: Server;
  try {
    server = tls ? createTlsServer({ ...tls, minVersion: 'TLSv1.2', handshakeTimeout: tlsHandshakeMs }, listener) : createServer(listener);
  } catch (cause) {
    const { code = 'unknown error' } = cause as NodeJS.ErrnoException;
    throw new AddressRefused(`TLS_CERT_FILE and TLS_KEY_FILE are not a certificate and its private key in PEM (${code}).`, { cause });
  }
  server.headersTimeout = headersTimeoutMs;
  server.requestTimeout = requestTimeoutMs;
  server.maxConnections = options.maxConnections + spareSockets;
  const sockets = new Map<string, number>();
  server.on('connection', (socket) => {
    if (isProxy(socket, trustedProxies)) return; // all of its clients come from it
    const address = addressOf({ socket, headers: {} }, []);
    const open = (sockets.get(address) ?? 0) + 1;
    if (open > options.maxConnectionsPerAddress + spareSockets) return void socket.destroy();
    sockets.set(address, open);
    socket.once('close', () => {
      const left = (sockets.get(address) ?? 1) - 1;
      if (left > 0) sockets.set(address, left);
      else sockets.delete(address);
    });
  });
  return server;
};

/** Resolves with the address for clients once it listens; rejects with `AddressRefused`. */
export const listen = async (server: Server, { host, port, tls }: ListenOptions): Promise<string> => {
  server.listen(port, host);
  try {
    await once(server, 'listening');
  } catch (cause) {
    const message = bindMessages[(cause as NodeJS.ErrnoException).code ?? '']?.(host, port);
    throw new AddressRefused(message ?? `Cannot listen on ${host}:${port}: ${(cause as Error).message}.`, { cause });
  }
  const address = server.address();
  const bound = typeof address === 'object' && address !== null ? address.port : port;
  return `${tls ? 'https' : 'http'}://${inUrl(host)}:${bound}`;
};
