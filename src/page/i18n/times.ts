/** Times for people, in the language and the zone of the viewer. */
import { computed } from '@preact/signals';
import { locale, words } from './words.ts';

/** Made once for each language: making one takes far longer than using it. A table uses hundreds a second. */
const formatOf = (options: Intl.DateTimeFormatOptions) =>
  computed(() => new Intl.DateTimeFormat(locale.value, options));
const clock = formatOf({ hour: '2-digit', minute: '2-digit', second: '2-digit', hour12: false });
const short = formatOf({ hour: '2-digit', minute: '2-digit', hour12: false });
const date = formatOf({ day: 'numeric', month: 'short' });
/** `14:02:18` */
export const clockTime = (ms: number): string => clock.value.format(ms);
/** `14:02` */
export const shortTime = (ms: number): string => short.value.format(ms);
export const dayOf = (ms: number): string => date.value.format(ms);

const startOfDay = (ms: number): number => new Date(ms).setHours(0, 0, 0, 0);
const daysBetween = (ms: number, now: number): number =>
  Math.round((startOfDay(now) - startOfDay(ms)) / 86_400_000);

/** As short as it can be and still be clear: `14:02`, `yesterday`, `16 Nov`. */
export const sinceTime = (ms: number, now: number): string => {
  const days = daysBetween(ms, now);
  if (days <= 0) return shortTime(ms);
  return days === 1 ? words.value.time.yesterday : dayOf(ms);
};
/** With the time of day: `16 Nov, 14:02:18`. */
export const fullTime = (ms: number, now: number): string =>
  daysBetween(ms, now) === 0 ? clockTime(ms) : `${dayOf(ms)}, ${clockTime(ms)}`;

/** Seconds under a minute, minutes under an hour, then the time of day. */
export const countdown = (at: number, now: number): string => {
  const t = words.value.time;
  const seconds = Math.max(0, Math.round((at - now) / 1_000));
  if (seconds < 1) return t.now;
  if (seconds < 60) return t.in(`${seconds} s`);
  if (seconds < 3_600) return t.in(`${Math.round(seconds / 60)} min`);
  return t.at(daysBetween(at, now) === 0 ? shortTime(at) : `${dayOf(at)}, ${shortTime(at)}`);
};
const unit = (value: number, name: string) =>
  new Intl.NumberFormat(locale.value, { style: 'unit', unit: name, unitDisplay: 'narrow' }).format(value);
/** `22 h 58 min`, `12 days`. */
export const length = (ms: number): string => {
  const minutes = Math.floor(ms / 60_000);
  if (minutes < 1) return unit(Math.max(0, Math.floor(ms / 1_000)), 'second');
  if (minutes < 60) return unit(minutes, 'minute');
  const hours = Math.floor(minutes / 60);
  if (hours >= 48) return unit(Math.floor(hours / 24), 'day');
  const rest = minutes % 60;
  return rest === 0 ? unit(hours, 'hour') : `${unit(hours, 'hour')} ${unit(rest, 'minute')}`;
};
export const zoneName = (): string => new Intl.DateTimeFormat(locale.value).resolvedOptions().timeZone;
