/** Runs `work` when fewer than the limit are running. Settles as `work` does. */
export type Limit = <T>(work: () => Promise<T>) => Promise<T>;

/** At most `slots` pieces of work run at a time; the others start in the order of the calls. */
export const createLimit = (slots: number): Limit => {
  let free = slots;
  const waiting: (() => void)[] = [];
  let next = 0; // an index and not shift(): the scan of a fleet queues tens of thousands at once
  const enter = (): Promise<void> | undefined => {
    if (free > 0) {
      free -= 1;
      return undefined;
    }
    return new Promise((resolve) => waiting.push(resolve));
  };
  const leave = (): void => {
    const successor = waiting[next];
    if (!successor) {
      waiting.length = 0;
      next = 0;
      free += 1;
      return;
    }
    next += 1;
    if (next > 1024) {
      waiting.splice(0, next);
      next = 0;
    }
    successor(); // gets the slot directly, so that no later call can take it first
  };
  return async (work) => {
    await enter();
    try {
      return await work();
    } finally {
      leave();
    }
  };
};
