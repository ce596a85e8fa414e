import { monotonicMs } from './monotonic.ts';
import { createQueue, type Queue } from './queue.ts';

/**
 * Spreads work over turns of the event loop, fairly between all sockets. When a network fails, every session
 * loses its connection in the same moment. Two thousand closings, each half a millisecond of work, would
 * delay timers, watchdogs and clients by more than a second. So once a turn has used its time, later work
 * waits for a turn of its own, in its order. Normally nothing waits.
 */

/** Work in one turn, in milliseconds; then the rest waits for a later turn. */
export const turnMs = 10;

/** Runs the work now or in a later turn. Rejects when the work throws. */
type RunWork = <T>(work: () => T | Promise<T>) => Promise<T>;
export interface FairQueue {
  /** Keeps the order of the calls: the events of one socket stay in their order. */
  readonly run: RunWork;
  /**
   * For work that causes more work: it runs when nothing else waits. A connection is finished before the next
   * one starts. Otherwise each of a thousand would take as long as all of them, and the client library would
   * give up on all (after 20 s).
   */
  readonly runWhenQuiet: RunWork;
}
export interface FairQueueOptions {
  /** Runs something in a later turn of the event loop. */
  readonly later?: (run: () => void) => void;
  readonly monotonicMs?: () => number;
}
type Run = () => void;

export const createFairQueue = ({
  later = setImmediate,
  monotonicMs: nowMs = monotonicMs,
}: FairQueueOptions = {}): FairQueue => {
  const [waiting, quiet] = [createQueue<Run>(), createQueue<Run>()];
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
    (queue: Queue<Run>, mustWait: () => boolean): RunWork =>
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
