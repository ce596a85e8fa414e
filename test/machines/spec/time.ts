/** Virtual time, and how to let what it settled be heard. */
import { afterEach, beforeEach, vi } from 'vitest';

/** Lets promises that are already settled be heard. The fake clock's own way of doing so costs a millisecond each time. */
export const settle = async (): Promise<void> => {
  for (let hop = 0; hop < 24; hop += 1) await Promise.resolve();
};
/** Turns the virtual clock, and lets what that settled be heard. */
export const turn = async (ms: number, stepMs = ms): Promise<void> => {
  await settle();
  for (let left = ms; left > 0; left -= stepMs) {
    vi.advanceTimersByTime(Math.min(left, stepMs));
    await settle();
  }
};
export const onVirtualTime = (): void => {
  beforeEach(() => void vi.useFakeTimers({ now: 0 }));
  afterEach(() => void vi.useRealTimers());
};
