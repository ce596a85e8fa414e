/**
 * The alerts as they stand: pending → firing → resolved. Deterministic, without a clock or timers of its own:
 * whoever drives it says what time it is, and asks when to come back (`wakeAt`).
 *
 * A condition that ends before it counted, or before anybody was told, is forgotten: nobody hears of its end
 * either.
 */
import { createHash } from 'node:crypto';
import type { AlertName } from '../protocol/alerts.ts';
import { type AlertPolicy, alertRules } from './catalogue.ts';
import type { Condition } from './conditions.ts';

/** Epoch milliseconds. */
export interface FiredAlert extends Condition {
  /**
   * Same name and labels, same fingerprint, at any time and in any process: what consumers recognise it by.
   */
  readonly fingerprint: string;
  /** Set once it ended. */
  readonly endsAt?: number;
  readonly silencedUntil?: number;
  /** When somebody was told of it last. */
  readonly toldAt?: number;
}
interface StoredAlert extends FiredAlert {
  /** From when on it counts. */
  firesAt: number;
  /** Somebody has been told that it fires. */
  sent: boolean;
  endsAt?: number;
  silencedUntil?: number;
  toldAt?: number;
  /** Known from the last process; whether it still is the case is not known yet. */
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
  /** Since when no outage hides single sessions; undefined while one does. */
  #clearSince: number | undefined = Number.NEGATIVE_INFINITY;
  readonly #policy: AlertPolicy;
  constructor(policy: AlertPolicy) {
    this.#policy = policy;
  }

  /** Something is the case (it may well have been before). */
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
      sent: known?.sent ?? false, // it came back before its end was told: to everybody outside it never ended
      unconfirmed: false,
      ...(known && { since: known.since }),
      ...(known?.silencedUntil !== undefined && { silencedUntil: known.silencedUntil }),
      ...(known?.toldAt !== undefined && { toldAt: known.toldAt }),
    });
  }
  end(fingerprint: string, now: number): void {
    const stored = this.#entries.get(fingerprint);
    if (!stored || stored.endsAt !== undefined) return;
    if (stored.sent) stored.endsAt = now;
    else this.#entries.delete(fingerprint);
  }
  outage(began: boolean, now: number): void {
    this.#clearSince = began ? undefined : now + this.#policy.settleMs;
    for (const stored of this.#entries.values()) if (!stored.sent) stored.firesAt = this.#firesAt(stored);
  }
  /** From an earlier process: it was told of then, and may have ended meanwhile. */
  recall(alert: FiredAlert): void {
    this.#entries.set(alert.fingerprint, { ...alert, firesAt: alert.since, sent: true, unconfirmed: true });
  }
  /** Everything that can be known is known: what has not been the case again since the start has ended. */
  confirm(now: number): void {
    for (const stored of this.#entries.values()) if (stored.unconfirmed) this.end(stored.fingerprint, now);
  }
  /** `until` null: not any longer. Undefined when there is no such alert. */
  silence(fingerprint: string, until: number | null): FiredAlert | undefined {
    const stored = this.#entries.get(fingerprint);
    if (!stored) return undefined;
    if (until === null) delete stored.silencedUntil;
    else stored.silencedUntil = until;
    return publicOf(stored);
  }

  /** What somebody should be told of now, of this name. */
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

  /** Those that fire, whether or not somebody was told yet. */
  firing(now: number): readonly FiredAlert[] {
    return [...this.#entries.values()]
      .filter((e) => e.endsAt === undefined && (e.sent || e.firesAt <= now))
      .map(publicOf);
  }
  /** Ended lately, the last first. */
  resolved(): readonly FiredAlert[] {
    return this.#recent;
  }
  /** What must outlive the process: somebody was told of it, and of its end nobody. */
  standing(): readonly FiredAlert[] {
    return [...this.#entries.values()].filter((e) => e.sent).map(publicOf);
  }
  /** When something begins to count, or is no longer silenced. */
  wakeAt(now: number): number | undefined {
    let first: number | undefined;
    for (const stored of this.#entries.values()) {
      if (stored.sent || stored.endsAt !== undefined) continue;
      const at = Math.max(stored.firesAt, stored.silencedUntil ?? 0);
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

const isSilent = (e: StoredAlert, now: number) => e.silencedUntil !== undefined && e.silencedUntil > now;
const publicOf = ({ firesAt: _f, sent: _t, unconfirmed: _u, ...alert }: StoredAlert): FiredAlert => alert;
