/**
 * Every way a connection can end, and what we do about it: one closed list of slugs, the same in the verdict table, the
 * record on disk, the API, logs, metrics and alerts. A new reason does not compile until it has a judgement and a sentence.
 * Source of the table: `docs/operators/OPERATING.md` and the WhatsApp facts cited there.
 */
export const passingReasons = [
  'network',
  'timeout',
  'server_busy',
  'restart_required',
  'unhealthy',
  'deaf',
  'outdated',
  'internal',
] as const;
export const lastingReasons = [
  'revoked',
  'banned_temporarily',
  'locked',
  'wrong_account',
  'conflict',
  'creds_corrupt',
  'creds_lost',
  'storage',
  'crashed',
  'exhausted',
  'unknown',
] as const;
export const ownReasons = ['stopped', 'unpaired', 'pairing_expired', 'logged_out'] as const;
export const reasons = [...passingReasons, ...lastingReasons, ...ownReasons] as const;
export type Reason = (typeof reasons)[number];
/** A reason that is kept on disk as a verdict: the session stays `failed` until what `lift` names has happened. */
export type Lasting = (typeof lastingReasons)[number];

export type Judgement =
  /** Not a failure: reopened at once, until it happens more than `free` times in a row; from then on a strike. */
  | { readonly kind: 'reopen'; readonly free: number }
  /**
   * Tried again after the backoff, but never sooner than `floorMs` (from the second in a row on when `floorFrom` is 2).
   * `strikes` counts it towards exhaustion; `limit` in a row make it the verdict `verdict`.
   */
  | {
      readonly kind: 'retry';
      readonly strikes: boolean;
      readonly floorMs: number;
      readonly floorFrom: 1 | 2;
      readonly limit: number;
      readonly verdict: Lasting;
    }
  /** A person must act: no further attempt. */
  | { readonly kind: 'fail' }
  /** We did it ourselves: no failure. */
  | { readonly kind: 'end' };

const never = Number.POSITIVE_INFINITY;
const retry = (over: Partial<Extract<Judgement, { kind: 'retry' }>> = {}): Judgement => ({
  kind: 'retry',
  strikes: true,
  floorMs: 0,
  floorFrom: 1,
  limit: never,
  verdict: 'exhausted',
  ...over,
});
const fail: Judgement = { kind: 'fail' };
const end: Judgement = { kind: 'end' };

export const verdicts: Readonly<Record<Reason, Judgement>> = {
  network: retry({ strikes: false }), // an outage of ours or theirs is nobody's fault: tried for as long as it lasts
  timeout: retry(),
  unhealthy: retry(),
  deaf: retry({ strikes: false }), // a fault of the client library in this one socket: the next one hears again
  server_busy: retry({ floorMs: 5_000 }),
  restart_required: { kind: 'reopen', free: 3 },
  outdated: retry({ strikes: false, floorMs: 60_000 }), // a matter of the whole fleet: the gate lets one canary through
  conflict: retry({ strikes: false, floorMs: 60_000, limit: 2, verdict: 'conflict' }), // yields once, then leaves the account to the other login
  unknown: retry({ floorMs: 300_000, floorFrom: 2, limit: 4, verdict: 'unknown' }), // one quick try, then three at least five minutes apart
  storage: retry({ strikes: false, floorMs: 5_000 }), // reading failed: the credentials may be as good as ever
  internal: retry({ strikes: false, floorMs: 60_000, floorFrom: 2 }), // Vigía's own fault: WhatsApp was never asked, so the account has no strike
  revoked: fail,
  banned_temporarily: fail,
  locked: fail,
  wrong_account: fail, // judged by ourselves after a pairing, never by how a connection ended
  creds_corrupt: fail,
  creds_lost: fail,
  crashed: fail,
  exhausted: fail,
  stopped: end,
  unpaired: end,
  pairing_expired: end,
  logged_out: end,
};

/**
 * Reasons whose cause is on this server. An attempt that ends with one of them never reached WhatsApp, so the gate does not
 * count it towards an outage.
 */
const localReasons: ReadonlySet<Reason> = new Set(['storage', 'internal']);
export const isLocal = (reason: Reason): boolean => localReasons.has(reason);
