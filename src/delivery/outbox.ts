/**
 * Messages and their deliveries, on disk before the first attempt, so that they survive the process. Each is
 * delivered at least once and in no order: consumers keep the Session with the highest revision. Rows of the
 * table:
 *
 *   ['message', id] → Message      ['delivery', endpoint, id] → OutboxRow
 */
import { createSerialQueue } from '../base/serial-queue.ts';
import type { Table, TableChange } from '../database/table.ts';
import { DeliveriesIndex, OutboxRow } from './deliveries-index.ts';
import { type Endpoint, Message, wants } from './message.ts';

/** Times are epoch milliseconds. */
export interface OutboxDelivery extends Readonly<OutboxRow> {
  readonly endpoint: string;
  readonly messageId: string;
}

/** Changes that arrive during a write are written together afterwards: a storm makes few transactions. */
const openBatches = (table: Table) => {
  const queue = createSerialQueue();
  let waiting: TableChange[] = [];
  let next: Promise<void> | undefined;
  const writeWaiting = (): Promise<void> => {
    const batch = waiting;
    waiting = [];
    next = undefined;
    return table.write(batch);
  };
  return {
    write: (changes: readonly TableChange[]): Promise<void> => {
      waiting.push(...changes);
      next ??= queue.run(writeWaiting);
      return next;
    },
  };
};

/** A row that another version wrote and this one cannot read is skipped. */
const indexOf = (table: Table, endpoints: readonly Endpoint[]): DeliveriesIndex => {
  const index = new DeliveriesIndex(endpoints.map(({ name }) => name));
  for (const [[, endpoint, id], value] of table.range({ atLeast: ['delivery'], below: ['delivery\uffff'] })) {
    const row = OutboxRow.safeParse(value);
    if (row.success && typeof endpoint === 'string' && typeof id === 'string')
      index.add(endpoint, id, row.data);
  }
  return index;
};
const deliveryOf = (endpoint: string, messageId: string, row: OutboxRow): OutboxDelivery => ({
  ...row,
  endpoint,
  messageId,
});
const newestFirst = (a: OutboxDelivery, b: OutboxDelivery): number => {
  if (a.createdAt !== b.createdAt) return b.createdAt - a.createdAt;
  return a.messageId < b.messageId ? 1 : -1;
};

export class Outbox {
  readonly #table: Table;
  readonly #endpoints: readonly Endpoint[];
  readonly #now: () => number;
  readonly #batches: ReturnType<typeof openBatches>;
  readonly #index: DeliveriesIndex;
  /** Deliveries that are under way: `endpoint id`. */
  readonly #taken = new Set<string>();

  /** `now` in epoch milliseconds. */
  constructor(table: Table, endpoints: readonly Endpoint[], now: () => number) {
    this.#table = table;
    this.#endpoints = endpoints;
    this.#now = now;
    this.#batches = openBatches(table);
    this.#index = indexOf(table, endpoints);
  }

  /** Resolves when the message can no longer be lost. A known id changes nothing. */
  async record(message: Message, to: readonly Endpoint[] = this.#endpoints): Promise<void> {
    const receivers = to.filter(
      (endpoint) => wants(endpoint, message) && !this.#index.of(endpoint.name).has(message.id),
    );
    if (receivers.length === 0) return;
    const at = this.#now();
    const type = message.kind === 'event' ? message.type : 'alert';
    const fresh = { attempts: 0, createdAt: at, nextAt: at, doneAt: null, lastStatus: null, lastError: null };
    const row: OutboxRow = { status: 'pending', type, ...fresh };
    await this.#batches.write([
      { key: ['message', message.id], value: message },
      ...receivers.map(({ name }) => ({ key: ['delivery', name, message.id], value: row })),
    ]);
    // an attempt may follow only a record
    for (const { name } of receivers) this.#index.add(name, message.id, row);
  }
  /** The delivery that is due next. It is not taken again until it is settled. */
  take(endpoint: string): OutboxDelivery | undefined {
    const next = this.#next(endpoint);
    if (next === undefined || next.nextAt > this.#now()) return undefined;
    this.#taken.add(`${endpoint} ${next.messageId}`);
    return next;
  }
  /** When the next delivery that is not taken is due. Epoch milliseconds. */
  nextAt(endpoint: string): number | undefined {
    return this.#next(endpoint)?.nextAt;
  }
  message(id: string): Message | undefined {
    const parsed = Message.safeParse(this.#table.get(['message', id]));
    return parsed.success ? parsed.data : undefined;
  }
  async settle({ endpoint, messageId }: OutboxDelivery, over: Partial<OutboxRow>): Promise<void> {
    this.#taken.delete(`${endpoint} ${messageId}`);
    await this.#batches.write([
      ...this.#index.change(endpoint, messageId, over),
      ...this.#index.prune(endpoint, this.#now()),
    ]);
  }
  /** Ends every pending delivery of an endpoint. */
  async abandon(endpoint: string, lastError: string): Promise<void> {
    const over = { status: 'dead', lastError, doneAt: this.#now() } as const;
    const pending = [...this.#index.of(endpoint)].filter(([, { status }]) => status === 'pending');
    await this.#batches.write(pending.flatMap(([id]) => this.#index.change(endpoint, id, over)));
  }
  /** Newest first. */
  list(): readonly OutboxDelivery[] {
    return this.#index
      .all()
      .map(([endpoint, id, row]) => deliveryOf(endpoint, id, row))
      .sort(newestFirst);
  }
  find(endpoint: string, messageId: string): OutboxDelivery | undefined {
    const row = this.#index.of(endpoint).get(messageId);
    return row && deliveryOf(endpoint, messageId, row);
  }
  /** `oldest`: when the oldest pending delivery was recorded. */
  counts(endpoint: string): { readonly pending: number; readonly oldest: number | undefined } {
    const pending = [...this.#index.of(endpoint).values()].filter(({ status }) => status === 'pending');
    const oldest = pending.reduce<number | undefined>(
      (least, { createdAt }) => Math.min(least ?? createdAt, createdAt),
      undefined,
    );
    return { pending: pending.length, oldest };
  }

  #next(endpoint: string): OutboxDelivery | undefined {
    let first: OutboxDelivery | undefined;
    for (const [id, row] of this.#index.of(endpoint)) {
      if (row.status !== 'pending' || this.#taken.has(`${endpoint} ${id}`)) continue;
      if (first === undefined || row.nextAt < first.nextAt) first = deliveryOf(endpoint, id, row);
    }
    return first;
  }
}
