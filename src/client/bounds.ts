/** Every number of the client, with its unit. */

/**
 * The wait before a new connection grows from the first value to the second, and a random part of it is used
 * ("full jitter"). Otherwise a thousand clients of a restarted server would all return at once. Source: AWS
 * Architecture Blog, "Exponential Backoff And Jitter".
 */
export const backoffBaseMs = 500;
export const backoffCapMs = 30_000;
/** A connection that lasted this long was good: the next wait is a short one again. */
export const stableMs = 10_000;
/**
 * Added to the wait after close code 4429 (too many connections or requests): the protocol asks for 30 s at
 * least.
 */
export const floodingMs = 30_000;
/**
 * From dialling to being accepted. A healthy server takes milliseconds, and itself allows 5 s after the
 * upgrade.
 */
export const acceptMs = 10_000;
/** A connection counts as dead after this number of missed heartbeats, plus this grace. */
export const missedHeartbeats = 2;
export const heartbeatGraceMs = 2_000;
/** How long the closing handshake may take. `ws` would wait 30 s, and keep the process alive meanwhile. */
export const closeMs = 2_000;

/** The server answers a logout within 25 s, even when WhatsApp's confirmation and the disk are slow. */
export const callTimeoutMs = 30_000;
/** Calls that may wait for a connection, or for room among the calls in flight. */
export const maxWaitingCalls = 1_000;
/** Updates that an iterator may leave unread. */
export const maxUnreadUpdates = 10_000;
/** The shortest wait before a subscription that was refused with a retryable error is requested again. */
export const resubscribeMs = 1_000;
/**
 * Organizations that one subscription can name. A request for more names all of them
 * (`src/protocol/shapes.ts`).
 */
export const maxNamedOrgs = 500;

/** Milliseconds. `random` is in 0…1; `failures` counts from 1. */
export const backoffMs = (failures: number, random: number): number =>
  random * Math.min(backoffCapMs, backoffBaseMs * 2 ** Math.min(failures - 1, 16));
