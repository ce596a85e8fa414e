/** The control API's server: a WebSocket at `/v1`, and what `http/routes.ts` answers. */
import { WebSocketServer } from 'ws';
import { protocol } from '../protocol/registry.ts';
import { addressOf, type Range } from './access/address.ts';
import { openAdmission } from './access/admission.ts';
import { rejection } from './access/authenticate.ts';
import { countFailures } from './access/failed-attempts.ts';
import { openRates } from './access/rates.ts';
import {
  defaultLimits,
  defaultTimings,
  failureBounds,
  maxBufferedChunks,
  maxConnections,
  maxFragments,
  maxUnauthenticated,
  type Timings,
} from './bounds.ts';
import type { Health } from './http/health.ts';
import { createHttpServer, listen, ownHosts, type Tls } from './http/listen.ts';
import { httpListener } from './http/routes.ts';
import { type MetricsText, noMeter } from './meter.ts';
import { createDispatcher } from './rpc/dispatch.ts';
import { type Connected, type ServiceOptions, serveConnection } from './ws/connection.ts';
import { checkUpgrade, refuseUpgrade } from './ws/upgrade.ts';

export interface ControlOptions extends Omit<ServiceOptions, 'limits' | 'timings' | 'now' | 'dispatcher' | 'failures' | 'rates' | 'meter'> {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** See `http/listen.ts`. */
  readonly behindTlsProxy: boolean;
  readonly tls?: Tls;
  readonly allowedHosts: readonly string[];
  readonly allowedOrigins: readonly string[];
  /** Whose word is taken for the addresses of their clients (`X-Forwarded-For`). */
  readonly trustedProxies?: readonly Range[];
  readonly maxConnections?: number;
  readonly health: Health;
  readonly meter?: ServiceOptions['meter'];
  /** Without it there is no `/metrics`. */
  readonly metrics?: MetricsText;
  readonly timings?: Partial<Timings>;
  readonly limits?: Partial<ServiceOptions['limits']>;
  readonly now?: () => number;
}
export interface ControlServer {
  readonly url: string;
  /** How many clients there are now, initialized or not. */
  connections(): number;
  /**
   * Takes nobody in any more and says so to every subscriber: by the deadline (epoch milliseconds) all will be closed. Resolves when
   * the requests in flight have been answered, or have had their time. Plain HTTP is served until the end, so that it can be asked
   * how the server is.
   */
  drain(deadline: number): Promise<void>;
  /** Drains if that has not happened, then closes everyone; resolves when all are gone. Calling it again waits for the same end. */
  close(): Promise<void>;
}
/** Rejects with `AddressRefused`. */
export const openControlServer = async (options: ControlOptions): Promise<ControlServer> => {
  const { log, feed } = options;
  const now = options.now ?? Date.now;
  const dispatcher = createDispatcher({ ...options, now }, log);
  const limits = { ...defaultLimits, ...options.limits };
  const door = {
    ...options,
    ...limits,
    maxConnections: options.maxConnections ?? maxConnections,
    trustedProxies: options.trustedProxies ?? [],
  };
  const admission = openAdmission({ ...door, maxUnauthenticated });
  const service: ServiceOptions = {
    ...options,
    now,
    dispatcher,
    meter: options.meter ?? noMeter,
    limits,
    failures: countFailures(failureBounds),
    rates: openRates(limits),
    timings: { ...defaultTimings, ...options.timings },
  };
  const allowedHosts = [...options.allowedHosts, ...ownHosts(options.host)];
  const rules = { ...door, ...service, admission, allowedHosts };
  const clients = new Map<Connected, Promise<void>>(); // and when each is gone
  let drained: Promise<void> | undefined;
  let closed: Promise<void> | undefined;

  const http = createHttpServer(door, httpListener(rules));
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
    const checked = drained ? rejection(503, 'unavailable', 'The server is shutting down.') : checkUpgrade(request, rules);
    if (!checked.ok) {
      service.meter.rejected(checked.code);
      log('control.refused', { reason: checked.code, remoteAddress: addressOf(request, rules.trustedProxies) });
      return refuseUpgrade(socket, checked);
    }
    const { admitted } = checked;
    socket.once('close', admitted.slot.release); // also when it turns out not to be a WebSocket
    sockets.handleUpgrade(request, socket, head, (ws) => {
      const client = serveConnection({ socket: ws, wire: socket }, service, admitted);
      const gone = new Promise<void>((resolve) => {
        ws.on('close', () => {
          clients.delete(client);
          resolve();
        });
      });
      clients.set(client, gone);
    });
  });

  const url = await listen(http, door);
  const { closeMs, drainMs } = service.timings;
  const drain = async (deadline: number) => {
    feed.publish({ type: 'server.draining', deadline }); // the feed says it once, whoever was first
    await Promise.race([dispatcher.settled(), new Promise((resolve) => setTimeout(resolve, drainMs).unref())]);
  };
  const drainOnce = (deadline: number) => (drained ??= drain(deadline));
  const close = async () => {
    await drainOnce(now() + drainMs + closeMs);
    const httpClosed = new Promise<void>((resolve) => http.close(() => resolve()));
    for (const client of clients.keys()) client.close('going_away');
    const cut = setTimeout(() => {
      for (const client of clients.keys()) client.cut();
      http.closeAllConnections();
    }, closeMs);
    http.closeIdleConnections();
    await Promise.all([httpClosed, ...clients.values()]);
    clearTimeout(cut);
  };
  return {
    url,
    connections: () => clients.size,
    drain: drainOnce,
    close: () => {
      closed ??= close();
      return closed;
    },
  };
};
