/**
 * Large enough to keep the disk busy, small enough that a batch never blocks the event loop for long, even if
 * all results arrive at once.
 */
const batchSize = 200;

/**
 * Works through a list in order, one batch after another, and lets other work run in between. `Disk` limits
 * how many operations run at once.
 */
export const inBatches = async <T>(
  items: readonly T[],
  wait: (ms: number) => Promise<void>,
  work: (item: T) => Promise<void>,
): Promise<void> => {
  for (let start = 0; start < items.length; start += batchSize) {
    if (start > 0) await wait(0);
    await Promise.all(items.slice(start, start + batchSize).map(work));
  }
};
