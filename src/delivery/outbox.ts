/**
 * What must still reach somebody, on disk before it is attempted, so that it survives the process: at least
 * once, in no order (consumers keep the Session with the highest revision). Rows of the table:
 *
 *   ['message', id] → Message      ['delivery', endpoint, id] → Row
 */
import { z } from 'zod';
import { createSerialQueue } from '../base/serial-queue.ts';
import type { Table, TableChange } from '../database/table.ts';
import { type Endpoint, Message, wants } from './message.ts';

const OutboxRow = z.object({
  status: z.enum(['pending', 'delivered', 'dead']),
  type: z.string(),
  /** Attempts made. */
  attempts: z.int(),
  createdAt: z.number(),
  /** Of one that is pending. */
  nextAt: z.number(),
  doneAt: z.number().nullable(),
  lastStatus: z.int().nullable(),
  /** A code, never a message: an address may hold a secret. */
  lastError: z.string().nullable(),
});
type OutboxRow = z.infer<typeof OutboxRow>;
/** Times are epoch milliseconds. */
export interface OutboxDelivery extends Readonly<OutboxRow> {
  readonly endpoint: string;
  readonly messageId: string;
}

/**
 * Of each endpoint: what waits (beyond it the oldest is given up, and can be redelivered), and what is kept
 * of the past.
 */
export const bounds = { pending: 50_000, dead: 1_000, delivered: 500 } as const;

/**
 * What comes while something is written is written together afterwards: a storm is a handful of transactions.
 */
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

export const openOutbox = (table: Table, endpoints: readonly Endpoint[], now: () => number) => {
  const batches = openBatches(table);
  const rows = new Map<string, Map<string, OutboxRow>>(endpoints.map(({ name }) => [name, new Map()]));
  const uses = new Map<string, number>();
  const taken = new Set<string>();

  const of = (endpoint: string): Map<string, OutboxRow> => rows.get(endpoint) ?? new Map<string, OutboxRow>();
  const keyOf = (endpoint: string, id: string) => ['delivery', endpoint, id] as const;
  for (const [[, endpoint, id], value] of table.range({ atLeast: ['delivery'], below: ['delivery￿'] })) {
    const row = OutboxRow.safeParse(value);
    if (!row.success || typeof endpoint !== 'string' || typeof id !== 'string') continue;
    rows.get(endpoint)?.set(id, row.data);
    uses.set(id, (uses.get(id) ?? 0) + 1);
  }

  const forget = (endpoint: string, id: string): readonly TableChange[] => {
    of(endpoint).delete(id);
    const left = (uses.get(id) ?? 1) - 1;
    if (left > 0) uses.set(id, left);
    else uses.delete(id);
    return [{ key: keyOf(endpoint, id) }, ...(left > 0 ? [] : [{ key: ['message', id] }])];
  };
  const change = (endpoint: string, id: string, over: Partial<OutboxRow>): readonly TableChange[] => {
    const row = of(endpoint).get(id);
    if (!row) return [];
    const changed = { ...row, ...over };
    of(endpoint).delete(id); // what changed last comes last
    of(endpoint).set(id, changed);
    return [{ key: keyOf(endpoint, id), value: changed }];
  };
  /** Lets go of the oldest beyond the bounds; of those that wait, gives up. */
  const prune = (endpoint: string): readonly TableChange[] => {
    const all = [...of(endpoint)];
    const beyond = (status: OutboxRow['status'], most: number) => {
      const some = all.filter(([, row]) => row.status === status);
      return some.slice(0, Math.max(0, some.length - most));
    };
    return [
      ...beyond('pending', bounds.pending).flatMap(([id]) =>
        change(endpoint, id, { status: 'dead', lastError: 'overflow', doneAt: now() }),
      ),
      ...beyond('dead', bounds.dead).flatMap(([id]) => forget(endpoint, id)),
      ...beyond('delivered', bounds.delivered).flatMap(([id]) => forget(endpoint, id)),
    ];
  };
  const deliveryOf = (endpoint: string, messageId: string, row: OutboxRow): OutboxDelivery => ({
    ...row,
    endpoint,
    messageId,
  });

  return {
    /** Resolves when it can no longer be lost. A message that is known already changes nothing. */
    record: async (message: Message, to: readonly Endpoint[] = endpoints): Promise<void> => {
      const receivers = to.filter(
        (endpoint) => wants(endpoint, message) && !of(endpoint.name).has(message.id),
      );
      if (receivers.length === 0) return;
      const at = now();
      const type = message.kind === 'event' ? message.type : 'alert';
      const row: OutboxRow = {
        status: 'pending',
        type,
        attempts: 0,
        createdAt: at,
        nextAt: at,
        doneAt: null,
        lastStatus: null,
        lastError: null,
      };
      await batches.write([
        { key: ['message', message.id], value: message },
        ...receivers.map(({ name }) => ({ key: keyOf(name, message.id), value: row })),
      ]);
      // only now may it be attempted: what nobody recorded must not be sent
      for (const { name } of receivers) of(name).set(message.id, row);
      uses.set(message.id, (uses.get(message.id) ?? 0) + receivers.length);
    },
    /** The next that is due, and nobody else's until it is settled. */
    take: (endpoint: string): OutboxDelivery | undefined => {
      let first: readonly [string, OutboxRow] | undefined;
      for (const entry of of(endpoint)) {
        const [id, row] = entry;
        if (row.status !== 'pending' || taken.has(`${endpoint} ${id}`)) continue;
        if (first === undefined || row.nextAt < first[1].nextAt) first = entry;
      }
      if (first === undefined || first[1].nextAt > now()) return undefined;
      taken.add(`${endpoint} ${first[0]}`);
      return deliveryOf(endpoint, ...first);
    },
    /** When the next is due that nobody has taken. Epoch milliseconds. */
    nextAt: (endpoint: string): number | undefined => {
      let first: number | undefined;
      for (const [id, row] of of(endpoint))
        if (
          row.status === 'pending' &&
          !taken.has(`${endpoint} ${id}`) &&
          (first === undefined || row.nextAt < first)
        )
          first = row.nextAt;
      return first;
    },
    message: (id: string): Message | undefined => {
      const parsed = Message.safeParse(table.get(['message', id]));
      return parsed.success ? parsed.data : undefined;
    },
    settle: async ({ endpoint, messageId }: OutboxDelivery, over: Partial<OutboxRow>): Promise<void> => {
      taken.delete(`${endpoint} ${messageId}`);
      await batches.write([...change(endpoint, messageId, over), ...prune(endpoint)]);
    },
    /** Gives up on all that waits for it. */
    abandon: (endpoint: string, lastError: string): Promise<void> =>
      batches.write(
        [...of(endpoint)].flatMap(([id, row]) =>
          row.status === 'pending' ? change(endpoint, id, { status: 'dead', lastError, doneAt: now() }) : [],
        ),
      ),
    /** Newest first. */
    list: (): readonly OutboxDelivery[] =>
      [...rows]
        .flatMap(([endpoint, some]) => [...some].map(([id, row]) => deliveryOf(endpoint, id, row)))
        .sort((a, b) => b.createdAt - a.createdAt || (a.messageId < b.messageId ? 1 : -1)),
    find: (endpoint: string, messageId: string): OutboxDelivery | undefined => {
      const row = of(endpoint).get(messageId);
      return row && deliveryOf(endpoint, messageId, row);
    },
    counts: (endpoint: string) => {
      let [pending, oldest]: [number, number | undefined] = [0, undefined];
      for (const row of of(endpoint).values()) {
        if (row.status !== 'pending') continue;
        pending += 1;
        if (oldest === undefined || row.createdAt < oldest) oldest = row.createdAt;
      }
      return { pending, oldest };
    },
  };
};
export type Outbox = ReturnType<typeof openOutbox>;
