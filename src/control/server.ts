/** The control API's server: a WebSocket at `/v1`, and what `http.ts` answers. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import { isIP } from 'node:net';
import { WebSocketServer } from 'ws';
import { protocol } from '../protocol/registry.ts';
import { addressOf, type Range } from './address.ts';
import { openAdmission } from './admission.ts';
import {
  defaultLimits,
  defaultTimings,
  failureBounds,
  headersTimeoutMs,
  maxBufferedChunks,
  maxConnections,
  maxFragments,
  maxSockets,
  maxStrangers,
  requestTimeoutMs,
  type Timings,
} from './bounds.ts';
import { type Connected, type ServiceOptions, serveConnection } from './connection.ts';
import { createDispatcher } from './dispatch.ts';
import { turned } from './entry.ts';
import { countFailures } from './failures.ts';
import { httpListener } from './http.ts';
import { openRates } from './rates.ts';
import { checkUpgrade, refuseUpgrade } from './upgrade.ts';

export interface ControlOptions extends Omit<ServiceOptions, 'limits' | 'timings' | 'now' | 'dispatcher' | 'failures' | 'rates'> {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** A proxy with TLS stands in front: another address than loopback may be used. */
  readonly behindTlsProxy: boolean;
  readonly allowedHosts: readonly string[];
  readonly allowedOrigins: readonly string[];
  /** Whose word is taken for the addresses of their clients (`X-Forwarded-For`). */
  readonly trustedProxies?: readonly Range[];
  readonly maxConnections?: number;
  /** Whether the supervisor works. */
  readonly alive: () => boolean;
  readonly timings?: Partial<Timings>;
  readonly limits?: Partial<ServiceOptions['limits']>;
  readonly now?: () => number;
}
export interface ControlServer {
  readonly url: string;
  /** How many clients there are now, initialized or not. */
  connections(): number;
  /** Says so to every subscriber, lets requests in flight be answered, then closes everyone; resolves when all are gone. Calling it again waits for the same end. */
  close(): Promise<void>;
}
/** The address cannot be used. The message is a sentence for the operator. */
export class AddressRefused extends Error {
  override readonly name = 'AddressRefused';
}

const isLoopback = (host: string) => host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
const bindSentences: Readonly<Record<string, (host: string, port: number) => string>> = {
  EADDRINUSE: (host, port) => `${host}:${port} is in use by another program. Stop it, or set PORT.`,
  EACCES: (host, port) => `${host}:${port} may not be used by this user. Set PORT to a number above 1023.`,
  EADDRNOTAVAIL: (host) => `${host} is not an address of this machine. Set HOST.`,
};

/** Rejects with `AddressRefused`. */
export const openControlServer = async (options: ControlOptions): Promise<ControlServer> => {
  const { host, port, behindTlsProxy, log, feed } = options;
  if (!isLoopback(host) && !behindTlsProxy) {
    throw new AddressRefused(
      `HOST is ${host}, which others can reach, and keys would travel in the clear. Put a proxy with TLS in front and set BEHIND_TLS_PROXY=true, or leave HOST at 127.0.0.1.`,
    );
  }
  const now = options.now ?? Date.now;
  const dispatcher = createDispatcher({ ...options, now }, log);
  const limits = { ...defaultLimits, ...options.limits };
  const admission = openAdmission({ ...limits, maxConnections: options.maxConnections ?? maxConnections, maxStrangers });
  const service: ServiceOptions = {
    ...options,
    now,
    dispatcher,
    limits,
    failures: countFailures(failureBounds),
    rates: openRates(limits),
    timings: { ...defaultTimings, ...options.timings },
  };
  const rules = { ...options, ...service, admission, trustedProxies: options.trustedProxies ?? [] };
  const clients = new Map<Connected, Promise<void>>(); // and when each is gone
  let closed: Promise<void> | undefined;

  const http = createServer(httpListener(rules));
  http.headersTimeout = headersTimeoutMs;
  http.requestTimeout = requestTimeoutMs;
  http.maxConnections = maxSockets;
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: service.limits.maxMessageBytes,
    perMessageDeflate: false, // memory fragmentation (ws README), CRIME and BREACH
    maxFragments,
    maxBufferedChunks,
    handleProtocols: () => protocol.subprotocol,
  } as ConstructorParameters<typeof WebSocketServer>[0]);
  http.on('upgrade', (request, socket, head) => {
    socket.on('error', () => socket.destroy());
    const checked = closed ? turned(503, 'unavailable', 'The server is shutting down.') : checkUpgrade(request, rules);
    if (!checked.ok) {
      log.warn({ reason: checked.code, remoteAddress: addressOf(request, rules.trustedProxies) }, 'control connection refused');
      return refuseUpgrade(socket, checked);
    }
    const { entrance } = checked;
    socket.once('close', entrance.place.leave); // also when it turns out not to be a WebSocket
    sockets.handleUpgrade(request, socket, head, (ws) => {
      const client = serveConnection(ws, service, entrance);
      const gone = new Promise<void>((resolve) => {
        ws.on('close', () => {
          clients.delete(client);
          resolve();
        });
      });
      clients.set(client, gone);
    });
  });

  http.listen(port, host);
  try {
    await once(http, 'listening');
  } catch (cause) {
    const sentence = bindSentences[(cause as NodeJS.ErrnoException).code ?? '']?.(host, port);
    throw new AddressRefused(sentence ?? `Cannot listen on ${host}:${port}: ${(cause as Error).message}.`, { cause });
  }
  const close = async () => {
    const { closeMs, drainMs } = service.timings;
    const httpClosed = new Promise<void>((resolve) => http.close(() => resolve()));
    feed.publish({ type: 'server.draining', deadline: now() + drainMs + closeMs }); // the feed says it once, whoever was first
    await Promise.race([dispatcher.settled(), new Promise((resolve) => setTimeout(resolve, drainMs).unref())]);
    for (const client of clients.keys()) client.close('going_away');
    const cut = setTimeout(() => {
      for (const client of clients.keys()) client.cut();
      http.closeAllConnections();
    }, closeMs);
    http.closeIdleConnections();
    await Promise.all([httpClosed, ...clients.values()]);
    clearTimeout(cut);
  };
  const address = http.address();
  const bound = typeof address === 'object' && address !== null ? address.port : port;
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${bound}`,
    connections: () => clients.size,
    close: () => {
      closed ??= close();
      return closed;
    },
  };
};
