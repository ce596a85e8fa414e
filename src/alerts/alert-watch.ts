/**
 * The alert engine: receives the events of the supervisor, updates the alerts, and sends notices. Rules are
 * in `catalogue.ts`, conditions in `conditions.ts`. After a start, notices wait until the restored sessions
 * have settled.
 */

import type { Org } from '../../machines/domain/ports.ts';
import type { SessionView } from '../../machines/domain/view.ts';
import type { WriteLog } from '../base/log.ts';
import { AlertStore, type FiredAlert, fingerprintOf } from './alert-store.ts';
import type { AlertPolicy } from './catalogue.ts';
import {
  type AlertInput,
  type AlertMemory,
  type Condition,
  calmsAt,
  conditionsOf,
  nothingRemembered,
  remember,
  serverChange,
} from './conditions.ts';
import { Groups, type Notice } from './groups.ts';
import type { SavedAlerts } from './saved-alerts.ts';

export interface WatchOptions {
  readonly policy: AlertPolicy;
  /** Epoch milliseconds. */
  readonly now: () => number;
  readonly store: SavedAlerts;
  /**
   * Hands a notice on; resolves once it is recorded and can no longer be lost. It may get the same notice
   * twice.
   */
  readonly send: (notice: Notice) => Promise<void>;
  /**
   * Gets the alerts that were sent and are not over, so that new receivers get them too. `firing`: the alerts
   * that are not silenced. `known`: the fingerprints of all alerts. Many calls pass the same alerts.
   */
  readonly catchUp: (standing: {
    readonly firing: readonly FiredAlert[];
    readonly known: ReadonlySet<string>;
  }) => Promise<void>;
  readonly log: WriteLog;
}

/** Reports arrive in storms: their changes are handled together. */
const gatherMs = 1_000;
/** The wait before a failed recording is repeated. */
const againMs = 5_000;
/** The longest delay of a timer in Node. */
const longestTimerMs = 2_147_483_647;

interface WatchedSession {
  memory: AlertMemory;
  view: SessionView;
  /** Fingerprints of its active conditions. */
  holding: ReadonlySet<string>;
}

export class AlertWatch {
  readonly #o: WatchOptions;
  readonly #alerts: AlertStore;
  readonly #groups: Groups;
  readonly #known = new Map<Org, WatchedSession>();
  /** The flapping organizations: they stop by the passage of time alone. */
  readonly #flapping = new Set<Org>();
  /** The organizations that are being restored at the start; undefined before the first scan. */
  #awaited: Set<Org> | undefined;
  #settled = false;
  #outage = false;
  #timer: NodeJS.Timeout | undefined;
  #wakesAt = Number.POSITIVE_INFINITY;
  #working: Promise<void> | undefined;
  /** An event arrived while notices were sent. */
  #hasNews = false;
  #closed = false;

  private constructor(options: WatchOptions) {
    this.#o = options;
    this.#alerts = new AlertStore(options.policy);
    this.#groups = new Groups(this.#alerts, options.policy);
  }
  /** Rejects when the store cannot be read. */
  static async open(options: WatchOptions): Promise<AlertWatch> {
    const watch = new AlertWatch(options);
    for (const alert of await options.store.load()) watch.#alerts.recall(alert, options.now());
    watch.#wake(options.policy.settleMs, () => watch.#settle());
    return watch;
  }

  onEvent(e: AlertInput): void {
    const at = this.#o.now();
    if (e.type === 'session.reported') this.#report(e, at);
    else if (e.type === 'session.gone' || e.type === 'session.dropped') this.#forget(e.org, at);
    else if (e.type === 'scan.done') this.#awaited ??= new Set(e.adopted);
    else if (e.type === 'outage.began' || e.type === 'outage.ended') {
      this.#outage = e.type === 'outage.began';
      this.#alerts.outage(this.#outage, at);
    }
    const { begins, ends = [], endpoint, org = null } = serverChange(e, at);
    if (begins) this.#alerts.begin(begins);
    for (const name of ends)
      this.#alerts.end(fingerprintOf({ name, org, ...(endpoint !== undefined && { endpoint }) }), at);
    if (!this.#settled && this.#awaited?.size === 0) this.#settle();
    this.#wakeUp(gatherMs);
  }

  firing(): readonly FiredAlert[] {
    return this.#settled ? this.#alerts.firing(this.#o.now()) : this.#alerts.standing();
  }
  /** Ended recently, the last first. */
  resolved(): readonly FiredAlert[] {
    return this.#alerts.resolved();
  }
  /**
   * `until` in epoch milliseconds; null ends the silence. Undefined: no such alert. Resolves when it is
   * durable.
   */
  async silence(fingerprint: string, until: number | null): Promise<FiredAlert | undefined> {
    const alert = this.#alerts.silence(fingerprint, until, this.#o.now());
    if (!alert) return undefined;
    await this.#save();
    this.#wakeUp(gatherMs);
    return alert;
  }
  /** Stops. The next process sends the notices that were due. */
  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    await this.#working;
  }

  #report(e: Extract<AlertInput, { type: 'session.reported' }>, at: number): void {
    const { org, view } = e;
    const known = this.#known.get(org) ?? { memory: nothingRemembered, view, holding: new Set<string>() };
    this.#known.set(org, known);
    known.memory = remember(known.memory, e, at, this.#outage);
    known.view = view;
    if (view.state !== 'restoring') this.#awaited?.delete(org);
    this.#updateConditions(org, known, at);
  }
  #updateConditions(org: Org, known: WatchedSession, at: number): void {
    const { policy } = this.#o;
    const conditions: readonly Condition[] = conditionsOf(known.view, known.memory, at, policy);
    const holding = new Set(conditions.map(fingerprintOf));
    for (const fingerprint of known.holding) if (!holding.has(fingerprint)) this.#alerts.end(fingerprint, at);
    for (const condition of conditions) this.#alerts.begin(condition);
    known.holding = holding;
    if (calmsAt(known.memory, at, policy) === undefined) this.#flapping.delete(org);
    else this.#flapping.add(org);
  }
  #forget(org: Org, at: number): void {
    for (const fingerprint of this.#known.get(org)?.holding ?? []) this.#alerts.end(fingerprint, at);
    this.#alerts.end(fingerprintOf({ name: 'SendingRestricted', org }), at);
    this.#known.delete(org);
    this.#flapping.delete(org);
    this.#awaited?.delete(org);
  }
  #settle(): void {
    if (this.#settled) return;
    this.#settled = true;
    this.#wakesAt = Number.POSITIVE_INFINITY;
    this.#alerts.confirm(this.#o.now());
    this.#wakeUp(gatherMs);
  }

  #wake(ms: number, run: () => void): void {
    clearTimeout(this.#timer);
    this.#wakesAt = this.#o.now() + ms;
    this.#timer = setTimeout(run, Math.min(longestTimerMs, Math.max(1, ms)));
    this.#timer.unref();
  }
  /** Only brings the next work forward: a storm must not postpone it. */
  #wakeUp(ms: number): void {
    if (!this.#settled || this.#closed) return;
    if (this.#working) this.#hasNews = true;
    else if (this.#wakesAt > this.#o.now() + ms) this.#wake(ms, () => this.#work());
  }
  #work(): void {
    // in a later turn: an event that arrives meanwhile must find `#working` set
    this.#working = Promise.resolve()
      .then(() => this.#sendDue())
      .then((allSent) => {
        this.#working = undefined;
        this.#wakesAt = Number.POSITIVE_INFINITY;
        const at = this.#o.now();
        const { policy } = this.#o;
        const next = [
          this.#groups.wakeAt(at),
          ...[...this.#flapping].map((org) => calmsAt(this.#memoryOf(org), at, policy)),
        ];
        const wakeAt = Math.min(...next.map((one) => one ?? Number.POSITIVE_INFINITY));
        if (this.#hasNews) this.#wakeUp(gatherMs);
        this.#hasNews = false;
        if (!allSent) this.#wakeUp(againMs);
        else if (Number.isFinite(wakeAt)) this.#wakeUp(Math.max(gatherMs, wakeAt - at));
      });
  }
  #memoryOf(org: Org): AlertMemory {
    return this.#known.get(org)?.memory ?? nothingRemembered;
  }
  /** Sends the notices that are due. False when one could not be recorded. */
  async #sendDue(): Promise<boolean> {
    const at = this.#o.now();
    for (const org of this.#flapping) {
      const known = this.#known.get(org);
      if (known) this.#updateConditions(org, known, at);
    }
    const notices = this.#groups.flush(at);
    try {
      for (const notice of notices) {
        // recorded before it is marked: after a crash between the two it is sent again, under the same id
        await this.#o.send(notice);
        this.#groups.markSent(notice, at);
      }
      if (notices.length > 0 || this.#alerts.hasForgotten) await this.#save();
      await this.#o.catchUp({
        firing: this.#alerts.unsilenced(at),
        known: new Set(this.#alerts.standing().map(({ fingerprint }) => fingerprint)),
      });
      return true;
    } catch (err) {
      this.#o.log('alerts.not_recorded', { err });
      return false;
    }
  }
  #save(): Promise<void> {
    return this.#o.store.save(this.#alerts.outliving());
  }
}
