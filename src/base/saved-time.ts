/**
 * Deadlines that outlive the process. On disk only the wall clock has a meaning, and it may be set in either
 * direction. So a deadline is stored with the time when it was written: from both follows how long it was
 * meant to be, and no later setting of the clock makes it longer. Within a process durations are measured
 * with `monotonicMs` or with a steady clock.
 */
import { monotonicMs } from './monotonic.ts';

/** Epoch milliseconds. */
export interface SavedDeadline {
  readonly until: number;
  /** When the deadline was written. */
  readonly setAt: number;
}

/** Whether the wall clock was set back since `setAt`. Both in epoch milliseconds. */
export const wentBack = (setAt: number, now: number): boolean => now < setAt;

/**
 * Milliseconds that remain: never less than 0, and never more than the deadline was meant to last. A clock
 * that was set back since makes the wait start again, so it ends at the latest after its full duration. A
 * clock that was set forward ends it early: nothing on disk shows the difference from time that passed.
 */
export const remainingMs = ({ until, setAt }: SavedDeadline, now: number): number => {
  const meant = until - setAt;
  const left = until - now;
  return Number.isFinite(meant) && Number.isFinite(left) ? Math.max(0, Math.min(left, meant)) : 0;
};

/**
 * Epoch milliseconds that nothing sets while the process runs: the wall clock when this was called, and the
 * time that has passed since. `wall` and `monotonic` in milliseconds.
 */
export const steadyClock = (
  wall: () => number = Date.now,
  monotonic: () => number = monotonicMs,
): (() => number) => {
  const origin = wall() - monotonic();
  return () => origin + monotonic();
};
