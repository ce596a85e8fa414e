import { parseWithBytes } from '../base/json-bytes.ts';

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
type CounterName = (typeof counterNames)[number];
export type Counters = Readonly<Partial<Record<CounterName, number>>>;

/**
 * The counters of credentials that were classified as restorable. A missing number is left out. Never throws.
 */
export const countersOf = (bytes: Buffer): Counters => {
  let creds: Readonly<Record<string, unknown>> | null;
  try {
    creds = parseWithBytes(bytes) as Readonly<Record<string, unknown>> | null;
  } catch {
    return {}; // not JSON: nothing to count
  }
  if (typeof creds !== 'object' || creds === null) return {};
  const signedPreKey = creds['signedPreKey'] as Readonly<Record<string, unknown>> | null | undefined;
  const all: Readonly<Record<CounterName, unknown>> = {
    nextPreKeyId: creds['nextPreKeyId'],
    firstUnuploadedPreKeyId: creds['firstUnuploadedPreKeyId'],
    signedPreKeyId: signedPreKey?.['keyId'],
    accountSyncCounter: creds['accountSyncCounter'],
  };
  return Object.fromEntries(
    Object.entries(all).filter(([, value]) => typeof value === 'number' && Number.isFinite(value)),
  );
};

/** The counters of `ours` that are ahead of those of `theirs`: not empty when `theirs` is an older copy. */
export const aheadOf = (ours: Counters, theirs: Counters): readonly CounterName[] =>
  counterNames.filter((name) => (ours[name] ?? 0) > (theirs[name] ?? ours[name] ?? 0));
