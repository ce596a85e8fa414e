/** Counts of the last 24 hours, by hour. */
import type { Hours } from './rows.ts';

const hourMs = 3_600_000;
const hoursOfDay = 24;
const hourOf = (now: number): number => Math.floor(now / hourMs);

export const counted = (hours: Hours, now: number, by: number): Hours => {
  const hour = hourOf(now);
  const kept = hours.filter(([at]) => at > hour - hoursOfDay && at < hour);
  const before = hours.find(([at]) => at === hour)?.[1] ?? 0;
  return [...kept, [hour, before + by]];
};
export const sumOf = (hours: Hours, now: number): number => {
  const hour = hourOf(now);
  return hours.reduce((sum, [at, n]) => (at > hour - hoursOfDay && at <= hour ? sum + n : sum), 0);
};
