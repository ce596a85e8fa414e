/** At most so many at a time; the others wait in the order in which they came. */
export type Limit = <T>(work: () => Promise<T>) => Promise<T>;

export const limitTo = (places: number): Limit => {
  let free = places;
  const waiting: (() => void)[] = [];
  let next = 0; // index instead of shift(): a fleet's scan queues tens of thousands at once
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
    successor(); // the place is handed over, so nobody can slip in between
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
