/** Receives the events of the program and of WhatsApp, and records the first broken invariant. */
import type { SessionCommand } from '../../../machines/domain/commands.ts';
import type { Lasting } from '../../../machines/domain/disconnect.ts';
import { defaultPolicy } from '../../../machines/domain/policy.ts';
import type { Org } from '../../../machines/domain/ports.ts';
import type { SessionReport } from '../../../machines/domain/view.ts';
import type { Answer } from '../../../machines/supervisor/execute-command.ts';
import type { FleetEvent } from '../../../src/app/events.ts';
import type { Clock } from '../clock.ts';
import type { Coverage } from '../coverage.ts';
import { type Expectation, expectAfter, newExpectation } from '../expectations.ts';
import type { SimulatedSocket, SocketOwner } from '../socket.ts';
import type { WhatsApp, WhatsAppObserver } from '../whatsapp.ts';
import type { Invariant, Violation } from './invariants.ts';
import { Pace } from './pace.ts';

/** For this time after an operation, the operation may explain why a session ends. */
const aftermathMs = 150_000;
const deadReasons: ReadonlySet<string> = new Set(['revoked', 'creds_lost', 'creds_corrupt']);
/** Probes come every 15 min ± 20 %. */
const earliestProbeMs = defaultPolicy.probeMs * 0.8 - 1_000;

type Reported = Extract<SessionReport, { type: 'session.reported' }>;

export class Watch implements WhatsAppObserver {
  violation: Violation | undefined;
  readonly expectations = new Map<Org, Expectation>();
  readonly pairings = new Set<string>();
  /** Identities that a phone linked in a pairing of the program, once WhatsApp knows them. */
  readonly linkedByUs = new Set<string>();
  whatsapp: WhatsApp | undefined;
  /** Checks the identity on the disk now, before a login is judged by it. */
  checkDisk: (org: Org, mode: SocketOwner['mode']) => void = () => {};
  #worldTouchedAt = 0;
  lastTouchedAt = 0;
  /** Every reported change of state, with its time. */
  readonly stateChanges: string[] = [];
  reportedAt = 0;
  /** When the last scan ended. */
  scannedAt = 0;
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
  expectation(org: Org): Expectation {
    const known = this.expectations.get(org) ?? newExpectation(org);
    this.expectations.set(org, known);
    return known;
  }

  /** An operation affects one organization, or all of them. */
  touch(org: Org | undefined): void {
    this.lastTouchedAt = this.clock.mono;
    if (org === undefined) this.#worldTouchedAt = this.clock.mono;
    else this.expectation(org).touchedAt = this.clock.mono;
  }
  touchedAt(org: Org): number {
    return Math.max(this.#worldTouchedAt, this.expectation(org).touchedAt);
  }
  /** Its credentials changed, or a person changed its directory: its verdict may be lifted. */
  changed(org: Org): void {
    this.touch(org);
    const t = this.expectation(org);
    t.verdict = undefined;
    t.isAlertOver = true;
    t.pardonedAt = this.clock.mono;
  }
  started(): void {
    this.pace.processStarted();
    for (const t of this.expectations.values()) {
      t.permits = 0;
      t.commands = 0;
      t.state = undefined;
      t.hollowSince = undefined;
      t.strayedSince = undefined;
    }
  }
  granted(org: Org): void {
    this.pace.granted(org);
    this.expectation(org).permits += 1;
  }

  opened(socket: SimulatedSocket): void {
    const { org, mode, pairingId } = socket.owner;
    this.checkDisk(org, mode);
    const t = this.expectation(org);
    for (const other of this.whatsapp?.sockets ?? []) {
      if (other === socket || !other.isOpen) continue;
      if (other.owner.org === org)
        this.broken('one login', `${org} opened a second connection while its first was open`);
      if (mode === 'restore' && other.jid === socket.jid)
        this.broken(
          'one login',
          `${org} opened a connection with the identity of ${other.owner.org}, which has one`,
        );
    }
    if (t.permits <= 0) this.broken('gate rates', `${org} opened a connection without a permit`);
    t.permits = 0;
    if (mode === 'pair') {
      if (pairingId === undefined || !this.pairings.has(pairingId))
        this.broken('no unasked QR', `${org} is paired without a command`);
      return;
    }
    if (t.mayRun === 'no') this.broken('stop stands', `${org} was stopped, and logs in`);
    const { verdict } = t;
    if (!verdict) return;
    const { reason, until, saidAt, saidWall } = verdict;
    if (deadReasons.has(reason)) return this.broken('dead credentials', `${org} logs in, and is ${reason}`);
    if (reason === 'banned_temporarily') {
      if (until === null || (this.clock.wall() < until && this.clock.mono - saidAt < until - saidWall))
        this.broken('ban respected', `${org} logs in before its ban ends`);
    } else if (
      reason !== 'exhausted' ||
      (this.clock.mono - saidAt < earliestProbeMs && this.clock.wall() < (until ?? 0) - 1_000)
    )
      this.broken(
        'verdict stands',
        `${org} failed (${reason}) ${Math.round((this.clock.mono - saidAt) / 1000)} s ago, and logs in ` +
          'by itself',
      );
  }
  loggedIn(socket: SimulatedSocket): void {
    if (
      this.expectation(socket.owner.org).verdict &&
      socket.owner.mode === 'restore' &&
      deadReasons.has(this.expectation(socket.owner.org).verdict?.reason ?? '')
    )
      this.broken('dead credentials', `${socket.owner.org} is logged in with credentials known dead`);
  }
  closedByUs(socket: SimulatedSocket, wasHealthy: boolean): void {
    const { org, mode } = socket.owner;
    if (!wasHealthy || mode !== 'restore' || this.expectation(org).state !== 'connected') return;
    if (this.clock.mono - this.touchedAt(org) > aftermathMs)
      this.broken('quiet undisturbed', `${org} was connected and healthy, and was closed for no reason`);
  }
  deafened(socket: SimulatedSocket): void {
    this.touch(socket.owner.org);
  }
  scanned(socket: SimulatedSocket, fingerprint: string): void {
    this.touch(socket.owner.org);
    this.expectation(socket.owner.org).pending.add(fingerprint);
  }
  deviceLinked(socket: SimulatedSocket, fingerprint: string): void {
    this.touch(socket.owner.org);
    this.linkedByUs.add(fingerprint);
  }

  onEvent(event: FleetEvent): void {
    if (event.type === 'session.reported') return this.#reported(event);
    if (event.type === 'session.crashed')
      return this.broken('nothing thrown', `the session of ${event.org} crashed: ${String(event.error)}`);
    if (event.type === 'outage.began') return this.pace.outageBegan(event.cause);
    if (event.type === 'outage.ended') return this.pace.outageEnded();
    if (event.type === 'scan.done' || event.type === 'scan.failed') this.scannedAt = this.clock.mono;
    if (event.type !== 'pairing.reported') return;
    if (event.update.status === 'completed') this.expectation(event.org).pardonedAt = this.clock.mono;
    if (!this.pairings.has(event.update.pairingId))
      this.broken('no unasked QR', `${event.org} shows a pairing without a command`);
  }

  #reported(r: Reported): void {
    const { org, view } = r;
    const t = this.expectation(org);
    this.reportedAt = this.clock.mono;
    this.coverage.saw(
      r.previousState,
      view.state,
      view.state === 'failed' || view.state === 'retrying' ? view.lastError?.reason : undefined,
    );
    if (t.state !== view.state)
      this.stateChanges.push(`${this.clock.mono} ${org} ${view.state} ${view.lastError?.reason ?? ''}`);
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
      if (!t.isAlertOver && t.alert?.startsWith(`${reason} `))
        this.broken('one alert', `${org} reported the failure twice (${reason})`);
      t.alert = alert;
      this.#judgeCause(t, reason);
    }
    t.isAlertOver = !r.durable; // a failure that is not durable is found again after a restart
    const isKnown = r.previousState === null && t.verdict !== undefined;
    if (!r.durable || t.commands > 0 || view.duplicateOf !== null || isKnown) return;
    t.verdict = { reason, until: view.nextRetryAt, saidAt: this.clock.mono, saidWall: this.clock.wall() };
  }

  #forgave(t: Expectation, { view, previousState }: Reported): void {
    const { mono } = this.clock;
    if (previousState === 'connected') t.lastStableMs = mono - t.connectedAt;
    if (view.state === 'connected' && previousState !== 'connected') t.connectedAt = mono;
    if (previousState === null || view.attempt >= t.attempt || t.state === 'failed') return;
    if (
      mono - Math.max(t.pardonedAt, this.#worldTouchedAt) > aftermathMs &&
      t.lastStableMs < defaultPolicy.stableMs
    )
      this.broken(
        'forgiven late',
        `${t.org} forgot ${t.attempt - view.attempt} failures after ${Math.round(t.lastStableMs / 1000)} s`,
      );
  }
  #judgeCause(t: Expectation, reason: Lasting): void {
    if (reason === 'exhausted') return this.pace.exhausted(t.org);
    if (!t.causes.has(reason))
      this.broken('verdict has a cause', `${t.org} failed (${reason}), and no operation explains it`);
  }

  /** Between the command and its answer nothing certain is expected. Returns the handler of the answer. */
  asked(org: Org, command: SessionCommand): (answer: Answer | undefined) => void {
    const t = this.expectation(org);
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
      if (answer.ok) expectAfter(t, command, answer.durable);
      else if (answer.kind === 'invalid_state') Object.assign(t, { verdict, mayRun, isAlertOver, isLeaving });
    };
  }
}
