/**
 * The invariants of the disk, of the actors, of the timers, and of the time after a storm. They are checked
 * step by step.
 */

import { defaultPolicy } from '../../../machines/domain/policy.ts';
import type { Org } from '../../../machines/domain/ports.ts';
import type { SessionSnapshot } from '../../../machines/supervisor/fleet.ts';
import { restlessGapMs } from '../../../machines/supervisor/setup.ts';
import { classify } from '../../../src/sessions/credentials.ts';
import { layoutOf } from '../../../src/sessions/layout.ts';
import { parseRecord } from '../../../src/sessions/record-format.ts';
import type { Expectation } from '../expectations.ts';
import type { Harness } from '../harness.ts';
import { root } from '../volume.ts';
import { hasArrived } from './arrival.ts';

/** A dead peer is noticed within 50 s: two pings of 10 s, 5 s apart, the first at most 25 s after it died. */
const noticedWithinMs = 60_000;
/**
 * An ended connection is terminated after 2 s; its last writes may take 10 s, and a slow disk takes longer.
 */
const disposedWithinMs = 15_000;
/** 90 s to connect, 45 s to be proven, and a slow disk. */
const attemptWithinMs = 150_000;
const sweepEveryMs = 5_000;
/** Three scans: after this time nothing that happened to the disk is still unnoticed. */
const noticedMs = 95_000;

const restsQuietly = (s: SessionSnapshot): boolean =>
  s.matches({ idle: 'resting' }) ||
  s.matches({ failed: 'awaitingOperator' }) ||
  s.matches({ failed: 'untilProbe' }) ||
  s.matches({ failed: 'untilBanEnds' });

export class Sweep {
  readonly #harness: Harness;
  readonly #seen = new Map<Org, Buffer | undefined>();
  #changes = -1;
  #sweptAt = 0;
  constructor(harness: Harness) {
    this.#harness = harness;
    harness.watch.checkDisk = (org, mode) => {
      this.#checkIdentity(harness.watch.expectation(org));
      if (mode === 'restore') harness.copies.beforeLogin(org);
    };
  }

  /** Called after every step. */
  step(): void {
    const harness = this.#harness;
    const { memory } = harness.volume;
    const changes =
      memory.begun('write') + memory.begun('rename') + memory.begun('remove') + harness.diskChanges;
    if (changes !== this.#changes) {
      this.#changes = changes;
      for (const t of harness.watch.expectations.values()) this.#checkIdentity(t);
    }
    if (harness.clock.mono - this.#sweptAt < sweepEveryMs) return;
    this.#sweptAt = harness.clock.mono;
    this.#sessions();
    if (this.#isQuiet()) this.#timers();
  }

  /** Nothing has happened for a while, and no scan is running. */
  #isQuiet(): boolean {
    const { clock, watch, volume, program, operatedAt } = this.#harness;
    const changedAt = Math.max(operatedAt, watch.reportedAt, watch.lastTouchedAt);
    const isResting =
      program?.supervisor.getSnapshot().matches({ running: { watching: 'resting' } }) ?? false;
    const hasRested = clock.mono - watch.scannedAt > restlessGapMs;
    return isResting && hasRested && volume.isHealthy && clock.mono - changedAt >= noticedMs;
  }

  /** The identity on disk is never replaced or lost. */
  #checkIdentity(t: Expectation): void {
    const harness = this.#harness;
    const bytes = harness.credentialsOf(t.org);
    if (bytes !== undefined && bytes === this.#seen.get(t.org)) return;
    this.#seen.set(t.org, bytes);
    const broken = (what: string) => harness.watch.broken('identity kept', `${t.org}: ${what}`);
    if (bytes === undefined) {
      if (t.held !== undefined && !t.isTorn && !t.isLeaving && t.pending.size === 0)
        broken('its credentials are gone');
      else if (t.pending.size === 0) t.held = undefined;
      return;
    }
    const { stored, fingerprint } = classify(bytes);
    if (stored !== 'restorable') {
      if (!t.isTorn) broken(`its credentials became ${stored}`);
      return;
    }
    if (t.pending.delete(fingerprint)) {
      t.held = fingerprint;
      t.isTorn = false;
      harness.watch.changed(t.org);
    } else if (fingerprint !== t.held) broken('its identity was replaced by another');
    else if (t.isTorn) {
      t.isTorn = false;
      harness.watch.changed(t.org); // a live session or the backup restored it
    }
  }

  #sessions(): void {
    const { watch, program, whatsapp, clock } = this.#harness;
    if (!program) return;
    const linked = new Map([...whatsapp.sockets].map((socket) => [socket.owner.org, socket]));
    for (const [org, snapshot] of program.sessions.all()) {
      const t = watch.expectation(org);
      const socket = linked.get(org);
      const isHollow =
        snapshot.context.state === 'connected' &&
        snapshot.matches({ live: 'connected' }) &&
        !(socket?.isLoggedIn && whatsapp.reaches(socket));
      t.hollowSince = isHollow ? (t.hollowSince ?? clock.mono) : undefined;
      if (t.hollowSince !== undefined && clock.mono - t.hollowSince > noticedWithinMs)
        watch.broken('connected is true', `${org} is shown as connected, and its connection is dead`);
      if (
        socket?.isCurrent &&
        snapshot.matches({ live: 'restoring' }) &&
        clock.mono - socket.openedAt > attemptWithinMs
      )
        watch.broken('never stuck', `${org} has been logging in for more than ${attemptWithinMs / 1_000} s`);
      const rests = restsQuietly(snapshot);
      if (rests && Object.keys(snapshot.children).length > 0)
        watch.broken(
          'nothing left',
          `${org} is ${snapshot.context.state} and still has ${Object.keys(snapshot.children).join(', ')}`,
        );
      t.strayedSince = rests && socket?.isOpen ? (t.strayedSince ?? clock.mono) : undefined;
      if (t.strayedSince !== undefined && clock.mono - t.strayedSince > disposedWithinMs)
        watch.broken('nothing left', `${org} is ${snapshot.context.state} and still has a socket`);
    }
  }

  /**
   * Every timer of the program has a known purpose. The first of the expected ones is that of the next scan.
   */
  #timers(): void {
    const { watch, program, clock } = this.#harness;
    if (!program) return;
    const gate = program.gate.getSnapshot();
    let expected =
      1 +
      Number(this.#harness.volume.hasJournal()) +
      Number(!gate.matches('open')) +
      Number(gate.matches({ open: 'crowded' }));
    for (const [org, snapshot] of program.sessions.all()) {
      if (snapshot.matches({ live: { connected: { healthy: 'answered' } } })) {
        const isYoung = clock.mono - watch.expectation(org).stateSince < defaultPolicy.stableMs;
        expected += isYoung ? 2 : 1;
      } else if (
        snapshot.matches('retrying') ||
        snapshot.matches({ failed: 'untilProbe' }) ||
        snapshot.matches({ failed: 'untilBanEnds' })
      )
        expected += 1;
      else if (!restsQuietly(snapshot)) return;
    }
    const timers = [...clock.programTimers()];
    if (timers.length !== expected)
      watch.broken(
        'nothing left',
        `${expected} timers have a purpose, and there are ${timers.length}: ` +
          `${timers.map((t) => t.ms).join(', ')} ms`,
      );
  }

  /** Every identity that a phone linked is still on the volume. */
  identities(): void {
    const { volume, watch } = this.#harness;
    const there = new Set<string>();
    for (const path of volume.memory.paths()) {
      if (!/creds\.json(\.bak)?$/.test(path)) continue;
      const bytes = volume.memory.peek(path);
      if (bytes) there.add(classify(bytes).fingerprint);
    }
    for (const fingerprint of watch.linkedByUs)
      if (!there.has(fingerprint))
        watch.broken('identity kept', `an identity that a phone linked is nowhere under ${root}`);
  }

  /** Records that could not be written while the disk failed are written when it works again. */
  records(): void {
    const { program, volume, watch } = this.#harness;
    for (const [org, { context, status }] of program?.sessions.all() ?? []) {
      const record = parseRecord(volume.memory.peek(layoutOf(root).record(org)) ?? Buffer.alloc(0));
      if (status !== 'active' || context.recordUnreadable) continue;
      const [wants, has] = [
        `${context.desired} ${context.verdict?.reason ?? ''}`,
        `${record?.desired} ${record?.verdict?.reason ?? ''}`,
      ];
      if (wants !== has) watch.broken('written down', `${org} is ${wants}, and its record says ${has}`);
    }
  }

  /** Checks every session. `since`: when the storm ended. */
  arrival(since: number): void {
    const harness = this.#harness;
    for (const t of harness.watch.expectations.values()) {
      const why = hasArrived(harness, t, since);
      if (why !== undefined) harness.watch.broken('back in time', `${t.org} ${why}`);
    }
  }
}
