/**
 * Groups alerts into notices: alerts of one name are one notice, so 200 organizations make one message. Waits
 * as in Alertmanager: the first notice waits `groupWaitMs` for further alerts, the next of that name
 * `groupIntervalMs`, and then there are reminders.
 */

import { type AlertName, alertNames, alertTexts, type Severity } from '../protocol/alerts.ts';
import type { AlertStore, FiredAlert } from './alert-store.ts';
import type { AlertPolicy } from './catalogue.ts';

export interface Notice {
  readonly name: AlertName;
  readonly severity: Severity;
  /** No alert of this name fires any more. */
  readonly isOver: boolean;
  readonly started: readonly FiredAlert[];
  readonly resolved: readonly FiredAlert[];
  /** The alerts that fire now, `started` included. */
  readonly firing: readonly FiredAlert[];
  /** Nothing has changed since the last notice. */
  readonly isReminder: boolean;
}
interface Timing {
  /** When the next notice of this name is due. */
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

  /** The notices that are due. A notice is due again until `markSent` is called with it. */
  flush(now: number): readonly Notice[] {
    const notices: Notice[] = [];
    for (const [name, timing] of this.#timings) {
      const { started, ended, standing } = this.#alerts.due(name, now);
      // sent by an earlier process
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

  /** When `flush` next has a notice, if no event arrives. */
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
