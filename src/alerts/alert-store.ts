/**
 * The present alerts: pending → firing → resolved. Deterministic, without a clock or timers of its own: the
 * caller passes the time and asks when to call again (`wakeAt`).
 *
 * A condition that ends before its alert was sent is forgotten: its end is not sent either.
 */
import { createHash } from 'node:crypto';
import { remainingMs } from '../base/saved-time.ts';
import type { AlertName } from '../protocol/alerts.ts';
import { type AlertPolicy, alertRules } from './catalogue.ts';
import type { Condition } from './conditions.ts';

/** Epoch milliseconds. */
export interface FiredAlert extends Condition {
  /**
   * The same for the same name and labels, at any time and in any process: consumers recognise an alert by
   * it.
   */
  readonly fingerprint: string;
  /** Set once it ended. */
  readonly endsAt?: number;
  readonly silencedUntil?: number;
  /** When the silence was set. */
  readonly silencedAt?: number;
  /** When it was last in a notice; absent before the first. */
  readonly toldAt?: number;
}
interface StoredAlert extends FiredAlert {
  /** When it fires. */
  firesAt: number;
  /** It was in a notice as firing. */
  sent: boolean;
  endsAt?: number;
  silencedUntil?: number;
  silencedAt?: number;
  toldAt?: number;
  /** Saved by the last process; whether its condition still holds is not known yet. */
  unconfirmed: boolean;
}

export const fingerprintOf = ({
  name,
  org,
  endpoint,
}: Pick<Condition, 'name' | 'org' | 'endpoint'>): string =>
  createHash('sha256')
    .update(JSON.stringify([name, org, endpoint ?? null]))
    .digest('hex')
    .slice(0, 16);

export const keepsResolved = 200;

export class AlertStore {
  readonly #entries = new Map<string, StoredAlert>();
  #recent: FiredAlert[] = [];
  #hasForgotten = false;
  /** From when on single sessions raise alerts; undefined during an outage. */
  #clearSince: number | undefined = Number.NEGATIVE_INFINITY;
  readonly #policy: AlertPolicy;
  constructor(policy: AlertPolicy) {
    this.#policy = policy;
  }

  /** A condition holds; it may have held before. */
  begin(condition: Condition): void {
    const fingerprint = fingerprintOf(condition);
    const known = this.#entries.get(fingerprint);
    if (known && known.endsAt === undefined) {
      const { since, ...rest } = condition;
      Object.assign(
        known,
        rest,
        { unconfirmed: false },
        known.sent ? {} : { since, firesAt: this.#firesAt(condition) },
      );
      return;
    }
    this.#entries.set(fingerprint, {
      ...condition,
      fingerprint,
      firesAt: this.#firesAt(condition),
      sent: known?.sent ?? false, // its end was not sent yet: for receivers it never ended
      unconfirmed: false,
      ...(known && { since: known.since }),
      ...(known && silenceOf(known)),
      ...(known?.toldAt !== undefined && { toldAt: known.toldAt }),
    });
  }
  end(fingerprint: string, now: number): void {
    const stored = this.#entries.get(fingerprint);
    if (!stored || stored.endsAt !== undefined) return;
    if (stored.sent) stored.endsAt = now;
    else {
      this.#entries.delete(fingerprint);
      this.#hasForgotten ||= stored.silencedUntil !== undefined;
    }
  }
  outage(began: boolean, now: number): void {
    this.#clearSince = began ? undefined : now + this.#policy.settleMs;
    for (const stored of this.#entries.values()) if (!stored.sent) stored.firesAt = this.#firesAt(stored);
  }
  /**
   * An alert that an earlier process sent or silenced, and that may have ended meanwhile. If the clock was
   * set back since, its silence ends at the latest after its full duration.
   */
  recall({ silencedUntil, silencedAt = 0, toldAt, ...alert }: FiredAlert, now: number): void {
    const silence = silencedUntil !== undefined && {
      silencedUntil: now + remainingMs({ until: silencedUntil, setAt: silencedAt }, now),
      silencedAt: Math.min(silencedAt, now),
    };
    this.#entries.set(alert.fingerprint, {
      ...alert,
      ...silence,
      ...(toldAt !== undefined && { toldAt: Math.min(toldAt, now) }),
      firesAt: alert.since,
      sent: toldAt !== undefined,
      unconfirmed: true,
    });
  }
  /** The sessions have settled: a recalled alert whose condition has not begun since the start has ended. */
  confirm(now: number): void {
    for (const stored of this.#entries.values()) if (stored.unconfirmed) this.end(stored.fingerprint, now);
  }
  /** `until` null ends the silence. Undefined when there is no such alert. */
  silence(fingerprint: string, until: number | null, now: number): FiredAlert | undefined {
    const stored = this.#entries.get(fingerprint);
    if (!stored) return undefined;
    delete stored.silencedUntil;
    delete stored.silencedAt;
    if (until !== null) Object.assign(stored, { silencedUntil: until, silencedAt: now });
    return publicOf(stored);
  }

  /** The alerts of one name for a notice now. */
  due(
    name: AlertName,
    now: number,
  ): {
    readonly started: readonly FiredAlert[];
    readonly ended: readonly FiredAlert[];
    readonly standing: readonly FiredAlert[];
  } {
    const mine = [...this.#entries.values()].filter((stored) => stored.name === name);
    return {
      started: mine.filter((e) => !e.sent && e.firesAt <= now && !isSilent(e, now)).map(publicOf),
      ended: mine.filter((e) => e.endsAt !== undefined).map(publicOf),
      standing: mine.filter((e) => e.sent && e.endsAt === undefined && !isSilent(e, now)).map(publicOf),
    };
  }
  markSent(alerts: readonly FiredAlert[], now: number): void {
    for (const { fingerprint } of alerts) {
      const stored = this.#entries.get(fingerprint);
      if (!stored) continue;
      stored.toldAt = now;
      if (stored.endsAt === undefined) stored.sent = true;
      else {
        this.#recent = [publicOf(stored), ...this.#recent].slice(0, keepsResolved);
        this.#entries.delete(fingerprint);
      }
    }
  }

  /** The alerts that fire, sent or not. */
  firing(now: number): readonly FiredAlert[] {
    return [...this.#entries.values()]
      .filter((e) => e.endsAt === undefined && (e.sent || e.firesAt <= now))
      .map(publicOf);
  }
  /** Ended recently, the last first. */
  resolved(): readonly FiredAlert[] {
    return this.#recent;
  }
  /** The alerts that were sent, and their end was not. */
  standing(): readonly FiredAlert[] {
    return [...this.#entries.values()].filter((e) => e.sent).map(publicOf);
  }
  /** Whether a silenced alert ended before it was sent, since `outliving` was last called. */
  get hasForgotten(): boolean {
    return this.#hasForgotten;
  }
  /** The alerts that must outlive the process: those that stand, and those that were silenced before. */
  outliving(): readonly FiredAlert[] {
    this.#hasForgotten = false;
    return [...this.#entries.values()].filter((e) => e.sent || e.silencedUntil !== undefined).map(publicOf);
  }
  /** The alerts that were sent, fire and are not silenced. */
  unsilenced(now: number): readonly FiredAlert[] {
    return [...this.#entries.values()]
      .filter((e) => e.sent && e.endsAt === undefined && !isSilent(e, now))
      .map(publicOf);
  }
  /** When an alert fires next, or its silence ends. */
  wakeAt(now: number): number | undefined {
    let first: number | undefined;
    for (const stored of this.#entries.values()) {
      if (stored.endsAt !== undefined) continue;
      // a silence that ends may make a reminder due
      const at = Math.max(stored.sent ? 0 : stored.firesAt, stored.silencedUntil ?? 0);
      if (at > now && Number.isFinite(at) && (first === undefined || at < first)) first = at;
    }
    return first;
  }

  #firesAt({ name, since }: Condition): number {
    const rule = alertRules[name];
    const from = rule.hiddenByOutage ? Math.max(since, this.#clearSince ?? Number.POSITIVE_INFINITY) : since;
    return from + rule.lasts(this.#policy);
  }
}

const silenceOf = ({ silencedUntil, silencedAt }: FiredAlert): Partial<FiredAlert> => ({
  ...(silencedUntil !== undefined && { silencedUntil }),
  ...(silencedAt !== undefined && { silencedAt }),
});
const isSilent = (e: StoredAlert, now: number) => e.silencedUntil !== undefined && e.silencedUntil > now;
const publicOf = ({ firesAt: _f, sent: _t, unconfirmed: _u, ...alert }: StoredAlert): FiredAlert => alert;
