/** The alerts: the firing ones, and those that ended lately. */
import { computed, signal } from '@preact/signals';
import type { Alert } from '../../protocol/alerts.ts';
import { now } from './clock.ts';
import { sentenceOf } from './commands.ts';
import { call, may, onEnd, onUpdate } from './link.ts';

const all = signal<ReadonlyMap<string, Alert>>(new Map());
export const alertsLoaded = signal(false);
/** The refusal of the last silence, by fingerprint. */
export const alertProblems = signal<ReadonlyMap<string, string>>(new Map());

const latestFirst = (a: Alert, b: Alert) => (a.startsAt < b.startsAt ? 1 : -1);
export const isSilenced = ({ silencedUntil }: Alert): boolean =>
  silencedUntil !== null && Date.parse(silencedUntil) > now.value;
/** Silenced ones last. */
export const firing = computed(() => {
  const found = [...all.value.values()].filter(({ status }) => status === 'firing').sort(latestFirst);
  return [...found.filter((one) => !isSilenced(one)), ...found.filter(isSilenced)];
});
export const ended = computed(() =>
  [...all.value.values()].filter(({ status }) => status === 'resolved').sort(latestFirst),
);
export const loudCount = computed(() => firing.value.filter((one) => !isSilenced(one)).length);

const put = (alert: Alert): void => {
  all.value = new Map(all.value).set(alert.fingerprint, alert);
};
const load = async (): Promise<void> => {
  try {
    const { items } = await call('alert.list', { limit: 500 });
    // the latest first: of an alert that ended and fires again, the present one wins
    all.value = new Map(items.toReversed().map((alert) => [alert.fingerprint, alert]));
    alertsLoaded.value = true;
  } catch {
    // the connection was lost: the next snapshot loads them again
  }
};
onUpdate((update) => {
  if (update.kind === 'snapshot' && may('alerts:read')) void load();
  if (update.kind !== 'event') return;
  const { event } = update;
  if (event.type === 'alert.firing' || event.type === 'alert.resolved') put(event.data.alert);
});
onEnd(() => {
  all.value = new Map();
  alertsLoaded.value = false;
  alertProblems.value = new Map();
});

/** `until`: epoch milliseconds; null sends notices again. */
export const silence = async (fingerprint: string, until: number | null): Promise<void> => {
  const problems = new Map(alertProblems.value);
  problems.delete(fingerprint);
  try {
    const time = until === null ? null : new Date(until).toISOString();
    const { alert } = await call('alert.silence', { fingerprint, until: time });
    put(alert);
  } catch (error) {
    problems.set(fingerprint, sentenceOf(error));
  }
  alertProblems.value = problems;
};
