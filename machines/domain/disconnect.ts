/**
 * Every way a connection can end, and what happens next. The list of slugs is closed, and it is the same in
 * the verdict table, the record on disk, the API, logs, metrics and alerts. A new reason does not compile
 * until it has a judgement and a message. Sources: `docs/engineering/WHATSAPP-FACTS.md`. The table of reasons
 * in `docs/operators/OPERATING.md` is generated from this one.
 */
export const passingReasons = [
  'network',
  'proxy',
  'timeout',
  'server_busy',
  'restart_required',
  'unhealthy',
  'deaf',
  'mute',
  'outdated',
  'internal',
] as const;
export const lastingReasons = [
  'revoked',
  'banned_temporarily',
  'locked',
  'wrong_account',
  'conflict',
  'older_copy',
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
/**
 * A reason that is stored on disk as a verdict: the session stays `failed` until the verdict is lifted
 * (`lifts`, `lift`).
 */
export type Lasting = (typeof lastingReasons)[number];

export type Judgement =
  /** Not a failure: reopened at once. After more than `free` times in a row each is a strike. */
  | { readonly kind: 'reopen'; readonly free: number }
  /**
   * Tried again after the backoff, but never sooner than `floorMs` (from the second in a row on when
   * `floorFrom` is 2). `strikes`: it counts towards exhaustion. After `limit` in a row it becomes the verdict
   * `verdict`.
   */
  | {
      readonly kind: 'retry';
      readonly strikes: boolean;
      readonly floorMs: number;
      readonly floorFrom: 1 | 2;
      readonly limit: number;
      readonly verdict: Lasting;
    }
  /** A person must act: no more attempts. */
  | { readonly kind: 'fail' }
  /** Vigía ended it itself: no failure. */
  | { readonly kind: 'end' };

const never = Number.POSITIVE_INFINITY;
const retry = (over: Partial<Extract<Judgement, { kind: 'retry' }>> = {}): Judgement => ({
  kind: 'retry',
  strikes: true,
  floorMs: 0,
  floorFrom: 1,
  limit: never,
  // equivalent mutant `'exhausted'` → `""`: a row without a limit never reaches it, so no code reads its
  // verdict
  verdict: 'exhausted',
  ...over,
});
const fail: Judgement = { kind: 'fail' };
const end: Judgement = { kind: 'end' };

export const verdicts: Readonly<Record<Reason, Judgement>> = {
  // an outage of the network, ours or theirs, is no fault of the session: tried for as long as it lasts
  network: retry({ strikes: false }),
  // the operator's proxy: WhatsApp was not reached, so no account is judged by it
  proxy: retry({ strikes: false }),
  timeout: retry(),
  unhealthy: retry(),
  // a fault of the client library in this one socket: the next socket receives again
  deaf: retry({ strikes: false }),
  // this one socket takes what is sent, and WhatsApp acknowledges none of it
  mute: retry({ strikes: false }),
  server_busy: retry({ floorMs: 5_000 }),
  restart_required: { kind: 'reopen', free: 3 },
  // it concerns the whole fleet: the gate admits one canary at a time
  outdated: retry({ strikes: false, floorMs: 60_000 }),
  // yields once, then leaves the account to the other login
  conflict: retry({ strikes: false, floorMs: 60_000, limit: 2, verdict: 'conflict' }),
  // one quick try, then three at least five minutes apart
  unknown: retry({ floorMs: 300_000, floorFrom: 2, limit: 4, verdict: 'unknown' }),
  // reading failed: the credentials may be as good as ever
  storage: retry({ strikes: false, floorMs: 5_000 }),
  // a fault of Vigía: the attempt never reached WhatsApp, so the account gets no strike
  internal: retry({ strikes: false, floorMs: 60_000, floorFrom: 2 }),
  revoked: fail,
  banned_temporarily: fail,
  locked: fail,
  // Vigía finds it after a pairing; no connection ends with it
  wrong_account: fail,
  // found by a scan; no connection ends with it
  older_copy: fail,
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
 * Reasons whose cause is on this server, or in the proxy that the operator chose for the session. An attempt
 * that ends with one of them never reached WhatsApp, so the gate does not count it towards an outage.
 */
const localReasons: ReadonlySet<Reason> = new Set(['storage', 'internal', 'proxy']);
export const isLocal = (reason: Reason): boolean => localReasons.has(reason);
