/** Keeps watch over a run: hears what the program says, sees what WhatsApp and the disk see, and notes the first broken promise. */
import type { SessionCommand } from '../../../machines/domain/commands.ts';
import type { Lasting } from '../../../machines/domain/disconnect.ts';
import { defaultPolicy } from '../../../machines/domain/policy.ts';
import type { Org } from '../../../machines/domain/ports.ts';
import type { SessionReport } from '../../../machines/domain/view.ts';
import type { Answer } from '../../../machines/supervisor/execute-command.ts';
import type { FleetEvent } from '../../../src/app/events.ts';
import type { Clock } from '../clock.ts';
import type { Coverage } from '../coverage.ts';
import { type Expectations, newExpectations } from '../expectations.ts';
import type { Link } from '../socket.ts';
import type { WhatsApp, Witness } from '../whatsapp.ts';
import type { Invariant, Violation } from './invariants.ts';
import { Pace } from './pace.ts';

/** A session that was touched this recently may be taken down by what was done to it. */
const aftermathMs = 150_000;
const deadReasons: ReadonlySet<string> = new Set(['revoked', 'creds_lost', 'creds_corrupt']);
/** Probes come every 15 min ± 20 %. */
const earliestProbeMs = defaultPolicy.probeMs * 0.8 - 1_000;

export class Watch implements Witness {
  violation: Violation | undefined;
  readonly truths = new Map<Org, Expectations>();
  readonly pairings = new Set<string>();
  /** Identities that a phone linked in a pairing of ours, once WhatsApp knew of it. */
  readonly linkedByUs = new Set<string>();
  whatsapp: WhatsApp | undefined;
  /** Sees what lies on the disk right now, before a login is judged by it. */
  look: (org: Org) => void = () => {};
  #worldTouchedAt = 0;
  lastTouchedAt = 0;
  /** Every change of state that was told, and when. */
  readonly heard: string[] = [];
  reportedAt = 0;
  readonly pace: Pace;

  readonly clock: Clock;
  readonly coverage: Coverage;
  constructor(clock: Clock, coverage: Coverage) {
    this.clock = clock;
    this.coverage = coverage;
    this.pace = new Pace(clock, (invariant, message) => this.broken(invariant, message));
  }

  broken(invariant: Invariant, message: string): void {
    this.violation ??= { invariant, message, at: this.clock.mono };
  }
  expectations(org: Org): Expectations {
    const known = this.truths.get(org) ?? newExpectations(org);
    this.truths.set(org, known);
    return known;
  }

  /** The world did something to one organization, or to all of them. */
  touch(org: Org | undefined): void {
    this.lastTouchedAt = this.clock.mono;
    if (org === undefined) this.#worldTouchedAt = this.clock.mono;
    else this.expectations(org).touchedAt = this.clock.mono;
  }
  touchedAt(org: Org): number {
    return Math.max(this.#worldTouchedAt, this.expectations(org).touchedAt);
  }
  /** Other credentials, or a person's hand in its directory: what was held against it may be lifted. */
  changed(org: Org): void {
    this.touch(org);
    const t = this.expectations(org);
    t.verdict = undefined;
    t.isAlertOver = true;
    t.pardonedAt = this.clock.mono;
  }
  started(): void {
    this.pace.processStarted();
    for (const t of this.truths.values()) {
      t.permits = 0;
      t.commands = 0;
      t.state = undefined;
      t.hollowSince = undefined;
      t.strayedSince = undefined;
    }
  }
  granted(org: Org): void {
    this.pace.granted(org);
    this.expectations(org).permits += 1;
  }

  dialled(link: Link): void {
    const { org, mode, pairingId } = link.caller;
    this.look(org);
    const t = this.expectations(org);
    for (const other of this.whatsapp?.links ?? []) {
      if (other === link || !other.isOpen) continue;
      if (other.caller.org === org) this.broken('one login', `${org} opened a second connection while its first was open`);
      if (mode === 'restore' && other.jid === link.jid)
        this.broken('one login', `${org} opened a connection with the identity of ${other.caller.org}, which has one`);
    }
    if (t.permits <= 0) this.broken('gate rates', `${org} opened a connection without a permit`);
    t.permits = 0;
    if (mode === 'pair') {
      if (pairingId === undefined || !this.pairings.has(pairingId))
        this.broken('no unasked QR', `${org} is paired and nobody asked for it`);
      return;
    }
    if (t.mayRun === 'no') this.broken('stop stands', `${org} was stopped, and logs in`);
    const { verdict } = t;
    if (!verdict) return;
    const { reason, until, saidAt } = verdict;
    if (deadReasons.has(reason)) return this.broken('dead credentials', `${org} logs in, and is ${reason}`);
    if (reason === 'banned_temporarily') {
      if (until === null || this.clock.wall() < until) this.broken('ban respected', `${org} logs in before its ban ends`);
    } else if (reason !== 'exhausted' || (this.clock.mono - saidAt < earliestProbeMs && this.clock.wall() < (until ?? 0) - 1_000))
      this.broken(
        'verdict stands',
        `${org} failed (${reason}) ${Math.round((this.clock.mono - saidAt) / 1000)} s ago, and logs in by itself`,
      );
  }
  loggedIn(link: Link): void {
    if (
      this.expectations(link.caller.org).verdict &&
      link.caller.mode === 'restore' &&
      deadReasons.has(this.expectations(link.caller.org).verdict?.reason ?? '')
    )
      this.broken('dead credentials', `${link.caller.org} is logged in with credentials known dead`);
  }
  hungUpByUs(link: Link, wasHealthy: boolean): void {
    const { org, mode } = link.caller;
    if (!wasHealthy || mode !== 'restore' || this.expectations(org).state !== 'connected') return;
    if (this.clock.mono - this.touchedAt(org) > aftermathMs)
      this.broken('quiet undisturbed', `${org} was connected and well, and was cut for no reason`);
  }
  deafened(link: Link): void {
    this.touch(link.caller.org);
  }
  scanned(link: Link, fingerprint: string): void {
    this.touch(link.caller.org);
    this.expectations(link.caller.org).pending.add(fingerprint);
  }
  deviceLinked(link: Link, fingerprint: string): void {
    this.touch(link.caller.org);
    this.linkedByUs.add(fingerprint);
  }

  onEvent(event: FleetEvent): void {
    if (event.type === 'session.reported') return this.#reported(event);
    if (event.type === 'session.crashed')
      return this.broken('nothing thrown', `the session of ${event.org} crashed: ${String(event.error)}`);
    if (event.type === 'outage.began') return this.pace.outageBegan(event.cause);
    if (event.type === 'outage.ended') return this.pace.outageEnded();
    if (event.type !== 'pairing.reported') return;
    if (event.update.status === 'completed') this.expectations(event.org).pardonedAt = this.clock.mono;
    if (!this.pairings.has(event.update.pairingId)) this.broken('no unasked QR', `${event.org} shows a pairing nobody asked for`);
  }

  #reported(r: Extract<SessionReport, { type: 'session.reported' }>): void {
    const { org, view } = r;
    const t = this.expectations(org);
    this.reportedAt = this.clock.mono;
    this.coverage.saw(
      r.previousState,
      view.state,
      view.state === 'failed' || view.state === 'retrying' ? view.lastError?.reason : undefined,
    );
    if (t.state !== view.state) this.heard.push(`${this.clock.mono} ${org} ${view.state} ${view.lastError?.reason ?? ''}`);
    if (t.state !== view.state) t.stateSince = this.clock.mono;
    this.#forgave(t, r);
    this.pace.waits(view);
    const wasBanned = t.verdict?.reason === 'banned_temporarily';
    t.state = view.state;
    t.attempt = view.attempt;
    if (view.state === 'restoring' && wasBanned) t.isAlertOver = true;
    if (view.state === 'connected') {
      t.verdict = undefined;
      t.isAlertOver = true;
    }
    if (view.state !== 'failed' || !view.lastError) return;
    const reason = view.lastError.reason as Lasting;
    const alert = `${reason} ${view.lastError.at}`;
    if (alert !== t.alert) {
      if (!t.isAlertOver && t.alert?.startsWith(`${reason} `)) this.broken('one alert', `${org} said twice that it failed (${reason})`);
      t.alert = alert;
      this.#judgeCause(t, reason);
    }
    t.isAlertOver = !r.durable; // what could not be written down is found out again after a restart
    if (r.durable && t.commands === 0 && view.duplicateOf === null && (r.previousState !== null || t.verdict === undefined))
      t.verdict = { reason, until: view.nextRetryAt, saidAt: this.clock.mono };
  }

  #forgave(t: Expectations, { view, previousState }: Extract<SessionReport, { type: 'session.reported' }>): void {
    const { mono } = this.clock;
    if (previousState === 'connected') t.lastStableMs = mono - t.connectedAt;
    if (view.state === 'connected' && previousState !== 'connected') t.connectedAt = mono;
    if (previousState === null || view.attempt >= t.attempt || t.state === 'failed') return;
    if (mono - Math.max(t.pardonedAt, this.#worldTouchedAt) > aftermathMs && t.lastStableMs < defaultPolicy.stableMs)
      this.broken('forgiven late', `${t.org} forgot ${t.attempt - view.attempt} failures after ${Math.round(t.lastStableMs / 1000)} s`);
  }
  #judgeCause(t: Expectations, reason: Lasting): void {
    if (reason === 'exhausted') return this.pace.exhausted(t.org);
    if (!t.causes.has(reason))
      this.broken('verdict has a cause', `${t.org} failed (${reason}), and nothing that happened to it explains that`);
  }

  /** Between this and the answer nobody knows what holds. */
  asked(org: Org, command: SessionCommand): (answer: Answer | undefined) => void {
    const t = this.expectations(org);
    const { verdict, mayRun, isAlertOver, isLeaving } = t;
    this.touch(org);
    t.commands += 1;
    t.pardonedAt = this.clock.mono;
    if (command.type === 'session.pair') this.pairings.add(command.pairing.id);
    if (command.type === 'session.logout') t.isLeaving = true;
    if (command.type !== 'session.cancelPairing') {
      t.mayRun = 'unknown';
      t.isAlertOver = true;
    }
    if (command.type !== 'session.stop' && command.type !== 'session.cancelPairing') t.verdict = undefined;
    const alone = t.commands === 1;
    return (answer) => {
      t.commands = Math.max(0, t.commands - 1);
      this.touch(org);
      if (!answer || !alone || t.commands > 0) return;
      if (!answer.ok) {
        if (answer.kind === 'invalid_state') Object.assign(t, { verdict, mayRun, isAlertOver, isLeaving });
        return;
      }
      if (command.type === 'session.stop' && answer.durable) t.mayRun = 'no';
      if (command.type === 'session.restore' || command.type === 'session.retry') t.mayRun = answer.durable ? 'yes' : 'unknown';
      if (command.type === 'session.logout') {
        t.isLeaving = false;
        t.held = undefined;
        t.mayRun = 'yes';
        t.verdict = undefined;
      }
    };
  }
}
