/** One run: a seed, what of its schedule is played, and what came of it. */

import { defaultPolicy } from '../../machines/domain/policy.ts';
import type { Timer } from './clock.ts';
import { settle } from './clock.ts';
import type { Coverage } from './coverage.ts';
import { hours, SimulationHarness } from './harness.ts';
import type { Violation } from './invariants/invariants.ts';
import { Sweep } from './invariants/sweep.ts';
import { calmMs, faults, fleetOf, type Operation, scheduleOf, stormMs } from './operations.ts';
import { scanEveryMs } from './program.ts';
import { rngFor } from './rng.ts';
import { slowestPingMs } from './socket.ts';

export interface RunOptions {
  readonly seed: number;
  /** Simulated, in milliseconds. */
  readonly totalMs: number;
  readonly fleet?: number;
  /** Between two operations, on average. */
  readonly meanGapMs?: number;
  /** Only these operations of the schedule; all of them when absent. */
  readonly keep?: ReadonlySet<number>;
  /** Fire every ping and every scan, even those that can do nothing. */
  readonly plods?: boolean;
}
export interface RunResult {
  readonly violation: Violation | undefined;
  readonly story: readonly string[];
  readonly simulatedMs: number;
  readonly performed: readonly number[];
  readonly coverage: Coverage;
  readonly starts: number;
  readonly steps: number;
  /** Every change of state that was told, and when. */
  readonly heard: readonly string[];
}

export const defaultFleet = 10;
export const defaultGapMs = 9 * 60_000;
/** Once faults have ceased, all that is to run is connected again within this. */
const boundMs = 25 * 60_000;
/** A version that was refused is tried again after at most an hour. */
const boundAfterOutdatedMs = 85 * 60_000;
/** Three scans: after that long, nothing that was done to the disk is still to be noticed. */
const noticedMs = 95_000;
const isPing = ({ owner, ms }: Timer): boolean => owner === 'program' && ms === defaultPolicy.pingEveryMs;
const isScan = ({ owner, ms }: Timer): boolean => owner === 'program' && ms === scanEveryMs;

export const simulate = async (options: RunOptions): Promise<RunResult> => {
  const { seed, totalMs, fleet = defaultFleet, meanGapMs = defaultGapMs, keep, plods = false } = options;
  const orgs = fleetOf(fleet);
  const harness = new SimulationHarness(seed);
  const { clock, watch, whatsapp, volume } = harness;
  const sweep = new Sweep(harness);
  const rng = rngFor(seed, 'run');
  const schedule = scheduleOf(seed, totalMs, orgs, meanGapMs).filter(({ id }) => keep === undefined || keep.has(id));
  const performed: number[] = [];
  let steps = 0;
  let actedAt = 0;

  const caught = async (work: () => unknown): Promise<void> => {
    try {
      await work();
    } catch (error) {
      watch.broken('nothing thrown', error instanceof Error ? (error.stack ?? error.message) : String(error));
    }
  };
  /** Everything that happens is followed by this. */
  const after = async (): Promise<void> => {
    await settle();
    if (harness.powerFailed) {
      harness.losePower();
      await settle();
    }
    steps += 1;
    sweep.step();
  };
  /** Would its firing change nothing? Then it is leapt over: a ping that will be answered, a scan that will find what the last one found. */
  const isIdle = (next: Timer, limit: number): boolean => {
    if (isPing(next)) {
      const areHeard = [...whatsapp.links].every((link) => whatsapp.hears(link));
      return areHeard && next.at + slowestPingMs < limit && !clock.isCrowded(slowestPingMs, isPing);
    }
    const changedAt = Math.max(actedAt, watch.reportedAt, watch.lastTouchedAt);
    if (!isScan(next) || clock.mono - changedAt < noticedMs || !volume.calm) return false;
    sweep.timers();
    return true;
  };
  const playUntil = async (limit: number): Promise<void> => {
    for (let next = clock.next(); next && next.at <= limit && watch.violation === undefined; next = clock.next()) {
      if (!plods && isIdle(next, limit)) {
        clock.leap();
        continue;
      }
      await caught(() => clock.fire());
      await after();
    }
    if (watch.violation === undefined) clock.mono = Math.max(clock.mono, limit);
  };
  const perform = async ({ id, kind, org }: Operation): Promise<void> => {
    const fault = faults[kind];
    if (!fault) throw new Error(`no such operation: ${kind}`);
    actedAt = clock.mono;
    harness.coverage.did(kind);
    await caught(async () => {
      const said = await fault.strike(harness, rngFor(seed, `operation ${id}`), org);
      if (said === undefined) return;
      performed.push(id);
      harness.log(`[${id}] ${said}`);
    });
    await after();
  };

  const undo = clock.install();
  try {
    for (const org of orgs) harness.place(org, harness.linkedElsewhere());
    harness.boot();
    await after();
    let wasOutdated = false;
    for (let began = 0; began < totalMs && watch.violation === undefined; began += stormMs + calmMs) {
      for (const operation of schedule) {
        if (operation.at < began || operation.at >= began + stormMs || watch.violation !== undefined) continue;
        await playUntil(operation.at);
        if (watch.violation === undefined) await perform(operation);
        wasOutdated ||= operation.kind === 'outdated';
      }
      const calmAt = Math.min(began + stormMs, totalMs);
      await playUntil(calmAt);
      actedAt = clock.mono;
      harness.coverage.did('calm');
      watch.touch(undefined);
      watch.pace.weatherChanged(false, []);
      volume.heal();
      whatsapp.heal();
      harness.log('all faults cease');
      if (rng.happens(0.3)) harness.kill('is killed once more');
      await after();
      const settledAt = calmAt + (wasOutdated ? boundAfterOutdatedMs : boundMs);
      await playUntil(settledAt);
      if (watch.violation === undefined) {
        sweep.arrival(calmAt);
        sweep.identities();
        sweep.records();
      }
      wasOutdated = false;
      await playUntil(began + stormMs + calmMs);
    }
  } finally {
    undo();
  }
  const { violation } = watch;
  if (violation) harness.log(`BROKEN ${violation.invariant}: ${violation.message} (at ${hours(violation.at).trim()})`);
  return {
    violation,
    story: harness.story,
    simulatedMs: clock.mono,
    performed,
    coverage: harness.coverage,
    starts: harness.starts,
    steps,
    heard: watch.heard,
  };
};
