/**
 * The numbers of a `creds.json` that only grow, so that of two copies of one identity the older one can be
 * recognised. An old copy still logs in, and then uses ids of pre-keys again that WhatsApp already has:
 * WHATSAPP-FACTS.md#counters.
 */
export const counterNames = [
  'nextPreKeyId',
  'firstUnuploadedPreKeyId',
  'signedPreKeyId',
  'accountSyncCounter',
] as const;
export type CounterName = (typeof counterNames)[number];
export type Counters = Readonly<Partial<Record<CounterName, number>>>;

/** The counters of `ours` that are ahead of those of `theirs`: not empty when `theirs` is an older copy. */
export const aheadOf = (ours: Counters, theirs: Counters): readonly CounterName[] =>
  counterNames.filter((name) => (ours[name] ?? 0) > (theirs[name] ?? ours[name] ?? 0));

/** Whether something was done with another copy since this one was made. */
export const isBehind = (counters: Counters, other: Counters): boolean => aheadOf(other, counters).length > 0;

/** The larger number of each counter. */
export const highest = (a: Counters, b: Counters): Counters => {
  const all: Partial<Record<CounterName, number>> = {};
  for (const name of counterNames) {
    const numbers = [a[name], b[name]].filter((number) => number !== undefined);
    if (numbers.length > 0) all[name] = Math.max(...numbers);
  }
  return all;
};
