/**
 * One run: plays the schedule of a seed, checks the invariants after every step, and returns what happened.
 */
import { hours, settle } from './clock.ts';
import type { Coverage } from './coverage.ts';
import { Harness } from './harness.ts';
import type { Violation } from './invariants/invariants.ts';
import { Sweep } from './invariants/sweep.ts';
import { calmMs, faults, fleetOf, type Operation, scheduleOf, stormMs } from './operations.ts';
import { type Rng, rngFor } from './rng.ts';

export interface RunOptions {
  readonly seed: number;
  /** Simulated time, in milliseconds. */
  readonly totalMs: number;
  readonly fleet?: number;
  /** Average time between two operations. */
  readonly meanGapMs?: number;
  /** Only these operations of the schedule; all of them when absent. */
  readonly keep?: ReadonlySet<number>;
}
export interface RunResult {
  readonly violation: Violation | undefined;
  /** One line for each operation and each end of a process. */
  readonly trace: readonly string[];
  readonly simulatedMs: number;
  readonly performed: readonly number[];
  readonly coverage: Coverage;
  readonly starts: number;
  /** Every reported change of state, with its time. */
  readonly stateChanges: readonly string[];
}

export const defaultFleet = 10;
export const defaultGapMs = 9 * 60_000;
/** When all faults have ended, every session that should run is connected within this time. */
const boundMs = 25 * 60_000;
/** After a refused version, the next attempt comes after at most an hour. */
const boundAfterOutdatedMs = 85 * 60_000;

class Run {
  readonly #options: RunOptions;
  readonly #harness: Harness;
  readonly #sweep: Sweep;
  readonly #rng: Rng;
  readonly #schedule: readonly Operation[];
  readonly #orgs: readonly string[];
  readonly #performed: number[] = [];

  constructor(options: RunOptions) {
    const { seed, totalMs, fleet = defaultFleet, meanGapMs = defaultGapMs, keep } = options;
    this.#options = options;
    this.#harness = new Harness(seed);
    this.#sweep = new Sweep(this.#harness);
    this.#rng = rngFor(seed, 'run');
    this.#orgs = fleetOf(fleet);
    const schedule = scheduleOf(seed, totalMs, this.#orgs, meanGapMs);
    this.#schedule = schedule.filter(({ id }) => keep === undefined || keep.has(id));
  }

  get #isBroken(): boolean {
    return this.#harness.watch.violation !== undefined;
  }

  async play(): Promise<RunResult> {
    const harness = this.#harness;
    const uninstall = harness.clock.install();
    try {
      for (const org of this.#orgs) harness.place(org, harness.linkedElsewhere());
      harness.boot();
      await this.#afterStep();
      const { totalMs } = this.#options;
      for (let began = 0; began < totalMs && !this.#isBroken; began += stormMs + calmMs) {
        const wasOutdated = await this.#storm(began);
        await this.#calm(Math.min(began + stormMs, totalMs), wasOutdated);
        await this.#playUntil(began + stormMs + calmMs);
      }
    } finally {
      uninstall();
    }
    return this.#result();
  }

  /**
   * Performs the operations of one storm. Resolves with whether one of them made WhatsApp refuse the version.
   */
  async #storm(began: number): Promise<boolean> {
    let wasOutdated = false;
    for (const operation of this.#schedule) {
      if (operation.at < began || operation.at >= began + stormMs || this.#isBroken) continue;
      await this.#playUntil(operation.at);
      if (!this.#isBroken) await this.#perform(operation);
      wasOutdated ||= operation.kind === 'outdated';
    }
    return wasOutdated;
  }

  /** Ends all faults, and checks that everything is in order again within the bound. */
  async #calm(calmAt: number, wasOutdated: boolean): Promise<void> {
    const { watch, volume, whatsapp, coverage } = this.#harness;
    await this.#playUntil(calmAt);
    this.#harness.operatedAt = this.#harness.clock.mono;
    coverage.did('calm');
    watch.touch(undefined);
    watch.pace.conditionChanged(false, []);
    volume.heal();
    whatsapp.heal();
    this.#harness.log('all faults cease');
    if (this.#rng.happens(0.3)) this.#harness.kill('is killed once more');
    await this.#afterStep();
    await this.#playUntil(calmAt + (wasOutdated ? boundAfterOutdatedMs : boundMs));
    if (this.#isBroken) return;
    this.#sweep.arrival(calmAt);
    this.#sweep.identities();
    this.#sweep.records();
  }

  async #playUntil(limit: number): Promise<void> {
    const { clock } = this.#harness;
    for (let next = clock.next(); next && next.at <= limit && !this.#isBroken; next = clock.next()) {
      await this.#caught(() => clock.fire());
      await this.#afterStep();
    }
    if (!this.#isBroken) clock.mono = Math.max(clock.mono, limit);
  }

  async #perform({ id, kind, org }: Operation): Promise<void> {
    const harness = this.#harness;
    const fault = faults[kind];
    if (!fault) throw new Error(`no such operation: ${kind}`);
    harness.operatedAt = harness.clock.mono;
    harness.coverage.did(kind);
    await this.#caught(async () => {
      const line = await fault.apply(harness, rngFor(this.#options.seed, `operation ${id}`), org);
      if (line === undefined) return;
      this.#performed.push(id);
      harness.log(`[${id}] ${line}`);
    });
    await this.#afterStep();
  }

  async #caught(work: () => unknown): Promise<void> {
    try {
      await work();
    } catch (error) {
      const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
      this.#harness.watch.broken('nothing thrown', message);
    }
  }

  async #afterStep(): Promise<void> {
    await settle();
    if (this.#harness.powerFailed) {
      this.#harness.losePower();
      await settle();
    }
    this.#sweep.step();
  }

  #result(): RunResult {
    const { watch, clock, trace, coverage, starts } = this.#harness;
    const { violation, stateChanges } = watch;
    if (violation)
      this.#harness.log(
        `BROKEN ${violation.invariant}: ${violation.message} (at ${hours(violation.at).trim()})`,
      );
    return {
      violation,
      trace,
      simulatedMs: clock.mono,
      performed: this.#performed,
      coverage,
      starts,
      stateChanges,
    };
  }
}

export const simulate = (options: RunOptions): Promise<RunResult> => new Run(options).play();
