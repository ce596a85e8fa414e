/**
 * A map whose entries expire after a time, and the oldest first when there are too many. Almost free while it
 * is empty.
 */

import { monotonicMs } from '../base/monotonic.ts';

export interface Bounds {
  /** The largest number of entries. */
  readonly most: number;
  /** The lifetime of an entry, in milliseconds since it was last set. */
  readonly holdsMs: number;
}

/** A class and not closures, because a session has six of them. */
export class ExpiringMap<T> {
  readonly #bounds: Bounds;
  readonly #dropped: ((key: string, value: T) => void) | undefined;
  #entries: Map<string, { readonly value: T; readonly until: number }> | undefined;
  #timer: NodeJS.Timeout | undefined;

  /** `dropped` receives each entry that leaves the map for any reason, except one that is set again. */
  constructor(bounds: Bounds, dropped?: (key: string, value: T) => void) {
    this.#bounds = bounds;
    this.#dropped = dropped;
  }
  get(key: string): T | undefined {
    const entry = this.#entries?.get(key);
    return entry && entry.until > monotonicMs() ? entry.value : undefined;
  }
  set(key: string, value: T): void {
    this.#entries ??= new Map();
    this.#entries.delete(key); // so that it becomes the newest
    this.#entries.set(key, { value, until: monotonicMs() + this.#bounds.holdsMs });
    if (this.#entries.size > this.#bounds.most || this.#timer === undefined) this.#sweep();
  }
  delete(key: string): boolean {
    const entry = this.#entries?.get(key);
    if (!entry) return false;
    this.#entries?.delete(key);
    this.#dropped?.(key, entry.value);
    return true;
  }
  clear(): void {
    for (const key of this.#entries?.keys() ?? []) this.delete(key);
    this.#sweep();
  }
  /** The keys of the entries, the oldest first. */
  keys(): readonly string[] {
    return [...(this.#entries?.keys() ?? [])];
  }
  /** The number of entries that have not expired. */
  get size(): number {
    const now = monotonicMs();
    return [...(this.#entries?.values() ?? [])].filter(({ until }) => until > now).length;
  }

  /** Entries expire in the order in which they were set. One timer serves all, and an empty map has none. */
  #sweep(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const now = monotonicMs();
    for (const [key, { until }] of this.#entries ?? []) {
      if (until > now && (this.#entries?.size ?? 0) <= this.#bounds.most) {
        this.#timer = setTimeout(() => this.#sweep(), until - now);
        this.#timer.unref();
        return;
      }
      this.delete(key);
    }
    this.#entries = undefined;
  }
}
