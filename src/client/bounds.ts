/** Every number of the client, with its unit. */

/** Waits between connections grow from the first to the second, and a random part of each is taken ("full jitter"), so that a
 * thousand clients of a server that restarted do not all return at once. AWS Architecture Blog, "Exponential Backoff And Jitter". */
export const backoffBaseMs = 500;
export const backoffCapMs = 30_000;
/** A connection that lasted this long was good: the next wait is a short one again. */
export const stableMs = 10_000;
/** The server said that there are too many of us (4429). */
export const crowdedMs = 30_000;
/** From dialling to being accepted. A server that is alive takes milliseconds; the server itself gives us 5 s after the upgrade. */
export const acceptMs = 10_000;
/** Heartbeats that may be missing before a connection counts as dead, and what a late one is forgiven. */
export const missedHeartbeats = 2;
export const heartbeatGraceMs = 2_000;
/** How long the goodbye of a connection may take (`ws` would wait 30 s, and keep the process). */
export const closeMs = 2_000;

/** A logout may take as long as WhatsApp's confirmation and a slow disk: the server answers within 25 s. */
export const callTimeoutMs = 30_000;
/** Calls that may wait for a connection, or for room among those in flight. */
export const maxWaitingCalls = 1_000;
/** Updates that an iterator may leave unread. */
export const maxUnreadUpdates = 10_000;
/** A subscription that the server refuses for now is asked for again no sooner than this. */
export const subscribeAgainMs = 1_000;
/** Organizations that one subscription can name; more are asked for as all (`src/protocol/shapes.ts`). */
export const maxNamedOrgs = 500;

/** `random` in 0…1; `failures` counts from 1. Milliseconds. */
export const backoffMs = (failures: number, random: number): number =>
  random * Math.min(backoffCapMs, backoffBaseMs * 2 ** Math.min(failures - 1, 16));
