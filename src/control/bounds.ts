/**
 * Every number of the control API, with its unit. Tests shorten the times. Operators may have to change the
 * numbers of connections and requests, for a large fleet or many pages behind one key; those are in the
 * configuration.
 */
import type { Limits } from '../protocol/shapes.ts';
import type { FailureBounds } from './access/failed-attempts.ts';
import type { RateBounds } from './access/rate-limiter.ts';
import type { ReplayBounds } from './feed/replay-buffer.ts';

/**
 * Events held for clients that resume. A session's event has about 700 bytes, so in a storm all three bounds
 * are near each other.
 */
export const replayBounds: ReplayBounds = {
  maxEvents: 10_000,
  maxBytes: 8 * 1024 * 1024,
  maxAgeMs: 15 * 60_000,
};

/** Messages hold content, and one may have 64 KiB: they get less room, apart from the rest. */
export const messageReplayBounds: ReplayBounds = {
  maxEvents: 5_000,
  maxBytes: 4 * 1024 * 1024,
  maxAgeMs: replayBounds.maxAgeMs,
};

export const defaultLimits: Limits = {
  maxMessageBytes: 64 * 1024, // OWASP's advice for WebSockets; media never travels here
  maxInFlight: 32,
  maxSubscriptions: 16,
  maxOutboundBytes: 1024 * 1024, // as Centrifugo does
  maxUndrainedMs: 10_000, // as NATS does
  maxConnectionMs: 24 * 3_600_000, // so that each client authenticates at least daily
  replayEvents: replayBounds.maxEvents,
  replaySeconds: replayBounds.maxAgeMs / 1_000,
  replayBytes: replayBounds.maxBytes,
  maxRequestsPer10Seconds: 100, // above the number that OWASP starts with, because backends are trusted
  requestBurst: 50,
  maxConnectionsPerKey: 20,
  maxConnectionsPerAddress: 50,
};

export interface Timings {
  /** From the upgrade to a successful `initialize`. */
  readonly initializeMs: number;
  /** Between pings. A peer that has not answered the previous one is terminated. */
  readonly pingMs: number;
  readonly heartbeatMs: number;
  /** From sending a close frame to cutting the TCP connection: the frame may be stuck behind unread data. */
  readonly closeMs: number;
  /**
   * From `server.draining` to the first close frame, at most. Meanwhile the requests in flight are answered.
   */
  readonly drainMs: number;
}
export const defaultTimings: Timings = {
  initializeMs: 5_000,
  pingMs: 30_000,
  heartbeatMs: 25_000,
  closeMs: 2_000,
  drainMs: 3_000,
};

export const maxConnections = 500;
/** Connections that have not presented a key. Each lasts `initializeMs` at most. */
export const maxUnauthenticated = 50;
/**
 * Requests above the limit that a connection may still send. Clients that keep sending are closed with 4429.
 */
export const floodBounds: RateBounds = { maxRequestsPer10Seconds: 100, requestBurst: 100 };
/** As OWASP advises for logins: few attempts, then waits that grow. */
export const failureBounds: FailureBounds = {
  maxFailures: 10,
  windowMs: 600_000,
  waitMs: 600_000,
  maxWaitMs: 86_400_000,
};

/** The library's own bounds on one message, 131072 and 1048576, are far above need. */
export const maxFragments = 64;
export const maxBufferedChunks = 1024;

/** Of one file by default; WhatsApp takes up to 2 GB of a document, and less of the rest. */
export const maxMediaBytes = 100 * 1024 * 1024;
/** A file comes through a slow line: so many milliseconds may pass without a byte, and in all. */
export const mediaSilenceMs = 30_000;
export const mediaUploadMs = 15 * 60_000;

export const headersTimeoutMs = 10_000;
export const requestTimeoutMs = 15_000;
/** How often both are checked. Node's 30 s would let a client that sends slowly stay four times as long. */
export const timeoutCheckMs = 1_000;
/**
 * How long a connection may wait for its next request. Longer than any balancer keeps it, which otherwise
 * sends a request into a connection that is being closed. nginx and AWS keep it 60 s, Google 600 s and
 * advises 620 (Cloud Load Balancing, "Timeouts and retries").
 */
export const keepAliveMs = 620_000;
/**
 * TCP connections besides the WebSockets, in all and from one address: for HTTP, and to answer clients that
 * are rejected. See `http/sockets.ts`.
 */
export const spareSockets = 100;
export const tlsHandshakeMs = 10_000;
