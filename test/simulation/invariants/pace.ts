/**
 * Checks the gate's rates, the outages that it announces, and that failed sessions do not wait equally long.
 */
import { defaultPolicy } from '../../../machines/domain/policy.ts';
import type { Org } from '../../../machines/domain/ports.ts';
import type { SessionView } from '../../../machines/domain/view.ts';
import type { Clock } from '../clock.ts';
import type { Expectation } from '../expectations.ts';
import type { Invariant } from './invariants.ts';

const { gate } = defaultPolicy;
/** This many equal waits in a row, of sessions that failed equally often, are no coincidence. */
const inStep = 5;
/** A session may have failed this often before the breaker could open. */
const fewFailures = 3;
/** The gate tolerates a timer that fires a millisecond early. */
const almostOne = 0.98;

export class Pace {
  /** The tokens of a correct gate. */
  #tokens: number = gate.burst;
  #filledAt = 0;
  #outage: string | undefined;
  #announced = new Map<string, number>();
  #episode = 0;
  /**
   * The failures of each connected session at the start of an outage; undefined when too few sessions were
   * connected.
   */
  #atOnset: ReadonlyMap<Org, number> | undefined;
  readonly #lastWait = new Map<number, { readonly wait: number; readonly times: number }>();
  readonly #clock: Clock;
  readonly #broken: (invariant: Invariant, message: string) => void;
  constructor(clock: Clock, broken: (invariant: Invariant, message: string) => void) {
    this.#clock = clock;
    this.#broken = broken;
  }

  processStarted(): void {
    this.#tokens = gate.burst;
    this.#filledAt = this.#clock.mono;
    this.#outage = undefined;
    this.#episode += 1;
    this.#lastWait.clear();
  }
  conditionChanged(isBad: boolean, expectations: Iterable<Expectation>): void {
    this.#episode += 1;
    const connected = [...expectations].filter((t) => t.state === 'connected');
    this.#atOnset =
      isBad && connected.length >= gate.outageMin
        ? new Map(connected.map((t) => [t.org, t.attempt]))
        : undefined;
  }
  clockSetForward(): void {
    this.#tokens = this.#outage ? 1 : gate.burst;
  }

  granted(org: Org): void {
    const [most, perSecond] = this.#outage ? [1, gate.probesPerSecond] : [gate.burst, gate.perSecond];
    this.#tokens = Math.min(most, this.#tokens + ((this.#clock.mono - this.#filledAt) / 1_000) * perSecond);
    this.#filledAt = this.#clock.mono;
    if (this.#tokens < almostOne)
      this.#broken('gate rates', `${org} was admitted with ${this.#tokens.toFixed(2)} tokens left`);
    this.#tokens -= 1;
  }

  outageBegan(cause: string): void {
    this.#outage = cause;
    this.#tokens = 0;
    this.#filledAt = this.#clock.mono;
    const key = `${this.#episode} ${cause}`;
    const times = (this.#announced.get(key) ?? 0) + 1;
    this.#announced.set(key, times);
    if (times > 1 && this.#atOnset) this.#broken('one alert', `the same outage was announced ${times} times`);
  }
  outageEnded(): void {
    this.#outage = undefined;
  }
  exhausted(org: Org): void {
    const before = this.#atOnset?.get(org);
    if (before !== undefined && before <= fewFailures)
      this.#broken('one alert', `${org} failed (exhausted) in an outage of all`);
  }

  waits({ org, state, attempt, nextRetryAt }: SessionView): void {
    if (state !== 'retrying' || nextRetryAt === null) return;
    const wait = nextRetryAt - this.#clock.wall();
    const last = this.#lastWait.get(attempt);
    const times = last?.wait === wait ? last.times + 1 : 0;
    this.#lastWait.set(attempt, { wait, times });
    if (times >= inStep)
      this.#broken(
        'never in step',
        `${org} is one of ${times} that waited ${wait} ms after ${attempt} failures`,
      );
  }
}
