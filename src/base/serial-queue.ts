/** Runs work one piece at a time, in the order of the calls. */
export interface SerialQueue {
  /**
   * Starts `work` once all earlier work has settled. Settles as `work` does; a failure does not stop later
   * work.
   */
  run<T>(work: () => Promise<T>): Promise<T>;
  /** Whether no work waits or runs. */
  isIdle(): boolean;
  /**
   * Resolves when no work is left, including work that is added meanwhile. Never rejects: each caller has its
   * own failure.
   */
  idle(): Promise<void>;
}

export const createSerialQueue = (): SerialQueue => {
  let tail: Promise<void> = Promise.resolve();
  let left = 0;
  const settled = (): void => {
    left -= 1;
  };
  return {
    run: (work) => {
      left += 1;
      const done = tail.then(work);
      tail = done.then(settled, settled); // the caller holds `done`, and with it the failure
      return done;
    },
    isIdle: () => left === 0,
    idle: async () => {
      while (left > 0) await tail;
    },
  };
};

/** A serial queue for each key. A key without work takes no memory. */
export interface SerialQueues {
  run<T>(key: string, work: () => Promise<T>): Promise<T>;
}

export const createSerialQueues = (): SerialQueues => {
  const queues = new Map<string, SerialQueue>();
  return {
    run: async (key, work) => {
      const queue = queues.get(key) ?? createSerialQueue();
      queues.set(key, queue);
      try {
        return await queue.run(work);
      } finally {
        if (queue.isIdle()) queues.delete(key);
      }
    },
  };
};
