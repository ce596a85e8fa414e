/**
 * Messages and their deliveries, on disk before the first attempt, so that they survive the process. Each is
 * delivered at least once and in no order: consumers keep the Session with the highest revision. Rows of the
 * table:
 *
 *   ['message', id] → Message      ['delivery', endpoint, id] → OutboxRow
 *
 * Nothing here looks at every row, except a list for an operator and the end of an endpoint (410).
 */
import type { Table, TableChange } from '../database/table.ts';
import type { AlertName } from '../protocol/alerts.ts';
import { type Batches, openBatches } from './batches.ts';
import {
  bounds,
  type Clocks,
  DeliveriesIndex,
  keyOf as deliveryKey,
  type IndexOptions,
} from './deliveries-index.ts';
import { type HeldRow, OutboxRow } from './endpoint-rows.ts';
import {
  type Endpoint,
  type EventMessage,
  Message,
  type ReferenceMessage,
  type SentMessage,
  wants,
} from './message.ts';

/** Times are epoch milliseconds. */
export interface OutboxDelivery extends OutboxRow {
  readonly endpoint: string;
  readonly messageId: string;
}
/** A message on its way to the disk, or changes that go with none. */
export interface Recording {
  readonly message?: Message;
  /** The name of the only endpoint that gets it. Absent: all that want it. */
  readonly to?: string;
  /** Only for endpoints that want details too (`announced.ts`). */
  readonly isDetail?: boolean;
  /** Further changes of the same transaction. */
  readonly also?: readonly TableChange[];
}
const typeOf = (message: Message): string => (message.kind === 'notice' ? 'alert' : message.type);
/** A delivery that is due at `at` for the first time. */
const freshAt = (at: number) =>
  ({
    status: 'pending',
    attempts: 0,
    nextAt: at,
    setAt: at,
    doneAt: null,
    lastStatus: null,
    lastError: null,
  }) as const;

/** A row that another version wrote and this one cannot read is skipped. */
const indexOf = (
  table: Table,
  endpoints: readonly Endpoint[],
  clocks: Clocks,
  options: IndexOptions,
): DeliveriesIndex => {
  const names = endpoints.map(({ name }) => name);
  const index = new DeliveriesIndex(names, clocks, options);
  const rows = table
    .range({ atLeast: ['delivery'], below: ['delivery\uffff'] })
    .flatMap(([[, endpoint, id], value]) => {
      const row = OutboxRow.safeParse(value);
      const isWhole = row.success && typeof endpoint === 'string' && typeof id === 'string';
      return isWhole ? [{ endpoint, id, row: row.data }] : [];
    });
  for (const { endpoint, id, row } of rows.sort((a, b) => a.row.createdAt - b.row.createdAt))
    index.add(endpoint, id, row);
  return index;
};
export const newestFirst = (a: OutboxDelivery, b: OutboxDelivery): number => {
  if (a.createdAt !== b.createdAt) return b.createdAt - a.createdAt;
  return `${a.endpoint}/${a.messageId}` < `${b.endpoint}/${b.messageId}` ? 1 : -1;
};

export interface OutboxOptions extends IndexOptions {
  /** The event with its data. Undefined when the row that it refers to was removed. */
  readonly resolve: (message: ReferenceMessage) => EventMessage | undefined;
}
const forEvents: OutboxOptions = { bounds, onOverflow: () => undefined, resolve: () => undefined };

export class Outbox {
  readonly #table: Table;
  readonly #clocks: Clocks;
  readonly #batches: Batches;
  readonly #index: DeliveriesIndex;
  readonly #resolve: OutboxOptions['resolve'];

  constructor(
    table: Table,
    endpoints: readonly Endpoint[],
    clocks: Clocks,
    options: OutboxOptions = forEvents,
  ) {
    this.#table = table;
    this.#clocks = clocks;
    this.#batches = openBatches(table);
    this.#index = indexOf(table, endpoints, clocks, options);
    this.#resolve = options.resolve;
  }

  /**
   * All in one transaction. Resolves when they can no longer be lost. A known id changes nothing. `to`: the
   * endpoints that may get them.
   */
  async record(recordings: readonly Recording[], to: readonly Endpoint[]): Promise<void> {
    const at = this.#clocks.now();
    const added: (readonly [endpoint: string, id: string, row: OutboxRow])[] = [];
    const changes: TableChange[] = [];
    for (const { message, to: only, isDetail, also = [] } of recordings) {
      changes.push(...also);
      if (message === undefined) continue;
      const isReceiver = (endpoint: Endpoint) =>
        (only === undefined || only === endpoint.name) && wants(endpoint, message, isDetail);
      const receivers = to.filter(
        (endpoint) => isReceiver(endpoint) && this.#index.of(endpoint.name)?.get(message.id) === undefined,
      );
      if (receivers.length === 0) continue;
      const org = message.kind === 'reference' ? { org: message.orgId } : {};
      const row: OutboxRow = { ...freshAt(at), type: typeOf(message), createdAt: at, ...org };
      changes.push({ key: ['message', message.id], value: message });
      for (const { name } of receivers) {
        changes.push({ key: deliveryKey(name, message.id), value: row });
        added.push([name, message.id, row]);
      }
    }
    if (changes.length === 0) return;
    await this.#batches.write(changes);
    // an attempt may follow only a record
    for (const [name, id, row] of added)
      if (this.#index.of(name)?.get(id) === undefined) this.#index.add(name, id, row);
    const orgs = new Set(added.flatMap(([, , { org }]) => (org === undefined ? [] : [org])));
    const names = new Set(added.map(([name]) => name));
    const overflow = [...names].flatMap((name) => this.#index.prune(name, orgs));
    if (overflow.length > 0) await this.#batches.write(overflow);
  }
  /** The delivery that is due next. It is not taken again until it is settled. */
  take(endpoint: string): OutboxDelivery | undefined {
    const next = this.#index.of(endpoint)?.next();
    if (next === undefined || next[1].dueAt > this.#clocks.elapsed()) return undefined;
    next[1].isTaken = true;
    return this.#deliveryOf(endpoint, ...next);
  }
  /** When the next delivery that is not taken is due, on the monotonic clock. */
  dueAt(endpoint: string): number | undefined {
    return this.#index.of(endpoint)?.next()?.[1].dueAt;
  }
  /** Undefined when it is not there, or damaged. */
  messageOf({ messageId, type }: OutboxDelivery): SentMessage | undefined {
    const { success, data } = Message.safeParse(this.#table.get(['message', messageId]));
    if (!success || typeOf(data) !== type) return undefined;
    return data.kind === 'reference' ? this.#resolve(data) : data;
  }
  /** Whether a delivery of the message waits, or was given up and can be repeated. */
  isNeeded(messageId: string, endpoints: readonly Endpoint[]): boolean {
    return endpoints.some(({ name }) => {
      const status = this.#index.of(name)?.get(messageId)?.row.status;
      return status !== undefined && status !== 'delivered';
    });
  }
  /** `also`: further changes of the same transaction. */
  async settle(
    { endpoint, messageId }: OutboxDelivery,
    over: Partial<OutboxRow>,
    also: readonly TableChange[] = [],
  ): Promise<void> {
    await this.#batches.write([
      ...also,
      ...this.#index.change(endpoint, messageId, over),
      ...this.#index.prune(endpoint),
    ]);
  }
  /** Makes a delivery due now, as if it had never been tried. */
  async renew(delivery: OutboxDelivery): Promise<void> {
    await this.settle(delivery, freshAt(this.#clocks.now()));
  }
  /** The names of the alerts of which a notice waits for the endpoint. */
  waitingNotices(endpoint: string): ReadonlySet<AlertName> {
    return new Set(this.#waitingNotices(endpoint).map(({ name }) => name));
  }
  /**
   * Ends the notices of a name that wait for the endpoint, except `but` and one that is under way. The
   * changes belong into the transaction of the notice that replaces them.
   */
  supersede(endpoint: string, name: AlertName, but: string | undefined): readonly TableChange[] {
    const over = { status: 'dead', lastError: 'superseded', doneAt: this.#clocks.now() } as const;
    return this.#waitingNotices(endpoint)
      .filter((one) => one.name === name && one.id !== but && !one.isTaken)
      .flatMap(({ id }) => this.#index.change(endpoint, id, over));
  }
  /** Ends every pending delivery of an endpoint. */
  async abandon(endpoint: string, lastError: string): Promise<void> {
    const over = { status: 'dead', lastError, doneAt: this.#clocks.now() } as const;
    const pending = [...(this.#index.of(endpoint)?.all() ?? [])].filter(
      ([, { row }]) => row.status === 'pending',
    );
    await this.#batches.write([
      ...pending.flatMap(([id]) => this.#index.change(endpoint, id, over)),
      ...this.#index.prune(endpoint),
    ]);
  }
  /** The `limit` newest that `isWanted`, the newest first. Sorts no more than a few times that. */
  newest(limit: number, isWanted: (delivery: OutboxDelivery) => boolean): readonly OutboxDelivery[] {
    let found: OutboxDelivery[] = [];
    for (const one of this.#index.all()) {
      const delivery = this.#deliveryOf(...one);
      if (!isWanted(delivery)) continue;
      found.push(delivery);
      if (found.length >= 4 * limit + 100) found = found.sort(newestFirst).slice(0, limit);
    }
    return found.sort(newestFirst).slice(0, limit);
  }
  find(endpoint: string, messageId: string): OutboxDelivery | undefined {
    const held = this.#index.of(endpoint)?.get(messageId);
    return held && this.#deliveryOf(endpoint, messageId, held);
  }
  /** `oldest`: when the delivery that has waited longest was recorded. */
  counts(endpoint: string): { readonly pending: number; readonly oldest: number | undefined } {
    const rows = this.#index.of(endpoint);
    return { pending: rows?.count('pending') ?? 0, oldest: rows?.oldest('pending')?.[1].row.createdAt };
  }

  /** Reads each: few wait, because each replaces those of its name. */
  #waitingNotices(endpoint: string) {
    return [...(this.#index.of(endpoint)?.all() ?? [])].flatMap(([id, held]) => {
      if (held.row.status !== 'pending' || held.row.type !== 'alert') return [];
      const message = this.messageOf(this.#deliveryOf(endpoint, id, held));
      return message?.kind === 'notice' ? [{ id, name: message.name, isTaken: held.isTaken }] : [];
    });
  }
  #deliveryOf(endpoint: string, messageId: string, { row, dueAt }: HeldRow): OutboxDelivery {
    const { now, elapsed } = this.#clocks;
    // the stored time is wrong once the clock was set
    const nextAt = row.status === 'pending' ? now() + Math.max(0, Math.round(dueAt - elapsed())) : row.nextAt;
    return { ...row, nextAt, endpoint, messageId };
  }
}
