/**
 * When a delivery is repeated: the schedule that Standard Webhooks recommends (specification, "Reliability"),
 * ± 20 %.
 */
const seconds = 1_000;
const minutes = 60 * seconds;
const hours = 60 * minutes;
/** Waits between attempts. The first attempt is immediate; the tenth, after the last wait, is the last. */
export const waitsMs = [
  5 * seconds,
  5 * minutes,
  30 * minutes,
  2 * hours,
  5 * hours,
  10 * hours,
  14 * hours,
  20 * hours,
  24 * hours,
];
/** A longer `Retry-After` is cut to the longest wait of the schedule. */
export const longestRetryAfterMs = 24 * hours;

/**
 * Milliseconds until the next attempt; undefined after the last one. `attempts`: the number made. `random` in
 * [0, 1). `divisor`: tests of the real program shrink the waits.
 */
export const waitMs = (
  attempts: number,
  random: number,
  retryAfterMs = 0,
  divisor = 1,
): number | undefined => {
  const planned = waitsMs[attempts - 1];
  if (planned === undefined) return undefined;
  return Math.max(
    Math.round((planned * (0.8 + 0.4 * random)) / divisor),
    Math.min(retryAfterMs, longestRetryAfterMs),
  );
};

/** `Retry-After` (RFC 9110 §10.2.3): seconds, or an HTTP date. Undefined for anything else. */
export const retryAfterMs = (header: string | undefined, now: number): number | undefined => {
  if (header === undefined) return undefined;
  if (/^\d{1,9}$/.test(header.trim())) return Number(header) * seconds;
  const at = Date.parse(header);
  return Number.isNaN(at) ? undefined : Math.max(0, at - now);
};
