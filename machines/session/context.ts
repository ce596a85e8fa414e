/** What a session remembers, and the three faces it shows: to the world, to the disk, to its own table of verdicts. */
import { isOtherNumber } from '../domain/account.ts';
import type { SessionCommand } from '../domain/commands.ts';
import type { Reason } from '../domain/disconnect.ts';
import type { Policy } from '../domain/policy.ts';
import type { Account, ConnectionFact, Found, Org, PairingRequest, PermitFact, SessionRecord, Stored, Verdict } from '../domain/ports.ts';
import type { Credentials, LastError, PairingUpdate, SessionView, State, Step } from '../domain/view.ts';

export interface Clock {
  /** Epoch milliseconds. */
  now(this: void): number;
}
/** A number in [0, 1). */
export type Random = () => number;
export type SessionEvent = SessionCommand | ConnectionFact | PermitFact | { readonly type: 'credentials.seen'; readonly found: Found };

export interface SessionInput {
  readonly found: Found;
  readonly policy: Policy;
  readonly clock: Clock;
  readonly random: Random;
  /** Version of this program: a `crashed` verdict holds only for the build that crashed. */
  readonly build: string;
  /** It crashed too often: it is failed before it does anything. */
  readonly crashed?: boolean;
}

export interface SessionContext {
  readonly org: Org;
  readonly policy: Policy;
  readonly clock: Clock;
  readonly random: Random;
  readonly build: string;

  readonly desired: 'running' | 'stopped';
  readonly stored: Stored;
  readonly fingerprint: string;
  readonly duplicateOf: Org | undefined;
  /** While `wrongNumber`, the one from before. */
  readonly account: Account | undefined;
  /** A phone of another number was linked than before, and nobody has said that this is right. */
  readonly wrongNumber: boolean;
  readonly lastConnectedAt: number | undefined;
  readonly firstSeen: number;
  readonly isNew: boolean;

  /** Why it is failed. Kept through a probe: only `connected`, a person, or other credentials lift it. */
  readonly verdict: Verdict | undefined;
  readonly lastError: LastError | null;
  /** Consecutive failures: the backoff's measure. */
  readonly failures: number;
  /** Those of them that count towards exhaustion. */
  readonly strikes: number;
  readonly last: Reason | undefined;
  /** How often `last` came in a row. */
  readonly again: number;
  /** Whether a failure of the present attempt counts; the permit said so. */
  readonly counts: boolean;
  readonly waitMs: number;
  readonly nextAt: number | null;
  readonly urgent: boolean;

  /** The backlog of notifications of the present connection has been received. */
  readonly caughtUp: boolean;
  readonly pings: 'well' | 'missed';
  readonly writes: 'well' | 'failing';
  readonly hearing: 'well' | 'deaf';
  /** When it last got a new socket because it was deaf. */
  readonly deafCuredAt: number | undefined;
  readonly unlinked: boolean;
  readonly pairing: (PairingRequest & { readonly expiresAt: number }) | undefined;
  /** The last QR or code, for whoever subscribes late. A secret: never in a view. */
  readonly shownCode: Extract<PairingUpdate, { status: 'qr' | 'code' }> | undefined;

  /** Whether the record on disk says what this context says. */
  readonly saved: 'pending' | 'durable' | 'failed';
  readonly recordUnreadable: boolean;

  /** What the world was last told. */
  readonly told: boolean;
  readonly state: State;
  readonly step: Step | null;
  readonly since: number;
  readonly revision: number;
  readonly cause: string;
}

/** The verdict of the record, if it still holds for what lies on disk now and for this build. */
const standing = (found: Found, build: string): Verdict | undefined => {
  const { record } = found;
  const verdict = record?.verdict;
  if (verdict === undefined || found.promoted) return undefined;
  if (found.stored === 'restorable' && record?.fingerprint !== found.fingerprint) return undefined;
  // after every start they are unsettled for a minute: that is no news, or each restart would raise the alert again
  if (verdict.reason === 'creds_corrupt' && found.stored !== 'corrupt' && found.stored !== 'unsettled') return undefined;
  if (verdict.reason === 'crashed' && verdict.build !== build) return undefined;
  if (verdict.duplicateOf !== undefined && found.duplicateOf === undefined) return undefined;
  return verdict;
};

/** What a verdict shows of itself. */
export const remembered = (verdict: Verdict | undefined): Pick<SessionContext, 'lastError' | 'nextAt'> => ({
  lastError: verdict
    ? { reason: verdict.reason, at: verdict.at, ...(verdict.statusCode !== undefined && { statusCode: verdict.statusCode }) }
    : null,
  nextAt: verdict?.until ?? verdict?.nextProbeAt ?? null,
});

export const contextFrom = ({ found, policy, clock, random, build, crashed }: SessionInput): SessionContext => {
  const now = clock.now();
  const { record } = found;
  const verdict: Verdict | undefined = crashed
    ? { reason: 'crashed', at: now, build }
    : found.recordUnreadable
      ? { reason: 'storage', at: now }
      : standing(found, build);
  // a pairing that a crash interrupted does not remember whether the number was to change: then a person is asked
  const wrongNumber = found.promoted ? isOtherNumber(record?.account, found.account) : verdict?.reason === 'wrong_account';
  return {
    org: found.org,
    policy,
    clock,
    random,
    build,
    desired: found.promoted ? 'running' : (record?.desired ?? 'running'),
    stored: found.stored,
    fingerprint: found.fingerprint || (record?.fingerprint ?? ''),
    duplicateOf: found.duplicateOf,
    account: wrongNumber ? record?.account : (found.account ?? record?.account),
    wrongNumber,
    lastConnectedAt: record?.lastConnectedAt,
    firstSeen: record?.firstSeen ?? now,
    isNew: record === undefined && !found.recordUnreadable,
    verdict,
    ...remembered(verdict),
    failures: 0,
    strikes: 0,
    last: undefined,
    again: 0,
    counts: true,
    waitMs: 0,
    urgent: false,
    caughtUp: false,
    pings: 'well',
    writes: 'well',
    hearing: 'well',
    deafCuredAt: undefined,
    unlinked: false,
    pairing: undefined,
    shownCode: undefined,
    saved: 'pending',
    recordUnreadable: found.recordUnreadable === true,
    told: false,
    state: 'idle',
    step: null,
    since: now,
    revision: record?.revision ?? 0,
    cause: 'adopted',
  };
};

export const recordOf = (c: SessionContext): SessionRecord => ({
  desired: c.desired,
  fingerprint: c.fingerprint,
  ...(c.verdict && { verdict: c.verdict }),
  ...(c.account && { account: c.account }),
  ...(c.lastConnectedAt !== undefined && { lastConnectedAt: c.lastConnectedAt }),
  revision: c.revision,
  firstSeen: c.firstSeen,
});

const credentialsOf = (c: SessionContext): Credentials =>
  c.verdict?.reason === 'revoked' ? 'revoked' : c.verdict?.reason === 'creds_corrupt' ? 'corrupt' : c.stored;

/** When it tries by itself; for a ban, when it ends, also if nobody wants it to run just now: an operator may not log in earlier. */
const nextRetryAtOf = (c: SessionContext): number | null => {
  if (c.state === 'retrying') return c.nextAt;
  return c.state === 'failed' && (c.desired === 'running' || c.verdict?.until !== undefined) ? c.nextAt : null;
};

const isWell = (c: SessionContext): boolean => c.pings === 'well' && c.writes === 'well' && c.hearing === 'well';

export const viewOf = (c: SessionContext): SessionView => ({
  org: c.org,
  state: c.state,
  step: c.step,
  desired: c.desired,
  credentials: credentialsOf(c),
  liveness: c.state === 'connected' ? (isWell(c) ? 'healthy' : 'suspect') : null,
  revision: c.revision,
  since: c.since,
  attempt: c.failures,
  maxAttempts: c.policy.maxStrikes,
  nextRetryAt: nextRetryAtOf(c),
  lastConnectedAt: c.lastConnectedAt ?? null,
  lastError: c.lastError,
  account: c.account ?? null,
  duplicateOf: c.duplicateOf ?? null,
  pairing: c.pairing ? { id: c.pairing.id, method: c.pairing.method, expiresAt: c.pairing.expiresAt } : null,
});

/** The event that brought a change about, in words an operator knows; answers to our own writes keep the cause they had. */
export const causeOf = (eventType: string, before: string): string => {
  if (eventType === 'xstate.init') return 'adopted';
  if (eventType === 'xstate.done.actor.promote') return 'pairing.completed';
  if (eventType.startsWith('xstate.done.') || eventType.startsWith('xstate.error.')) return before;
  if (eventType.startsWith('xstate.after.')) return `after.${eventType.split('.')[2]}`;
  return eventType;
};
