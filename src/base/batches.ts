/** Large enough to keep the disk busy, small enough that a batch never blocks the loop for long, even if all answers come at once. */
const batchSize = 200;

/** Works through a list in order, a batch at a time, and lets everybody else run in between. How many reach the disk at once is the disk's to bound. */
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
