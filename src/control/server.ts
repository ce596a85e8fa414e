/** The server of the control API: a WebSocket at `/v1`, and the pages of `http/routes.ts`. */
import type { Server } from 'node:http';
import { type AddressRange, addressOf } from './access/address.ts';
import { createAdmission } from './access/admission.ts';
import { answerOn } from './access/answer-on.ts';
import { createFailedAttempts } from './access/failed-attempts.ts';
import { createRateLimiter } from './access/rate-limiter.ts';
import { reject } from './access/rejection.ts';
import {
  defaultLimits,
  defaultTimings,
  failureBounds,
  maxConnections,
  maxMediaBytes,
  maxUnauthenticated,
  type Timings,
} from './bounds.ts';
import type { Health } from './http/health.ts';
import { createHttpServer, listen, ownHosts, type Tls } from './http/listen.ts';
import { createHttpListener } from './http/routes.ts';
import { type MetricsText, noMeter } from './meter.ts';
import { createDispatcher } from './rpc/dispatch.ts';
import { createLookUps } from './rpc/handlers/contacts.ts';
import { type Clients, createClients } from './ws/clients.ts';
import type { ConnectionDeps } from './ws/connection.ts';
import { checkUpgrade, type UpgradeDeps } from './ws/upgrade.ts';

type Made =
  | 'limits'
  | 'lookUps'
  | 'timings'
  | 'now'
  | 'dispatcher'
  | 'failedAttempts'
  | 'rateLimiter'
  | 'meter';
export interface ControlOptions extends Omit<ConnectionDeps, Made> {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** See `http/listen.ts`. */
  readonly behindTlsProxy: boolean;
  readonly tls?: Tls | undefined;
  readonly allowedHosts: readonly string[];
  readonly allowedOrigins: readonly string[];
  /** Proxies whose `X-Forwarded-For` is believed. */
  readonly trustedProxies?: readonly AddressRange[];
  /** See `http/routes.ts`. */
  readonly linkFrameAncestors?: readonly string[];
  readonly maxConnections?: number;
  /** Of one file that a client sends or fetches. */
  readonly maxMediaBytes?: number;
  readonly health: Health;
  readonly meter?: ConnectionDeps['meter'];
  /** Without it there is no `/metrics`. */
  readonly metrics?: MetricsText;
  readonly timings?: Partial<Timings>;
  readonly limits?: Partial<ConnectionDeps['limits']>;
  /** Epoch milliseconds. */
  readonly now?: () => number;
}
export interface ControlServer {
  readonly url: string;
  /** Connected clients, initialized or not. */
  connections(): number;
  /**
   * Accepts no further client, and publishes `server.draining` with the deadline (epoch milliseconds) by
   * which all will be closed. Resolves when the requests in flight have been answered, or have had their
   * time. HTTP is served until the end, for health checks.
   */
  drain(deadline: number): Promise<void>;
  /**
   * Drains if that has not happened, then closes every client; resolves when all are gone. Calling it again
   * waits for the same end.
   */
  close(): Promise<void>;
}

const dependenciesOf = (options: ControlOptions) => {
  const now = options.now ?? Date.now;
  const lookUps = createLookUps();
  const limits = { ...defaultLimits, ...options.limits };
  const bounds = { ...limits, maxConnections: options.maxConnections ?? maxConnections, maxUnauthenticated };
  return {
    ...options,
    ...bounds,
    now,
    limits,
    timings: { ...defaultTimings, ...options.timings },
    meter: options.meter ?? noMeter,
    lookUps,
    maxMediaBytes: options.maxMediaBytes ?? maxMediaBytes,
    dispatcher: createDispatcher({ ...options, now, lookUps }, options.log),
    failedAttempts: createFailedAttempts(failureBounds),
    rateLimiter: createRateLimiter(limits),
    admission: createAdmission(bounds),
    trustedProxies: options.trustedProxies ?? [],
    linkFrameAncestors: options.linkFrameAncestors ?? [],
    allowedHosts: [...options.allowedHosts, ...ownHosts(options.host)],
  };
};
type Dependencies = ReturnType<typeof dependenciesOf>;

const shuttingDown = reject(503, 'unavailable', 'The server is shutting down.');
const acceptUpgrades = (
  http: Server,
  clients: Clients,
  deps: UpgradeDeps & Dependencies,
  isDraining: () => boolean,
): void => {
  http.on('upgrade', (request, stream, head) => {
    stream.on('error', () => stream.destroy());
    const checked = isDraining() ? shuttingDown : checkUpgrade(request, deps);
    if (checked.ok) return clients.accept(request, stream, head, checked.upgrade);
    deps.meter.rejected(checked.code);
    const remoteAddress = addressOf(request, deps.trustedProxies);
    deps.log('control.refused', { reason: checked.code, remoteAddress });
    answerOn(stream, checked);
  });
};

/** Resolves when the requests in flight have been answered, after `drainMs` at the latest. */
const startDraining = async (
  { feed, dispatcher, timings }: Dependencies,
  deadline: number,
): Promise<void> => {
  feed.publish({ type: 'server.draining', deadline });
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, timings.drainMs).unref();
  });
  await Promise.race([dispatcher.settled(), timeout]);
  clearTimeout(timer);
};
/** Closes HTTP and every client; after `closeMs` it cuts the connections that are left. */
const closeAll = async (http: Server, clients: Clients, { timings }: Dependencies): Promise<void> => {
  const httpClosed = new Promise<void>((resolve) => http.close(() => resolve()));
  const clientsClosed = clients.close();
  const cut = setTimeout(() => {
    clients.terminate();
    http.closeAllConnections();
  }, timings.closeMs);
  http.closeIdleConnections();
  await Promise.all([httpClosed, clientsClosed]);
  clearTimeout(cut);
};

/** Rejects with `ListenError`. */
export const openControlServer = async (options: ControlOptions): Promise<ControlServer> => {
  const deps = dependenciesOf(options);
  const http = createHttpServer(deps, createHttpListener(deps));
  const clients = createClients(deps);
  let drained: Promise<void> | undefined;
  let closed: Promise<void> | undefined;

  acceptUpgrades(http, clients, deps, () => drained !== undefined);
  const url = await listen(http, deps);

  const drain = (deadline: number): Promise<void> => (drained ??= startDraining(deps, deadline));
  const close = async (): Promise<void> => {
    await drain(deps.now() + deps.timings.drainMs + deps.timings.closeMs);
    await closeAll(http, clients, deps);
  };
  return {
    url,
    connections: clients.count,
    drain,
    close: () => (closed ??= close()),
  };
};
