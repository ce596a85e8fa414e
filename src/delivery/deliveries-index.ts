/** The deliveries of every endpoint in memory, and the changes of the table that follow from each step. */
import { remainingMs } from '../base/saved-time.ts';
import type { TableChange } from '../database/table.ts';
import { EndpointRows, type HeldRow, type OutboxRow, type Status } from './endpoint-rows.ts';
import { longestRetryAfterMs } from './schedule.ts';

/**
 * For each endpoint. Above `pending` the oldest becomes dead, and can be redelivered. `dead` and `delivered`
 * bound what is kept of the past. `pendingOfAll`: endpoints share it, because each row takes memory (about
 * 300 bytes).
 */
export const bounds = {
  pending: 50_000,
  pendingOfAll: 200_000,
  pendingOfOrg: Number.POSITIVE_INFINITY,
  dead: 1_000,
  delivered: 500,
} as const;
/** Messages have bounds of their own: they never push out an alert, nor one organization another. */
export const messageBounds = {
  ...bounds,
  pendingOfAll: 100_000,
  pendingOfOrg: 10_000,
} as const;
export type Bounds = Readonly<Record<keyof typeof bounds, number>>;
export interface IndexOptions {
  readonly bounds: Bounds;
  /** Called for each delivery that became dead because too many waited. */
  readonly onOverflow: (endpoint: string) => void;
}

export interface Clocks {
  /** Epoch milliseconds. */
  readonly now: () => number;
  /** Milliseconds on a clock that nothing sets. */
  readonly elapsed: () => number;
}
export const keyOf = (endpoint: string, id: string) => ['delivery', endpoint, id] as const;

export class DeliveriesIndex {
  readonly #clocks: Clocks;
  readonly #rows: ReadonlyMap<string, EndpointRows>;
  /** The number of deliveries of each message: the last takes the message with it. */
  readonly #uses = new Map<string, number>();
  readonly #atMost: Bounds;
  readonly #onOverflow: IndexOptions['onOverflow'];

  constructor(endpoints: readonly string[], clocks: Clocks, { bounds: most, onOverflow }: IndexOptions) {
    this.#clocks = clocks;
    this.#rows = new Map(endpoints.map((name) => [name, new EndpointRows()]));
    const share = Math.floor(most.pendingOfAll / Math.max(1, endpoints.length));
    this.#atMost = { ...most, pending: Math.min(most.pending, share) };
    this.#onOverflow = onOverflow;
  }

  of(endpoint: string): EndpointRows | undefined {
    return this.#rows.get(endpoint);
  }
  *all(): Iterable<readonly [endpoint: string, id: string, held: HeldRow]> {
    for (const [endpoint, rows] of this.#rows)
      for (const [id, held] of rows.all()) yield [endpoint, id, held];
  }
  /**
   * A row of an endpoint that is no longer configured counts as a use of its message, and is not kept here.
   */
  add(endpoint: string, id: string, row: OutboxRow): void {
    this.#rows.get(endpoint)?.set(id, row, this.#dueAt(row));
    this.#uses.set(id, (this.#uses.get(id) ?? 0) + 1);
  }
  change(endpoint: string, id: string, over: Partial<OutboxRow>): readonly TableChange[] {
    const rows = this.#rows.get(endpoint);
    const held = rows?.get(id);
    if (rows === undefined || held === undefined) return [];
    const row = { ...held.row, ...over };
    rows.set(id, row, over.nextAt === undefined ? held.dueAt : this.#dueAt(row));
    return [{ key: keyOf(endpoint, id), value: row }];
  }
  /** Removes the oldest rows beyond the bounds; pending ones become dead first. `orgs`: got more of them. */
  prune(endpoint: string, orgs: Iterable<string> = []): readonly TableChange[] {
    const rows = this.#rows.get(endpoint);
    if (rows === undefined) return [];
    const changes: TableChange[] = [];
    const beyond = (status: Status) =>
      rows.count(status) > this.#atMost[status] ? rows.oldest(status)?.[0] : undefined;
    const overflow = { status: 'dead', lastError: 'overflow', doneAt: this.#clocks.now() } as const;
    const giveUp = (id: string) => {
      changes.push(...this.change(endpoint, id, overflow));
      this.#onOverflow(endpoint);
    };
    for (const org of orgs) {
      const beyondOfOrg = () =>
        rows.countOf(org) > this.#atMost.pendingOfOrg ? rows.oldestOf(org)?.[0] : undefined;
      for (let id = beyondOfOrg(); id !== undefined; id = beyondOfOrg()) giveUp(id);
    }
    for (let id = beyond('pending'); id !== undefined; id = beyond('pending')) giveUp(id);
    for (const status of ['dead', 'delivered'] as const)
      for (let id = beyond(status); id !== undefined; id = beyond(status))
        changes.push(...this.#remove(rows, endpoint, id));
    return changes;
  }

  #dueAt({ nextAt, setAt = nextAt - longestRetryAfterMs }: OutboxRow): number {
    const { now, elapsed } = this.#clocks;
    return elapsed() + remainingMs({ until: nextAt, setAt }, now());
  }
  #remove(rows: EndpointRows, endpoint: string, id: string): readonly TableChange[] {
    rows.remove(id);
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
