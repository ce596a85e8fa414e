/** Gathers changes for a slow writer: those that arrive during a write are written together afterwards. */
import { createSerialQueue } from './serial-queue.ts';

export interface GatheredWrites<T> {
  /** Resolves when all of them are written, and rejects when the writer refuses the batch that has them. */
  write(changes: readonly T[]): Promise<void>;
  /** Resolves when nothing waits. Never rejects. */
  idle(): Promise<void>;
}
export const gatherWrites = <T>(write: (batch: readonly T[]) => Promise<void>): GatheredWrites<T> => {
  const queue = createSerialQueue();
  let waiting: T[] = [];
  let next: Promise<void> | undefined;
  const writeWaiting = (): Promise<void> => {
    const batch = waiting;
    waiting = [];
    next = undefined;
    return write(batch);
  };
  return {
    write: (changes) => {
      for (const change of changes) waiting.push(change);
      next ??= queue.run(writeWaiting);
      return next;
    },
    idle: () => queue.idle(),
  };
};
