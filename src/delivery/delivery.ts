/**
 * Delivery to the world outside: events for programs, notices for people. What is recorded is on disk and reaches every endpoint
 * that wants it at least once; one endpoint that is slow or down never delays another.
 */

import { createHash, randomUUID } from 'node:crypto';
import type { WriteLog } from '../base/log.ts';
import { monotonicMs } from '../base/monotonic.ts';
import type { Table } from '../database/table.ts';
import type { Outcome, Post } from './http-post.ts';
import { type Endpoint, type Message, wants } from './message.ts';
import { type Delivery, openOutbox } from './outbox.ts';
import { type Sender, startSender } from './sender.ts';
import { outgoingFor } from './sinks.ts';

/** What could not be recorded is tried again after so long; so many are kept meanwhile, the newest. */
const againMs = 5_000;
const unrecordedAtMost = 10_000;
/** A receiver that hangs must not keep us from ending. */
const closeMs = 2_000;

export interface DeliveryOptions {
  readonly table: Table;
  readonly endpoints: readonly Endpoint[];
  readonly post: Post;
  readonly now: () => number;
  readonly random: () => number;
  /** Divides the waits of the schedule (1 in production). */
  readonly divisor: number;
  /** Told when an endpoint begins to fail, and when it takes something again. */
  readonly health: (endpoint: string, isWell: boolean) => void;
  readonly attempted: (endpoint: string, outcome: Outcome, durationMs: number) => void;
  readonly log: WriteLog;
}
export type Tested = { readonly status: number | null; readonly error: string | null; readonly durationMs: number };

const fingerprint = (url: string) => createHash('sha256').update(url).digest('hex').slice(0, 16);

export const openDelivery = (o: DeliveryOptions) => {
  const { table, endpoints, post, now, log } = o;
  const outbox = openOutbox(table, endpoints, now);
  const senders = new Map<string, Sender>();
  const failing = new Set<string>();
  let unrecorded: Message[] = [];
  let timer: NodeJS.Timeout | undefined;
  let closed = false;

  /** 410 was answered at this address: nothing is sent there until it changes, or a test succeeds. */
  const goneKey = (name: string) => ['gone', name] as const;
  const gone = new Set(endpoints.filter(({ name, url }) => table.get(goneKey(name)) === fingerprint(url)).map(({ name }) => name));
  const write = (key: readonly string[], value?: string) =>
    void table
      .write([{ key, ...(value !== undefined && { value }) }])
      .catch((err: unknown) => log('delivery.endpoint_not_recorded', { err }));

  const health = (name: string, isWell: boolean) => {
    if (failing.has(name) !== isWell) return;
    if (isWell) failing.delete(name);
    else failing.add(name);
    o.health(name, isWell);
  };
  const recordHealth = (name: string, outcome: Outcome, durationMs: number) => {
    health(name, outcome.kind === 'delivered');
    o.attempted(name, outcome, durationMs);
  };
  const open = () => endpoints.filter(({ name }) => !gone.has(name));
  const wakeAll = () => {
    for (const [name, sender] of senders) if (!gone.has(name)) sender.wake();
  };
  for (const endpoint of endpoints) {
    const { name, url } = endpoint;
    const attempted = ({ messageId, attempts }: Delivery, outcome: Outcome, durationMs: number) => {
      const fields = { endpoint: name, messageId, attempt: attempts + 1, status: 'status' in outcome ? outcome.status : null };
      if (outcome.kind === 'delivered') log('delivery.done', fields);
      else log('delivery.failed', { ...fields, reason: outcome.kind === 'failed' ? outcome.error : 'gone' });
      recordHealth(name, outcome, durationMs);
    };
    const leave = () => {
      gone.add(name);
      write(goneKey(name), fingerprint(url));
      log('delivery.gone', { endpoint: name });
    };
    senders.set(name, startSender({ ...o, endpoint, outbox, attempted, gone: leave }));
  }

  const record = async (message: Message): Promise<void> => {
    await outbox.record(message, open());
    log('delivery.recorded', { messageId: message.id });
    wakeAll();
  };
  /** An event nobody waits for: kept here until the disk takes it. */
  const enqueue = (message: Message): void => {
    if (!endpoints.some((endpoint) => wants(endpoint, message))) return;
    void record(message).catch((err: unknown) => {
      log('delivery.not_recorded', { messageId: message.id, err });
      unrecorded = [...unrecorded, message].slice(-unrecordedAtMost);
      if (closed) return;
      timer ??= setTimeout(() => {
        timer = undefined;
        const some = unrecorded;
        unrecorded = [];
        for (const one of some) enqueue(one);
      }, againMs).unref();
    });
  };

  for (const name of gone) o.health(name, false);
  wakeAll();
  return {
    /** Rejects when it could not be recorded; the same id again is the same message. */
    record,
    enqueue,
    list: outbox.list,
    counts: () => endpoints.map(({ name }) => ({ name, ...outbox.counts(name) })),
    /** Queues a delivery again, under the same message id. Undefined: there is none. */
    redeliver: async (endpoint: string, messageId: string): Promise<Delivery | undefined> => {
      const delivery = outbox.find(endpoint, messageId);
      if (!delivery) return undefined;
      if (delivery.status !== 'pending')
        await outbox.settle(delivery, { status: 'pending', attempts: 0, nextAt: now(), doneAt: null, lastError: null, lastStatus: null });
      senders.get(endpoint)?.wake();
      return outbox.find(endpoint, messageId);
    },
    /** One message now, outside the queue. Undefined: no such endpoint. */
    test: async (name: string): Promise<Tested | undefined> => {
      const endpoint = endpoints.find((one) => one.name === name);
      if (!endpoint) return undefined;
      const [at, id] = [new Date(now()), `evt_test_${randomUUID()}`];
      const timestamp = at.toISOString();
      const message: Message =
        endpoint.kind === 'webhook'
          ? { kind: 'event', id, type: 'webhook.test', timestamp, orgId: null, data: {} }
          : {
              kind: 'notice',
              id,
              timestamp,
              name: 'WebhookFailing',
              severity: 'warning',
              isOver: true,
              isReminder: false,
              started: [],
              resolved: [],
              firing: 0,
            };
      const began = monotonicMs();
      const outcome = await post.send(outgoingFor(endpoint, message, at));
      const durationMs = Math.round(monotonicMs() - began);
      recordHealth(name, outcome, durationMs);
      if (outcome.kind === 'delivered' && gone.delete(name)) {
        write(goneKey(name));
        senders.get(name)?.wake();
      }
      return {
        status: outcome.status,
        error: outcome.kind === 'failed' ? outcome.error : outcome.kind === 'gone' ? 'gone' : null,
        durationMs,
      };
    },
    /** Lets what is under way end, for a while. What waits, waits for the next process. */
    close: async (): Promise<void> => {
      if (closed) return;
      closed = true;
      clearTimeout(timer);
      const ends = [...senders.values()].map((sender) => sender.close());
      await Promise.all([...ends, post.close(closeMs)]);
    },
  };
};
