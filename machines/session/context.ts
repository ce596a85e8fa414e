/**
 * The context of a session, and what is derived from it: its public view, its record on disk, and the cause
 * of a change.
 */
import type { SessionCommand } from '../domain/commands.ts';
import type { Reason } from '../domain/disconnect.ts';
import type { Policy } from '../domain/policy.ts';
import type {
  Account,
  ConnectionFact,
  Found,
  Org,
  PairingRequest,
  PermitFact,
  SessionRecord,
  Stored,
  Verdict,
} from '../domain/ports.ts';
import type { Credentials, LastError, PairingUpdate, SessionView, State, Step } from '../domain/view.ts';

export interface Clock {
  /** Epoch milliseconds. */
  now(this: void): number;
}
/** A number in [0, 1). */
export type Random = () => number;
export type SessionEvent =
  | SessionCommand
  | ConnectionFact
  | PermitFact
  | { readonly type: 'credentials.seen'; readonly found: Found };

export interface SessionInput {
  readonly found: Found;
  readonly policy: Policy;
  readonly clock: Clock;
  readonly random: Random;
  /** The version of this program. A `crashed` verdict holds only for the build that crashed. */
  readonly build: string;
  /** The session crashed too often: it fails before it does anything. */
  readonly crashed?: boolean;
}

/** Fixed for the life of the session. */
interface Settings {
  readonly org: Org;
  readonly policy: Policy;
  readonly clock: Clock;
  readonly random: Random;
  readonly build: string;
}

/** What is known of the organization: its record and its files. */
export interface Known {
  readonly desired: 'running' | 'stopped';
  readonly stored: Stored;
  readonly fingerprint: string;
  readonly duplicateOf: Org | undefined;
  /** The credentials are an older copy, and no operator has accepted that. */
  readonly behind: boolean;
  /** While `wrongNumber`, the account from before. */
  readonly account: Account | undefined;
  /** A phone of another number than before was linked, and no operator has confirmed it. */
  readonly wrongNumber: boolean;
  readonly lastConnectedAt: number | undefined;
  readonly firstSeen: number;
  readonly isNew: boolean;
  /** Whether the record on disk agrees with this context. */
  readonly saved: 'pending' | 'durable' | 'failed';
  readonly recordUnreadable: boolean;
}

/** What failed so far, and what follows from it. */
interface Failures {
  /**
   * Why the session is failed. Kept through a probe: only `connected`, a person, or other credentials lift
   * it.
   */
  readonly verdict: Verdict | undefined;
  readonly lastError: LastError | null;
  /** Consecutive failures. The backoff grows with them. */
  readonly failures: number;
  /** The failures that count towards exhaustion. */
  readonly strikes: number;
  /** The reason of the last ending. */
  readonly last: Reason | undefined;
  /** How often `last` came in a row. */
  readonly again: number;
  /** Whether a failure of the present attempt counts; the permit said so. */
  readonly counts: boolean;
  readonly waitMs: number;
  readonly nextAt: number | null;
  /** The next attempt goes first at the gate. */
  readonly urgent: boolean;
}

/** The present connection or pairing. */
export interface Connection {
  /** The backlog of notifications has been received. */
  readonly caughtUp: boolean;
  readonly pings: 'well' | 'missed';
  readonly writes: 'well' | 'failing';
  readonly hearing: 'well' | 'deaf';
  /** When the session last got a new socket because it was deaf. */
  readonly deafCuredAt: number | undefined;
  /** When the session last got a new socket because its sent messages were not acknowledged. */
  readonly muteCuredAt: number | undefined;
  readonly unlinked: boolean;
  readonly pairing: (PairingRequest & { readonly expiresAt: number }) | undefined;
  /** The last QR or code, for clients that subscribe late. A secret: never in a view. */
  readonly shownCode: Extract<PairingUpdate, { status: 'qr' | 'code' }> | undefined;
}

/** The last report that the session emitted. */
interface Reported {
  /** Whether there was one. */
  readonly reported: boolean;
  readonly state: State;
  readonly step: Step | null;
  readonly since: number;
  readonly revision: number;
  readonly cause: string;
}

export interface SessionContext extends Settings, Known, Failures, Connection, Reported {}

/** `lastError` and `nextAt` as a verdict shows them. */
export const remembered = (verdict: Verdict | undefined): Pick<SessionContext, 'lastError' | 'nextAt'> => {
  if (verdict === undefined) return { lastError: null, nextAt: null };
  const { reason, at, statusCode, until, nextProbeAt } = verdict;
  return {
    lastError: statusCode === undefined ? { reason, at } : { reason, at, statusCode },
    nextAt: until ?? nextProbeAt ?? null,
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

const credentialsOf = (c: SessionContext): Credentials => {
  if (c.verdict?.reason === 'revoked') return 'revoked';
  return c.verdict?.reason === 'creds_corrupt' ? 'corrupt' : c.stored;
};

/**
 * When the session tries by itself. For a ban it is the end of the ban, even for a stopped session: no
 * operator may log in earlier.
 */
const nextRetryAtOf = (c: SessionContext): number | null => {
  if (c.state === 'retrying') return c.nextAt;
  return c.state === 'failed' && (c.desired === 'running' || c.verdict?.until !== undefined)
    ? c.nextAt
    : null;
};

const livenessOf = (c: SessionContext): SessionView['liveness'] => {
  if (c.state !== 'connected') return null;
  if (c.hearing === 'deaf') return 'deaf'; // it lasts longer than a missed ping
  return c.pings === 'well' && c.writes === 'well' ? 'healthy' : 'suspect';
};

export const viewOf = (c: SessionContext): SessionView => ({
  org: c.org,
  state: c.state,
  step: c.step,
  desired: c.desired,
  credentials: credentialsOf(c),
  liveness: livenessOf(c),
  writable: c.writes === 'well',
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

/**
 * The event that caused a change, by a name that an operator knows. The end of an own write keeps the cause
 * from before it.
 */
export const causeOf = (eventType: string, before: string): string => {
  if (eventType === 'xstate.init') return 'adopted';
  if (eventType === 'xstate.done.actor.promote') return 'pairing.completed';
  if (eventType.startsWith('xstate.done.') || eventType.startsWith('xstate.error.')) return before;
  if (eventType.startsWith('xstate.after.')) return `after.${eventType.split('.')[2]}`;
  return eventType;
};
