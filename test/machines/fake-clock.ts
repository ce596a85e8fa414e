/** The fake clock of the tests, and how to let pending promises settle. */
import { afterEach, beforeEach, vi } from 'vitest';

/**
 * Runs the callbacks of settled promises. The fake clock's own way of doing so costs a millisecond each time.
 */
export const settle = async (): Promise<void> => {
  for (let hop = 0; hop < 24; hop += 1) await Promise.resolve();
};
/** Advances the fake clock, and runs the callbacks of the promises that this settles. */
export const advance = async (ms: number, stepMs = ms): Promise<void> => {
  await settle();
  for (let left = ms; left > 0; left -= stepMs) {
    vi.advanceTimersByTime(Math.min(left, stepMs));
    await settle();
  }
};
/** The same, with pending promises run between the timers. For tests in which a timer waits for a promise. */
export const advanceSlowly = async (ms = 0): Promise<void> => {
  await vi.advanceTimersByTimeAsync(ms);
};
export const onVirtualTime = (): void => {
  beforeEach(() => void vi.useFakeTimers({ now: 0 }));
  afterEach(() => void vi.useRealTimers());
};
