/** Runs work one piece at a time, in the order of the calls. */
export interface SerialQueue {
  /** Starts `work` once all earlier work has settled. Settles as `work` does; a failure does not stop later work. */
  run<T>(work: () => Promise<T>): Promise<T>;
  /** Resolves when no work is left, including work that is added meanwhile. Never rejects: each caller has its own failure. */
  idle(): Promise<void>;
}

export const createSerialQueue = (): SerialQueue => {
  let tail: Promise<unknown> = Promise.resolve();
  return {
    run: (work) => {
      const done = tail.then(work);
      tail = done.catch(() => undefined); // the caller holds `done`, and with it the failure
      return done;
    },
    idle: async () => {
      for (let awaited: unknown; awaited !== tail; ) await (awaited = tail);
    },
  };
};

/** A serial queue for each key. A key without work takes no memory. */
export interface SerialQueues {
  run<T>(key: string, work: () => Promise<T>): Promise<T>;
}

export const createSerialQueues = (): SerialQueues => {
  const queues = new Map<string, { readonly queue: SerialQueue; left: number }>();
  return {
    run: async (key, work) => {
      const entry = queues.get(key) ?? { queue: createSerialQueue(), left: 0 };
      queues.set(key, entry);
      entry.left += 1;
      try {
        return await entry.queue.run(work);
      } finally {
        entry.left -= 1;
        if (entry.left === 0) queues.delete(key);
      }
    },
  };
};
