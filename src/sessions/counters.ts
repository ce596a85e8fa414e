import type { Counters } from '../../machines/domain/counters.ts';
import { parseWithBytes } from '../base/json-bytes.ts';
import { type Classified, classify } from './credentials.ts';

export { aheadOf, type Counters, counterNames } from '../../machines/domain/counters.ts';

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
  const all: Readonly<Record<keyof Counters, unknown>> = {
    nextPreKeyId: creds['nextPreKeyId'],
    firstUnuploadedPreKeyId: creds['firstUnuploadedPreKeyId'],
    signedPreKeyId: signedPreKey?.['keyId'],
    accountSyncCounter: creds['accountSyncCounter'],
  };
  return Object.fromEntries(
    Object.entries(all).filter(([, value]) => typeof value === 'number' && Number.isFinite(value)),
  );
};

/** What the bytes of a `creds.json` are worth, and how far they are. */
export interface CountedCredentials extends Classified {
  readonly counters: Counters;
}
export const countCredentials = (bytes: Buffer): CountedCredentials => {
  const classified = classify(bytes);
  return { ...classified, counters: classified.stored === 'restorable' ? countersOf(bytes) : {} };
};
