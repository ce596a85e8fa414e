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
