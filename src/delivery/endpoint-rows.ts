/**
 * The deliveries of one endpoint in memory. Every step costs the same, however many wait: counts are kept,
 * what is due next is the first of a heap, and the oldest of each status is the first of a queue.
 */
import { z } from 'zod';
import { DueQueue } from '../base/due-queue.ts';
import { Fifo } from '../base/fifo.ts';

const statuses = ['pending', 'delivered', 'dead'] as const;
export type Status = (typeof statuses)[number];
export const OutboxRow = z.object({
  status: z.enum(statuses),
  type: z.string(),
  /** Attempts made. */
  attempts: z.int(),
  createdAt: z.number(),
  /** When the next attempt is due, while it is pending. */
  nextAt: z.number(),
  /** When `nextAt` was written (`base/saved-time.ts`). Absent in rows of earlier versions. */
  setAt: z.number().optional(),
  doneAt: z.number().nullable(),
  lastStatus: z.int().nullable(),
  /** A code, never a message: an address may hold a secret. */
  lastError: z.string().nullable(),
});
/** As stored. Times are epoch milliseconds. */
export type OutboxRow = Readonly<z.infer<typeof OutboxRow>>;

export interface HeldRow {
  readonly row: OutboxRow;
  /** When the next attempt is due, on the monotonic clock. */
  readonly dueAt: number;
  /** Grows with each change of the status: entries of queues that have another one are stale. */
  readonly turn: number;
  isTaken: boolean;
}
type Entry = readonly [id: string, turn: number];
/** Stale entries of a queue or the heap beyond this many, and beyond its other entries, leave together. */
const staleAtMost = 1_000;

export class EndpointRows {
  readonly #rows = new Map<string, HeldRow>();
  readonly #counts: Record<Status, number> = { pending: 0, delivered: 0, dead: 0 };
  readonly #oldest = {
    pending: new Fifo<Entry>(),
    delivered: new Fifo<Entry>(),
    dead: new Fifo<Entry>(),
  } as const;
  readonly #due = new DueQueue();
  #turns = 0;

  count(status: Status): number {
    return this.#counts[status];
  }
  get(id: string): HeldRow | undefined {
    return this.#rows.get(id);
  }
  all(): Iterable<readonly [id: string, held: HeldRow]> {
    return this.#rows;
  }
  /** Adds a row or replaces it; it is no longer taken. `dueAt` on the monotonic clock. */
  set(id: string, row: OutboxRow, dueAt: number): void {
    const before = this.#rows.get(id);
    const isSame = before?.row.status === row.status;
    const turn = isSame ? before.turn : (this.#turns += 1);
    this.#rows.set(id, { row, dueAt, turn, isTaken: false });
    if (!isSame) {
      if (before) this.#counts[before.row.status] -= 1;
      this.#counts[row.status] += 1;
      this.#enqueue(row.status, [id, turn]);
    }
    if (row.status === 'pending') this.#addDue(id, dueAt);
  }
  remove(id: string): void {
    const held = this.#rows.get(id);
    if (held === undefined) return;
    this.#counts[held.row.status] -= 1;
    this.#rows.delete(id);
  }
  /** The one that has had this status for the longest time. */
  oldest(status: Status): readonly [id: string, held: HeldRow] | undefined {
    const queue = this.#oldest[status];
    for (let entry = queue.first(); entry !== undefined; entry = queue.first()) {
      const held = this.#rows.get(entry[0]);
      if (held?.turn === entry[1]) return [entry[0], held];
      queue.shift();
    }
    return undefined;
  }
  /** The pending one that is due next and not taken. */
  next(): readonly [id: string, held: HeldRow] | undefined {
    for (let first = this.#due.first(); first !== undefined; first = this.#due.first()) {
      const held = this.#rows.get(first.id);
      if (held?.row.status === 'pending' && held.dueAt === first.at && !held.isTaken) return [first.id, held];
      this.#due.removeFirst();
    }
    return undefined;
  }

  #enqueue(status: Status, entry: Entry): void {
    const queue = this.#oldest[status];
    queue.push(entry);
    if (queue.length > 2 * this.#counts[status] + staleAtMost)
      queue.keep(([id, turn]) => this.#rows.get(id)?.turn === turn);
  }
  #addDue(id: string, dueAt: number): void {
    this.#due.add(id, dueAt);
    if (this.#due.size <= 2 * this.#counts.pending + staleAtMost) return;
    this.#due.clear();
    for (const [other, { row, dueAt: at, isTaken }] of this.#rows)
      if (row.status === 'pending' && !isTaken) this.#due.add(other, at);
  }
}
