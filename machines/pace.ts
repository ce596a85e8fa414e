/**
 * Which waiting message of an organization may be sent now. It knows ids, recipients and times, and no
 * content. Times are milliseconds of a clock that nothing sets; `chance` is in [0, 1).
 *
 * WhatsApp publishes no limit. It restricts accounts that write to many strangers, so first messages to a
 * contact have a limit of their own. Within one priority a recipient gets messages in the order of `order`,
 * one at a time.
 */
export const priorities = ['high', 'normal', 'low'] as const;
export type Priority = (typeof priorities)[number];

export interface PacePolicy {
  /** Messages a minute, on average. */
  readonly perMinute: number;
  /** Messages that may leave at once after a pause. */
  readonly burst: number;
  /** Share by which each wait varies, in both directions. */
  readonly jitter: number;
  /** First messages to new contacts, a minute and in 24 hours. */
  readonly newPerMinute: number;
  readonly newPerDay: number;
  /** One of this many starts goes to a lower priority that waits. */
  readonly lowerOneIn: number;
}
export interface Waiting {
  readonly id: string;
  /** Orders the messages of an organization. */
  readonly order: number;
  readonly to: string;
  readonly priority: Priority;
  /** The recipient has not written, and was not written to, for a month. */
  readonly isNew: boolean;
  readonly expiresAt: number;
}
interface Bucket {
  readonly tokens: number;
  /** When the next token comes; null when the bucket is full. */
  readonly refillAt: number | null;
}
export interface Pace {
  /** By `order`. */
  readonly queue: readonly Waiting[];
  /** Recipients of messages that are being sent. */
  readonly busy: ReadonlySet<string>;
  readonly all: Bucket;
  readonly fresh: Bucket;
  /** When the last new contacts were written to; at most `newPerDay` of them. */
  readonly freshStarts: readonly number[];
  /** How often a lower priority was passed over since its last turn. */
  readonly passedOver: number;
  /** When the last messages began; at most `measuredStarts` of them. */
  readonly starts: readonly number[];
}
export interface Moment {
  readonly now: number;
  readonly chance: number;
  /** False while the session is not connected: messages wait and expire. */
  readonly maySend: boolean;
  /** WhatsApp restricts the account: new contacts are not written to. */
  readonly isRestricted: boolean;
}
export interface Step {
  readonly pace: Pace;
  /** Send this one now, and call `step` again. Its recipient is busy until `freed`. */
  readonly start?: Waiting;
  readonly expired: readonly Waiting[];
  /** New contacts during a restriction. */
  readonly restricted: readonly Waiting[];
  /** When something can change by time alone; null: never. */
  readonly wakeAt: number | null;
}

const minuteMs = 60_000;
export const dayMs = 86_400_000;
const measuredStarts = 20;

/** `freshStarts`: when new contacts were written to before this process began, oldest first. */
export const paceOf = (policy: PacePolicy, freshStarts: readonly number[] = []): Pace => ({
  queue: [],
  busy: new Set(),
  all: { tokens: policy.burst, refillAt: null },
  fresh: { tokens: 1, refillAt: null },
  freshStarts: freshStarts.slice(-policy.newPerDay),
  passedOver: 0,
  starts: [],
});

export const added = (pace: Pace, one: Waiting): Pace => {
  const at = pace.queue.findLastIndex(({ order }) => order < one.order) + 1;
  return { ...pace, queue: pace.queue.toSpliced(at, 0, one) };
};
export const removed = (pace: Pace, id: string): Pace => ({
  ...pace,
  queue: pace.queue.filter((one) => one.id !== id),
});
/** The message to `to` is no longer being sent. */
export const freed = (pace: Pace, to: string): Pace => ({
  ...pace,
  busy: new Set([...pace.busy].filter((one) => one !== to)),
});
/** The recipient wrote, or was written to. */
export const known = (pace: Pace, to: string): Pace =>
  pace.queue.some((one) => one.to === to && one.isNew)
    ? { ...pace, queue: pace.queue.map((one) => (one.to === to ? { ...one, isNew: false } : one)) }
    : pace;

const varied = (ms: number, { jitter }: PacePolicy, chance: number): number =>
  ms * (1 - jitter + 2 * jitter * chance);
const filled = (bucket: Bucket, most: number, everyMs: number, now: number): Bucket => {
  let { tokens, refillAt } = bucket;
  while (refillAt !== null && refillAt <= now) {
    tokens += 1;
    refillAt = tokens < most ? refillAt + everyMs : null;
  }
  return { tokens, refillAt };
};
const spent = ({ tokens, refillAt }: Bucket, everyMs: number, now: number): Bucket => ({
  tokens: tokens - 1,
  refillAt: refillAt ?? now + everyMs,
});

/** The first message to each recipient in each priority. */
const headsOf = (queue: readonly Waiting[]): readonly Waiting[] => {
  const seen = new Set<string>();
  return queue.filter(({ to, priority }) => {
    const line = `${priority} ${to}`;
    const isFirst = !seen.has(line);
    seen.add(line);
    return isFirst;
  });
};
/** The first of the highest priority; at times the oldest of those below it. */
const chosen = (candidates: readonly Waiting[], passedOver: number, { lowerOneIn }: PacePolicy) => {
  const best = priorities
    .map((priority) => candidates.find((one) => one.priority === priority))
    .find((one) => one !== undefined);
  const lower = candidates.find((one) => one.priority !== best?.priority);
  const isLowersTurn = lower !== undefined && passedOver >= lowerOneIn - 1;
  if (isLowersTurn) return { one: lower, passedOver: 0 };
  return { one: best, passedOver: passedOver + (lower === undefined ? 0 : 1) };
};
const earliest = (times: readonly number[]): number | null => {
  const first = times.reduce((least, at) => Math.min(least, at), Number.POSITIVE_INFINITY);
  return first === Number.POSITIVE_INFINITY ? null : first;
};

/** What to do now. Call it again at once while it starts a message, and at `wakeAt`. */
export const step = (before: Pace, moment: Moment, policy: PacePolicy): Step => {
  const { now, chance, maySend, isRestricted } = moment;
  const everyMs = varied(minuteMs / policy.perMinute, policy, chance);
  const freshEveryMs = varied(minuteMs / policy.newPerMinute, policy, chance);
  const expired = before.queue.filter((one) => one.expiresAt <= now);
  const isHeldBack = (one: Waiting) => isRestricted && one.isNew;
  const restricted = before.queue.filter((one) => one.expiresAt > now && isHeldBack(one));
  const queue = before.queue.filter((one) => one.expiresAt > now && !isHeldBack(one));
  const all = filled(before.all, policy.burst, everyMs, now);
  const fresh = filled(before.fresh, 1, freshEveryMs, now);
  const freshStarts = before.freshStarts.filter((at) => at + dayMs > now);
  const pace: Pace = { ...before, queue, all, fresh, freshStarts };
  const rest = { expired, restricted };

  const expiries = queue.map(({ expiresAt }) => expiresAt);
  if (!maySend) return { pace, ...rest, wakeAt: earliest(expiries) };
  const idle = queue.filter(({ to }) => !pace.busy.has(to));
  if (all.tokens < 1)
    return {
      pace,
      ...rest,
      wakeAt: earliest([...expiries, ...(idle.length > 0 ? [all.refillAt ?? now] : [])]),
    };
  const isFullDay = freshStarts.length >= policy.newPerDay;
  const mayBeNew = fresh.tokens >= 1 && !isFullDay;
  const { one, passedOver } = chosen(
    headsOf(idle).filter(({ isNew }) => !isNew || mayBeNew),
    pace.passedOver,
    policy,
  );
  if (one === undefined) {
    const dayEnds = isFullDay ? (freshStarts[0] ?? now) + dayMs : now;
    const newAt = Math.max(fresh.refillAt ?? now, dayEnds);
    return { pace, ...rest, wakeAt: earliest([...expiries, ...(idle.length > 0 ? [newAt] : [])]) };
  }
  const started: Pace = {
    queue: queue.filter(({ id }) => id !== one.id),
    busy: new Set([...pace.busy, one.to]),
    all: spent(all, everyMs, now),
    fresh: one.isNew ? spent(fresh, freshEveryMs, now) : fresh,
    freshStarts: one.isNew ? [...freshStarts, now] : freshStarts,
    passedOver,
    starts: [...pace.starts, now].slice(-measuredStarts),
  };
  return { pace: started, start: one, ...rest, wakeAt: now };
};

/**
 * When a full queue is likely to have room: from the rate of the last starts, and never later than the next
 * message expires.
 */
export const drainMs = (pace: Pace, now: number, policy: PacePolicy): number => {
  const slowest = pace.queue.every(({ isNew }) => isNew) ? policy.newPerMinute : policy.perMinute;
  const [first] = pace.starts;
  const measured = first === undefined ? 0 : (now - first) / pace.starts.length;
  const expiry = earliest(pace.queue.map(({ expiresAt }) => expiresAt)) ?? Number.POSITIVE_INFINITY;
  return Math.max(1_000, Math.round(Math.min(Math.max(minuteMs / slowest, measured), expiry - now)));
};
