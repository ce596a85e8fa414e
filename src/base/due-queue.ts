/**
 * A binary heap of ids by the time when they are due: adding and taking cost the logarithm of its size, and
 * looking at the first costs nothing. Equal times keep the order in which they were added.
 */
interface Entry {
  readonly at: number;
  readonly order: number;
  readonly id: string;
}
const isBefore = (a: Entry, b: Entry): boolean => (a.at === b.at ? a.order < b.order : a.at < b.at);

export class DueQueue {
  readonly #heap: Entry[] = [];
  #added = 0;

  get size(): number {
    return this.#heap.length;
  }
  /** The id may be there already: its earlier entry stays. */
  add(id: string, at: number): void {
    const heap = this.#heap;
    const entry = { at, id, order: (this.#added += 1) };
    let index = heap.length;
    while (index > 0) {
      const parent = (index - 1) >>> 1;
      const above = heap[parent] as Entry;
      if (isBefore(above, entry)) break;
      heap[index] = above;
      index = parent;
    }
    heap[index] = entry;
  }
  first(): { readonly id: string; readonly at: number } | undefined {
    return this.#heap[0];
  }
  removeFirst(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let index = 0;
    for (;;) {
      const left = 2 * index + 1;
      if (left >= heap.length) break;
      const right = heap[left + 1];
      const smaller = right !== undefined && isBefore(right, heap[left] as Entry) ? left + 1 : left;
      if (!isBefore(heap[smaller] as Entry, last)) break;
      heap[index] = heap[smaller] as Entry;
      index = smaller;
    }
    heap[index] = last;
  }
  clear(): void {
    this.#heap.length = 0;
  }
}
