/** Promises that are looked at rather than heard: on the disk, in the actors, among the timers, and when the storm is over. */

import { defaultPolicy } from '../../../machines/domain/policy.ts';
import type { Org } from '../../../machines/domain/ports.ts';
import type { SessionSnapshot } from '../../../machines/supervisor/fleet.ts';
import { classify } from '../../../src/sessions/credentials.ts';
import { layoutOf } from '../../../src/sessions/layout.ts';
import { parseRecord } from '../../../src/sessions/record-format.ts';
import type { Expectations } from '../expectations.ts';
import type { SimulationHarness } from '../harness.ts';
import { root } from '../volume.ts';
import { hasArrived } from './arrival.ts';

/** A dead peer is noticed within 50 s: two pings of 10 s, 5 s apart, the first at most 25 s after it died. */
const noticedWithinMs = 60_000;
/** An ended connection is terminated after 2 s; its last writes may take 10 s, and a slow disk takes longer. */
const disposedWithinMs = 15_000;
/** 90 s to connect, 45 s to be proven, and a slow disk. */
const attemptWithinMs = 150_000;
const sweepEveryMs = 5_000;

const restsQuietly = (s: SessionSnapshot): boolean =>
  s.matches({ idle: 'resting' }) ||
  s.matches({ failed: 'awaitingOperator' }) ||
  s.matches({ failed: 'untilProbe' }) ||
  s.matches({ failed: 'untilBanEnds' });

export class Sweep {
  readonly #harness: SimulationHarness;
  readonly #seen = new Map<Org, Buffer | undefined>();
  #changes = -1;
  #sweptAt = 0;
  constructor(harness: SimulationHarness) {
    this.#harness = harness;
    harness.watch.look = (org) => this.#look(harness.watch.expectations(org));
  }

  /** After every step. */
  step(): void {
    const harness = this.#harness;
    const { memory } = harness.volume;
    const changes = memory.begun('write') + memory.begun('rename') + memory.begun('remove') + harness.diskChanges;
    if (changes !== this.#changes) {
      this.#changes = changes;
      for (const t of harness.watch.truths.values()) this.#look(t);
    }
    if (harness.clock.mono - this.#sweptAt < sweepEveryMs) return;
    this.#sweptAt = harness.clock.mono;
    this.#sessions();
  }

  /** The identity on disk is never replaced or lost. */
  #look(t: Expectations): void {
    const harness = this.#harness;
    const bytes = harness.credentialsOf(t.org);
    if (bytes !== undefined && bytes === this.#seen.get(t.org)) return;
    this.#seen.set(t.org, bytes);
    const broken = (what: string) => harness.watch.broken('identity kept', `${t.org}: ${what}`);
    if (bytes === undefined) {
      if (t.held !== undefined && !t.isTorn && !t.isLeaving && t.pending.size === 0) broken('its credentials are gone');
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
      harness.watch.changed(t.org); // put back by a live session, or from the backup
    }
  }

  #sessions(): void {
    const { watch, program, whatsapp, clock } = this.#harness;
    if (!program) return;
    const linked = new Map([...whatsapp.links].map((link) => [link.caller.org, link]));
    for (const [org, snapshot] of program.sessions.all()) {
      const t = watch.expectations(org);
      const link = linked.get(org);
      const isHollow =
        snapshot.context.state === 'connected' && snapshot.matches({ live: 'connected' }) && !(link?.isLoggedIn && whatsapp.hears(link));
      t.hollowSince = isHollow ? (t.hollowSince ?? clock.mono) : undefined;
      if (t.hollowSince !== undefined && clock.mono - t.hollowSince > noticedWithinMs)
        watch.broken('connected is true', `${org} is shown as connected and reaches nobody`);
      if (link?.isCurrent && snapshot.matches({ live: 'restoring' }) && clock.mono - link.openedAt > attemptWithinMs)
        watch.broken('never stuck', `${org} has been logging in for more than ${attemptWithinMs / 1_000} s`);
      const rests = restsQuietly(snapshot);
      if (rests && Object.keys(snapshot.children).length > 0)
        watch.broken('nothing left', `${org} is ${snapshot.context.state} and still has ${Object.keys(snapshot.children).join(', ')}`);
      t.strayedSince = rests && link?.isOpen ? (t.strayedSince ?? clock.mono) : undefined;
      if (t.strayedSince !== undefined && clock.mono - t.strayedSince > disposedWithinMs)
        watch.broken('nothing left', `${org} is ${snapshot.context.state} and still has a socket`);
    }
  }

  /** When nothing is under way: every timer there is belongs to somebody. */
  timers(): void {
    const { watch, program, clock } = this.#harness;
    if (!program) return;
    const gate = program.gate.getSnapshot();
    let expected =
      1 + Number(this.#harness.volume.hasJournal()) + Number(!gate.matches('open')) + Number(gate.matches({ open: 'crowded' }));
    for (const [org, snapshot] of program.sessions.all()) {
      if (snapshot.matches({ live: { connected: { healthy: 'answered' } } })) {
        const isYoung = clock.mono - watch.expectations(org).stateSince < defaultPolicy.stableMs;
        expected += isYoung ? 2 : 1;
      } else if (snapshot.matches('retrying') || snapshot.matches({ failed: 'untilProbe' }) || snapshot.matches({ failed: 'untilBanEnds' }))
        expected += 1;
      else if (!restsQuietly(snapshot)) return;
    }
    const timers = [...clock.programTimers()];
    if (timers.length !== expected)
      watch.broken(
        'nothing left',
        `${expected} timers belong to somebody, and there are ${timers.length}: ${timers.map((t) => t.ms).join(', ')} ms`,
      );
  }

  /** What was ever linked by us lies somewhere, whatever happened. */
  identities(): void {
    const { volume, watch } = this.#harness;
    const there = new Set<string>();
    for (const path of volume.memory.paths()) {
      if (!/creds\.json(\.bak)?$/.test(path)) continue;
      const bytes = volume.memory.peek(path);
      if (bytes) there.add(classify(bytes).fingerprint);
    }
    for (const fingerprint of watch.linkedByUs)
      if (!there.has(fingerprint)) watch.broken('identity kept', `an identity that a phone linked is nowhere under ${root}`);
  }

  /** What could not be written down while the disk failed is, once it works. */
  records(): void {
    const { program, volume, watch } = this.#harness;
    for (const [org, { context, status }] of program?.sessions.all() ?? []) {
      const record = parseRecord(volume.memory.peek(layoutOf(root).record(org)) ?? Buffer.alloc(0));
      if (status !== 'active' || context.recordUnreadable) continue;
      const [wants, has] = [`${context.desired} ${context.verdict?.reason ?? ''}`, `${record?.desired} ${record?.verdict?.reason ?? ''}`];
      if (wants !== has) watch.broken('written down', `${org} is ${wants}, and its record says ${has}`);
    }
  }

  /** The storm is over since `since`. */
  arrival(since: number): void {
    const harness = this.#harness;
    for (const t of harness.watch.truths.values()) {
      const why = hasArrived(harness, t, since);
      if (why !== undefined) harness.watch.broken('back in time', `${t.org} ${why}`);
    }
  }
}
