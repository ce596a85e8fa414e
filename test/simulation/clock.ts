/**
 * The clock of the simulation. It replaces the global timers, `Date.now` and `performance.now`, and jumps
 * from timer to timer. The program's timers are kept apart from the simulation's own, because they end with
 * the program's process.
 */
export type Owner = 'program' | 'simulation';
export interface Timer {
  at: number;
  readonly order: number;
  /** The delay as it was requested. */
  readonly ms: number;
  readonly owner: Owner;
  readonly run: () => void;
  live: boolean;
  unref(): Timer;
  ref(): Timer;
}

/** Node's timers take at most this; anything longer fires after a millisecond. */
const longestTimerMs = 2_147_483_647;
const startOfTimeMs = Date.UTC(2026, 0, 15, 3, 35);
const realImmediate = setImmediate;

/** Runs everything that waits for no timer. */
export const settle = (): Promise<void> => new Promise((resolve) => void realImmediate(resolve));

const before = (a: Timer, b: Timer): boolean => a.at < b.at || (a.at === b.at && a.order < b.order);

export class Clock {
  /** Never jumps; milliseconds since the simulation began. */
  mono = 0;
  /** The wall clock minus `mono`. An operator may change it. */
  offset = startOfTimeMs;
  readonly #program = new Set<Timer>();
  #heap: Timer[] = [];
  #order = 0;

  wall = (): number => this.offset + this.mono;

  add(owner: Owner, ms: number, run: () => void): Timer {
    const delay = ms > longestTimerMs ? 1 : Math.max(0, Math.ceil(ms));
    this.#order += 1;
    const timer: Timer = {
      at: this.mono + delay,
      order: this.#order,
      ms,
      owner,
      run,
      live: true,
      unref: () => timer,
      ref: () => timer,
    };
    if (owner === 'program') this.#program.add(timer);
    this.#push(timer);
    return timer;
  }

  cancel(timer: Timer | undefined): void {
    if (!timer?.live) return;
    timer.live = false;
    this.#program.delete(timer);
  }

  /** The process has ended, and its timers with it. */
  killProgram(): void {
    for (const timer of this.#program) timer.live = false;
    this.#program.clear();
  }

  programTimers(): ReadonlySet<Timer> {
    return this.#program;
  }

  next(): Timer | undefined {
    for (let top = this.#heap[0]; top; top = this.#heap[0]) {
      if (top.live) return top;
      this.#pop();
    }
    return undefined;
  }

  fire(): void {
    const timer = this.next();
    if (!timer) return;
    this.#pop();
    timer.live = false;
    this.#program.delete(timer);
    this.mono = Math.max(this.mono, timer.at);
    timer.run();
  }

  /** Replaces the global timers; returns a function that restores them. */
  install(): () => void {
    const real = {
      setTimeout,
      clearTimeout,
      setImmediate,
      clearImmediate,
      setInterval,
      now: Date.now,
      monotonic: performance.now,
    };
    const start = (run: (...args: unknown[]) => void, ms = 1, ...args: unknown[]) =>
      this.add('program', Math.max(1, ms), () => run(...args));
    const cancel = (timer: unknown) => this.cancel(timer as Timer | undefined);
    Object.assign(globalThis, {
      setTimeout: start,
      clearTimeout: cancel,
      setImmediate: (run: (...args: unknown[]) => void, ...args: unknown[]) =>
        this.add('program', 0, () => run(...args)),
      clearImmediate: cancel,
      setInterval: () => {
        throw new Error('nothing in the program repeats by an interval');
      },
    });
    Date.now = this.wall;
    performance.now = () => this.mono;
    return () => {
      const { now, monotonic, ...timers } = real;
      Object.assign(globalThis, timers);
      Date.now = now;
      performance.now = monotonic;
    };
  }

  #push(timer: Timer): void {
    const heap = this.#heap;
    let at = heap.push(timer) - 1;
    while (at > 0) {
      const above = (at - 1) >> 1;
      const parent = heap[above] as Timer;
      if (!before(timer, parent)) break;
      heap[at] = parent;
      at = above;
    }
    heap[at] = timer;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (!last || heap.length === 0) return;
    let at = 0;
    for (;;) {
      let below = 2 * at + 1;
      if (below >= heap.length) break;
      const right = heap[below + 1];
      if (right && before(right, heap[below] as Timer)) below += 1;
      const child = heap[below] as Timer;
      if (!before(child, last)) break;
      heap[at] = child;
      at = below;
    }
    heap[at] = last;
  }
}

const twoDigits = (n: number): string => String(Math.floor(n)).padStart(2, '0');
export const hours = (ms: number): string => {
  const minutes = Math.floor(ms / 60_000);
  const seconds = twoDigits((ms / 1_000) % 60);
  return `${String(Math.floor(minutes / 60)).padStart(4)}h${twoDigits(minutes % 60)}m${seconds}s`;
};
