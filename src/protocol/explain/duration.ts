/**
 * Times for people, in plain English. Everything in UTC: operators, customers and servers live in different
 * places.
 */
const units = [
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
  ['second', 1_000],
] as const;

/**
 * A rounded length such as `3 hours`, or `a moment` for less than a second. Days and hours are used from two
 * on.
 */
export const lengthOf = (ms: number): string => {
  const [unit, size] = units.find(
    ([name, one]) => ms >= (name === 'day' || name === 'hour' ? 2 * one : one),
  ) ?? ['', 0];
  if (size === 0) return 'a moment';
  const count = Math.floor(ms / size);
  return `${count} ${unit}${count === 1 ? '' : 's'}`;
};

/** A time after the year 9999 or before 1970 can only be a mistake. */
const clamp = (ms: number): number => Math.min(Math.max(ms, 0), Date.UTC(9999, 11, 31));
/** `2026-01-12 03:35:10 UTC` */
export const clockOf = (ms: number): string =>
  `${new Date(clamp(ms)).toISOString().slice(0, 19).replace('T', ' ')} UTC`;

/** For example `in 4 minutes (at 2026-01-12 03:35:10 UTC)`, or `at any moment` when the time has come. */
export const dueIn = (at: number, now: number): string =>
  at - now < 1_000 ? 'at any moment' : `in ${lengthOf(at - now)} (at ${clockOf(at)})`;
