/**
 * When who is told: alerts of one name are one notice, so that 200 organizations make one message. Waits as
 * in Alertmanager: a first notice waits `groupWaitMs` for company, the next one of that name
 * `groupIntervalMs`, and what goes on is repeated.
 */

import { type AlertName, alertNames, alertTexts, type Severity } from '../protocol/alerts.ts';
import type { AlertStore, FiredAlert } from './alert-store.ts';
import type { AlertPolicy } from './catalogue.ts';

export interface Notice {
  readonly name: AlertName;
  readonly severity: Severity;
  /** Nothing of this name fires any more. */
  readonly isOver: boolean;
  readonly started: readonly FiredAlert[];
  readonly resolved: readonly FiredAlert[];
  /** What fires now, those that started included. */
  readonly firing: readonly FiredAlert[];
  /** Nothing has changed: it is only told again. */
  readonly isReminder: boolean;
}
interface Timing {
  /** When this name is next told of. */
  flushAt: number | undefined;
  flushedAt: number;
}

export class Groups {
  readonly #timings = new Map<AlertName, Timing>(
    alertNames.map((name) => [name, { flushAt: undefined, flushedAt: Number.NEGATIVE_INFINITY }]),
  );
  readonly #alerts: AlertStore;
  readonly #policy: AlertPolicy;
  constructor(alerts: AlertStore, policy: AlertPolicy) {
    this.#alerts = alerts;
    this.#policy = policy;
  }

  /** What must be said at this moment. Whoever has said it calls `told`; until then it is due again. */
  flush(now: number): readonly Notice[] {
    const notices: Notice[] = [];
    for (const [name, timing] of this.#timings) {
      const { started, ended, standing } = this.#alerts.due(name, now);
      // told by an earlier process
      if (timing.flushedAt === Number.NEGATIVE_INFINITY)
        timing.flushedAt = Math.max(...standing.map(({ toldAt }) => toldAt ?? now), timing.flushedAt);
      const hasNews = started.length + ended.length > 0;
      const isReminder = !hasNews && standing.length > 0 && now - timing.flushedAt >= this.#policy.repeatMs;
      if (!hasNews && !isReminder) {
        timing.flushAt = undefined;
        continue;
      }
      if (hasNews)
        timing.flushAt ??= Math.max(
          now + this.#policy.groupWaitMs,
          timing.flushedAt + this.#policy.groupIntervalMs,
        );
      if (!isReminder && (timing.flushAt ?? now) > now) continue;
      const firing = [...standing, ...started];
      notices.push({
        name,
        severity: alertTexts[name].severity,
        isOver: firing.length === 0,
        started,
        resolved: ended,
        firing,
        isReminder,
      });
    }
    return notices;
  }
  markSent({ name, started, resolved, isReminder, firing }: Notice, now: number): void {
    this.#timings.set(name, { flushAt: undefined, flushedAt: now });
    this.#alerts.markSent([...started, ...resolved, ...(isReminder ? firing : [])], now);
  }

  /** When `flush` has something to say next, if nothing else happens. */
  wakeAt(now: number): number | undefined {
    let first: number | undefined;
    const consider = (at: number | undefined) => {
      if (at !== undefined && Number.isFinite(at) && (first === undefined || at < first)) first = at;
    };
    for (const [name, { flushAt, flushedAt }] of this.#timings) {
      consider(flushAt);
      if (this.#alerts.due(name, now).standing.length > 0) consider(flushedAt + this.#policy.repeatMs);
    }
    consider(this.#alerts.wakeAt(now));
    return first;
  }
}
