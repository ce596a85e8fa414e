/** The context with which a session starts: from its directory, its record and the settings. */
import { isOtherNumber } from '../domain/account.ts';
import type { Found, Verdict } from '../domain/ports.ts';
import {
  type Connection,
  type Known,
  remembered,
  type SessionContext,
  type SessionInput,
} from './context.ts';

/**
 * Whether the record is about other credentials than the directory holds. The identity of credentials that
 * are still being copied is known only once creds.json can be read.
 */
const isOfOthers = ({ stored, fingerprint, record }: Found): boolean =>
  (stored === 'restorable' || (stored === 'unsettled' && fingerprint !== '')) &&
  // equivalent mutant `record?.fingerprint` → `record.fingerprint`: a verdict comes from a record; the `?.`
  // is for TypeScript
  record?.fingerprint !== fingerprint;
/** The verdict of the record, if it still holds for the credentials on disk and for this build. */
const validVerdict = (found: Found, build: string): Verdict | undefined => {
  const { record } = found;
  const verdict = record?.verdict;
  if (verdict === undefined || found.promoted) return undefined;
  if (isOfOthers(found)) return undefined;
  // after every start corrupt credentials are unsettled for a minute: dropping the verdict would raise the
  // alert again
  if (verdict.reason === 'creds_corrupt' && found.stored !== 'corrupt' && found.stored !== 'unsettled')
    return undefined;
  if (verdict.reason === 'crashed' && verdict.build !== build) return undefined;
  if (verdict.duplicateOf !== undefined && found.duplicateOf === undefined) return undefined;
  if (verdict.reason === 'older_copy' && found.stored === 'restorable' && !found.behind) return undefined;
  return verdict;
};
const firstVerdict = ({ found, build, crashed }: SessionInput, now: number): Verdict | undefined => {
  if (crashed) return { reason: 'crashed', at: now, build };
  return found.recordUnreadable ? { reason: 'storage', at: now } : validVerdict(found, build);
};

const noFailures = {
  failures: 0,
  strikes: 0,
  last: undefined,
  again: 0,
  counts: true,
  waitMs: 0,
  urgent: false,
} as const;
const noConnection: Connection = {
  caughtUp: false,
  pings: 'well',
  writes: 'well',
  hearing: 'well',
  deafCuredAt: undefined,
  muteCuredAt: undefined,
  unlinked: false,
  pairing: undefined,
  shownCode: undefined,
};
const knownFrom = ({ found }: SessionInput, verdict: Verdict | undefined, now: number): Known => {
  const { record } = found;
  // the request of a pairing that a crash interrupted is lost, and with it whether the number was to change:
  // an operator decides
  const wrongNumber = found.promoted
    ? isOtherNumber(record?.account, found.account)
    : verdict?.reason === 'wrong_account';
  return {
    desired: found.promoted ? 'running' : (record?.desired ?? 'running'),
    stored: found.stored,
    // an identity that is still being copied in is not the one that the record's verdict is about
    fingerprint: (found.stored === 'unsettled' ? '' : found.fingerprint) || (record?.fingerprint ?? ''),
    duplicateOf: found.duplicateOf,
    behind: found.behind === true,
    // equivalent mutant `record?.account` → `record.account`: a wrong number has a record; the `?.` is for
    // TypeScript
    account: wrongNumber ? record?.account : (found.account ?? record?.account),
    wrongNumber,
    lastConnectedAt: record?.lastConnectedAt,
    firstSeen: record?.firstSeen ?? now,
    isNew: record === undefined && !found.recordUnreadable,
    saved: 'pending',
    recordUnreadable: found.recordUnreadable === true,
  };
};
export const contextFrom = (input: SessionInput): SessionContext => {
  const { found, policy, clock, random, build } = input;
  const now = clock.now();
  const verdict = firstVerdict(input, now);
  return {
    org: found.org,
    policy,
    clock,
    random,
    build,
    ...knownFrom(input, verdict, now),
    verdict,
    ...remembered(verdict),
    ...noFailures,
    ...noConnection,
    reported: false,
    state: 'idle',
    step: null,
    since: now,
    revision: found.record?.revision ?? 0,
    cause: 'adopted',
  };
};
