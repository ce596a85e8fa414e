/** Plays arrivals on a pace under a clock of its own, as the runner of the program does. */
import {
  added,
  freed,
  known,
  type Pace,
  type PacePolicy,
  type Priority,
  paceOf,
  step,
  type Waiting,
} from '../../machines/pace.ts';

export const policy: PacePolicy = {
  perMinute: 20,
  burst: 5,
  jitter: 0.3,
  newPerMinute: 1,
  newPerDay: 50,
  lowerOneIn: 8,
};
export interface Arrival {
  readonly at: number;
  readonly to: string;
  readonly priority?: Priority;
  readonly isNew?: boolean;
  readonly forMs?: number;
}
export interface Started {
  readonly at: number;
  readonly one: Waiting;
}
export class PaceWorld {
  pace: Pace;
  now = 0;
  maySend = true;
  isRestricted = false;
  /** How long WhatsApp takes to acknowledge. */
  takesMs = 200;
  readonly started: Started[] = [];
  readonly expired: Started[] = [];
  readonly restricted: Started[] = [];
  /** Calls of `step`: what the program pays. */
  steps = 0;
  readonly #chance: () => number;
  readonly #policy: PacePolicy;
  #wakeAt: number | null = null;
  #ends: { at: number; to: string }[] = [];
  #orders = 0;

  constructor(chance: () => number = () => 0.5, over: Partial<PacePolicy> = {}) {
    this.#chance = chance;
    this.#policy = { ...policy, ...over };
    this.pace = paceOf(this.#policy);
  }
  add({ to, priority = 'normal', isNew = false, forMs = 86_400_000 }: Omit<Arrival, 'at'>): Waiting {
    const order = (this.#orders += 1);
    const one = { id: `m${order}`, order, to, priority, isNew, expiresAt: this.now + forMs };
    this.pace = added(this.pace, one);
    this.run();
    return one;
  }
  run(): void {
    for (;;) {
      this.steps += 1;
      const { pace, start, expired, restricted, wakeAt } = step(
        this.pace,
        { now: this.now, chance: this.#chance(), maySend: this.maySend, isRestricted: this.isRestricted },
        this.#policy,
      );
      this.pace = pace;
      this.expired.push(...expired.map((one) => ({ at: this.now, one })));
      this.restricted.push(...restricted.map((one) => ({ at: this.now, one })));
      this.#wakeAt = wakeAt;
      if (start === undefined) return;
      this.started.push({ at: this.now, one: start });
      this.pace = known(this.pace, start.to);
      this.#ends.push({ at: this.now + this.takesMs, to: start.to });
    }
  }
  /** Lets time pass, and wakes the pace only when it asked for that. */
  until(at: number): void {
    for (;;) {
      const times = [this.#wakeAt ?? Number.POSITIVE_INFINITY, ...this.#ends.map((end) => end.at)];
      const next = Math.max(this.now, Math.min(...times));
      if (next > at) break;
      this.now = next;
      for (const { to } of this.#ends.filter((end) => end.at <= next)) this.pace = freed(this.pace, to);
      this.#ends = this.#ends.filter((end) => end.at > next);
      this.run();
    }
    this.now = Math.max(this.now, at);
  }
  play(arrivals: readonly Arrival[], end: number): this {
    for (const one of arrivals.toSorted((a, b) => a.at - b.at)) {
      this.until(one.at);
      this.add(one);
    }
    this.until(end);
    return this;
  }
}
