/** Times for people. */

/** Milliseconds as `3 s`, `5 min`, `2 h` or `4 d`. */
export const span = (ms: number): string => {
  const seconds = Math.max(0, Math.round(ms / 1_000));
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3_600)
    return `${Math.floor(seconds / 60)} min${seconds < 600 && seconds % 60 > 0 ? ` ${seconds % 60} s` : ''}`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3_600)} h`;
  return `${Math.floor(seconds / 86_400)} d`;
};
export const ago = (iso: string, now: number): string => span(now - Date.parse(iso));
export const until = (iso: string, now: number): string => span(Date.parse(iso) - now);

/** Every shown time is UTC, as in the API: operators and servers live in different places. */
const inUtc = (iso: string): string => new Date(iso).toISOString();
/** `2026-01-12 03:35:10 UTC` */
export const dateTime = (iso: string): string => `${bareDateTime(iso)} UTC`;
/** `2026-01-12 03:35:10`, under a heading that names the zone. */
export const bareDateTime = (iso: string): string => inUtc(iso).slice(0, 19).replace('T', ' ');
/** `03:35:10 UTC` */
export const clockTime = (iso: string): string => `${bareClockTime(iso)} UTC`;
/** `03:35:10`, under a heading that names the zone. */
export const bareClockTime = (iso: string): string => inUtc(iso).slice(11, 19);
/** Names the zone of bare times, once. */
export const zoneNote = 'Times are UTC.';
