/** A table in memory, which ends with the process. It is used when the database cannot be opened. */
import type { Table, TableChange, TableKey, TableRange } from './table.ts';

/**
 * Numbers before strings, and a shorter key before a longer one that begins with it: the order of the
 * database on disk.
 */
export const compareKeys = (a: TableKey, b: TableKey): number => {
  for (let i = 0; i < Math.min(a.length, b.length); i += 1) {
    const [x, y] = [a[i] as string | number, b[i] as string | number];
    if (typeof x !== typeof y) return typeof x === 'number' ? -1 : 1;
    if (x !== y) return x < y ? -1 : 1;
  }
  return a.length - b.length;
};

export const memoryTable = (): Table => {
  const rows: (readonly [TableKey, unknown])[] = []; // sorted
  /** The index of the key, or the index where it would be. */
  const indexOf = (key: TableKey): number => {
    let [low, high] = [0, rows.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (compareKeys((rows[middle] as readonly [TableKey, unknown])[0], key) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  };
  const has = (index: number, key: TableKey): boolean => {
    const row = rows[index];
    return row !== undefined && compareKeys(row[0], key) === 0;
  };
  const put = ({ key, value }: TableChange): void => {
    const index = indexOf(key);
    if (value !== undefined) rows.splice(index, has(index, key) ? 1 : 0, [key, value]);
    else if (has(index, key)) rows.splice(index, 1);
  };
  return {
    get: (key) => {
      const index = indexOf(key);
      return has(index, key) ? rows[index]?.[1] : undefined;
    },
    range: ({ atLeast, below, reverse = false, limit = Number.POSITIVE_INFINITY }: TableRange) => {
      const from = atLeast ? indexOf(atLeast) : 0;
      const to = Math.max(from, below ? indexOf(below) : rows.length);
      return reverse
        ? rows.slice(Math.max(from, to - limit), to).reverse()
        : rows.slice(from, Math.min(to, from + limit));
    },
    write: async (changes) => {
      for (const change of changes) put(change);
    },
  };
};
