/** The deliveries of every endpoint in memory, and the changes of the table that follow from each step. */
import { z } from 'zod';
import type { TableChange } from '../database/table.ts';

export const OutboxRow = z.object({
  status: z.enum(['pending', 'delivered', 'dead']),
  type: z.string(),
  /** Attempts made. */
  attempts: z.int(),
  createdAt: z.number(),
  /** When the next attempt is due, while it is pending. */
  nextAt: z.number(),
  doneAt: z.number().nullable(),
  lastStatus: z.int().nullable(),
  /** A code, never a message: an address may hold a secret. */
  lastError: z.string().nullable(),
});
/** Times are epoch milliseconds. */
export type OutboxRow = z.infer<typeof OutboxRow>;

/**
 * For each endpoint. Above `pending` the oldest becomes dead, and can be redelivered. `dead` and `delivered`
 * bound what is kept of the past.
 */
export const bounds = { pending: 50_000, dead: 1_000, delivered: 500 } as const;

const none: ReadonlyMap<string, OutboxRow> = new Map();
const keyOf = (endpoint: string, id: string) => ['delivery', endpoint, id] as const;

export class DeliveriesIndex {
  /** By endpoint, then by message id; the row that changed last comes last. */
  readonly #rows: ReadonlyMap<string, Map<string, OutboxRow>>;
  /** The number of deliveries of each message: the last takes the message with it. */
  readonly #uses = new Map<string, number>();

  constructor(endpoints: readonly string[]) {
    this.#rows = new Map(endpoints.map((name) => [name, new Map()]));
  }

  of(endpoint: string): ReadonlyMap<string, OutboxRow> {
    return this.#rows.get(endpoint) ?? none;
  }
  all(): readonly (readonly [endpoint: string, id: string, row: OutboxRow])[] {
    return [...this.#rows].flatMap(([endpoint, rows]) =>
      [...rows].map(([id, row]) => [endpoint, id, row] as const),
    );
  }
  /**
   * A row of an endpoint that is no longer configured counts as a use of its message, and is not kept here.
   */
  add(endpoint: string, id: string, row: OutboxRow): void {
    this.#rows.get(endpoint)?.set(id, row);
    this.#uses.set(id, (this.#uses.get(id) ?? 0) + 1);
  }
  change(endpoint: string, id: string, over: Partial<OutboxRow>): readonly TableChange[] {
    const rows = this.#rows.get(endpoint);
    const row = rows?.get(id);
    if (rows === undefined || row === undefined) return [];
    const changed = { ...row, ...over };
    rows.delete(id);
    rows.set(id, changed);
    return [{ key: keyOf(endpoint, id), value: changed }];
  }
  /** Removes the oldest rows beyond the bounds; pending ones become dead first. */
  prune(endpoint: string, now: number): readonly TableChange[] {
    const rows = [...this.of(endpoint)];
    const beyond = (status: OutboxRow['status']): readonly string[] => {
      const ids = rows.filter(([, row]) => row.status === status).map(([id]) => id);
      return ids.slice(0, Math.max(0, ids.length - bounds[status]));
    };
    const overflow = { status: 'dead', lastError: 'overflow', doneAt: now } as const;
    return [
      ...beyond('pending').flatMap((id) => this.change(endpoint, id, overflow)),
      ...beyond('dead').flatMap((id) => this.#remove(endpoint, id)),
      ...beyond('delivered').flatMap((id) => this.#remove(endpoint, id)),
    ];
  }

  #remove(endpoint: string, id: string): readonly TableChange[] {
    this.#rows.get(endpoint)?.delete(id);
    const left = (this.#uses.get(id) ?? 1) - 1;
    const row = { key: keyOf(endpoint, id) };
    if (left > 0) {
      this.#uses.set(id, left);
      return [row];
    }
    this.#uses.delete(id);
    return [row, { key: ['message', id] }];
  }
}
