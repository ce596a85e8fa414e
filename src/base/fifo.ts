/** A queue: the first that was added leaves first. Each step costs the same, however long it is. */
const leastCut = 1_024;

export class Fifo<T> {
  #items: T[] = [];
  /** An index and not `shift()`, which moves every item of a long array. */
  #head = 0;

  get length(): number {
    return this.#items.length - this.#head;
  }
  push(item: T): void {
    this.#items.push(item);
  }
  first(): T | undefined {
    return this.#items[this.#head];
  }
  last(): T | undefined {
    return this.length > 0 ? this.#items.at(-1) : undefined;
  }
  shift(): T | undefined {
    const item = this.#items[this.#head];
    if (this.#head < this.#items.length) this.#head += 1;
    if (this.#head >= leastCut && this.#head * 2 >= this.#items.length) {
      this.#items = this.#items.slice(this.#head);
      this.#head = 0;
    }
    return item;
  }
  /** Removes the others. Looks at every item. */
  keep(isKept: (item: T) => boolean): void {
    this.#items = this.#items.slice(this.#head).filter(isKept);
    this.#head = 0;
  }
}
