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
  /** The organization of a message of WhatsApp: each has a quota. */
  org: z.string().optional(),
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
  /** Of the pending ones that have an organization. */
  readonly #ofOrgs = new Map<string, { count: number; readonly oldest: Fifo<Entry> }>();
  readonly #due = new DueQueue();
  #turns = 0;

  count(status: Status): number {
    return this.#counts[status];
  }
  /** The pending ones of an organization. */
  countOf(org: string): number {
    return this.#ofOrgs.get(org)?.count ?? 0;
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
      if (before) this.#uncount(before.row);
      this.#counts[row.status] += 1;
      this.#enqueue(row, [id, turn]);
    }
    if (row.status === 'pending') this.#addDue(id, dueAt);
  }
  remove(id: string): void {
    const held = this.#rows.get(id);
    if (held === undefined) return;
    this.#uncount(held.row);
    this.#rows.delete(id);
  }
  /** The one that has had this status for the longest time. */
  oldest(status: Status): readonly [id: string, held: HeldRow] | undefined {
    return this.#firstOf(this.#oldest[status]);
  }
  /** The one of an organization that has been pending for the longest time. */
  oldestOf(org: string): readonly [id: string, held: HeldRow] | undefined {
    const own = this.#ofOrgs.get(org);
    return own && this.#firstOf(own.oldest);
  }
  #firstOf(queue: Fifo<Entry>): readonly [id: string, held: HeldRow] | undefined {
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

  #enqueue({ status, org }: OutboxRow, entry: Entry): void {
    this.#push(this.#oldest[status], entry, this.#counts[status]);
    if (org === undefined || status !== 'pending') return;
    const own = this.#ofOrgs.get(org) ?? { count: 0, oldest: new Fifo<Entry>() };
    own.count += 1;
    this.#ofOrgs.set(org, own);
    this.#push(own.oldest, entry, own.count);
  }
  #push(queue: Fifo<Entry>, entry: Entry, count: number): void {
    queue.push(entry);
    if (queue.length > 2 * count + staleAtMost) queue.keep(([id, turn]) => this.#rows.get(id)?.turn === turn);
  }
  #uncount({ status, org }: OutboxRow): void {
    this.#counts[status] -= 1;
    const own = org === undefined || status !== 'pending' ? undefined : this.#ofOrgs.get(org);
    if (own === undefined || org === undefined) return;
    own.count -= 1;
    if (own.count === 0) this.#ofOrgs.delete(org);
  }
  #addDue(id: string, dueAt: number): void {
    this.#due.add(id, dueAt);
    if (this.#due.size <= 2 * this.#counts.pending + staleAtMost) return;
    this.#due.clear();
    for (const [other, { row, dueAt: at, isTaken }] of this.#rows)
      if (row.status === 'pending' && !isTaken) this.#due.add(other, at);
  }
}
