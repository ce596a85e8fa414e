import { monotonicMs } from './monotonic.ts';
/**
 * A fair queue for the event loop, shared by all sockets. When a network goes away, every session loses its
 * connection in the same moment: two thousand closings, each of them half a millisecond of the client
 * library, the machines and everybody who listens, would keep timers, watchdogs and clients waiting for more
 * than a second. So what comes while a turn has already taken its time waits for a turn of its own, in the
 * order in which it came. On an ordinary day nothing waits.
 */

/** After so much work in one turn, whatever comes waits for a later one. */
export const turnMs = 10;

/** Does the work now or in a later turn. Rejects as the work throws. */
type RunWork = <T>(work: () => T | Promise<T>) => Promise<T>;
export interface FairQueue {
  /** Nothing overtakes: what one socket says arrives in its order. */
  readonly run: RunWork;
  /**
   * For what makes more work: once nothing else waits. A connection that was begun is finished before the
   * next one is begun, or of a thousand that begin together each would take as long as all, and the client
   * library give up on all (after 20 s).
   */
  readonly runWhenQuiet: RunWork;
}
export interface FairQueueOptions {
  /** Runs something in a later turn of the event loop. */
  readonly later?: (run: () => void) => void;
  readonly monotonicMs?: () => number;
}
type Run = () => void;

const createQueue = () => {
  const waiting: Run[] = [];
  let first = 0; // index instead of shift(): thousands may wait
  return {
    isEmpty: () => first === waiting.length,
    add: (run: Run) => void waiting.push(run),
    take: (): Run | undefined => {
      const run = waiting[first];
      if (run === undefined) return undefined;
      first += 1;
      if (first === waiting.length) first = waiting.length = 0;
      return run;
    },
  };
};

export const createFairQueue = ({
  later = setImmediate,
  monotonicMs: nowMs = monotonicMs,
}: FairQueueOptions = {}): FairQueue => {
  const [waiting, quiet] = [createQueue(), createQueue()];
  /** When the first of this turn began; undefined when nothing was done in it. */
  let since: number | undefined;

  const begin = (): void => {
    if (since !== undefined) return;
    since = nowMs();
    later(next);
  };
  /**
   * One a turn: what it leaves to promises is a part of the same turn, and cannot be measured before they
   * have run.
   */
  const next = (): void => {
    since = undefined;
    const run = waiting.take() ?? quiet.take();
    if (run === undefined) return;
    begin();
    run();
  };
  const isSpent = (): boolean => since !== undefined && nowMs() - since >= turnMs;

  const runIn =
    (queue: typeof waiting, mustWait: () => boolean): RunWork =>
    <T>(work: () => T | Promise<T>) =>
      new Promise<T>((resolve, reject) => {
        const run = (): void => {
          try {
            resolve(work());
          } catch (error) {
            reject(error);
          }
        };
        if (mustWait()) return queue.add(run);
        begin();
        run();
      });
  return {
    run: runIn(waiting, () => !waiting.isEmpty() || isSpent()),
    runWhenQuiet: runIn(quiet, () => !waiting.isEmpty() || !quiet.isEmpty() || isSpent()),
  };
};
