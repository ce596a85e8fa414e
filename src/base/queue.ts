/** First in, first out, for many entries: nothing is moved for each one that is taken, and none is kept. */
export interface Queue<T> {
  readonly isEmpty: () => boolean;
  readonly add: (entry: T) => void;
  readonly take: () => T | undefined;
}

/** The queue frees the places of taken entries in blocks of this many. */
const spareMost = 1_024;

export const createQueue = <T>(): Queue<T> => {
  const entries: (T | undefined)[] = [];
  let first = 0;
  return {
    isEmpty: () => first === entries.length,
    add: (entry) => void entries.push(entry),
    take: () => {
      if (first === entries.length) return undefined;
      const entry = entries[first];
      entries[first] = undefined;
      first += 1;
      if (first === entries.length) first = entries.length = 0;
      else if (first >= spareMost && first * 2 >= entries.length) {
        entries.splice(0, first);
        first = 0;
      }
      return entry;
    },
  };
};
