/**
 * Delivery of events to programs and of notices to people. A recorded message is on disk and reaches every
 * endpoint that wants it at least once. An endpoint that is slow or down never delays another.
 */
import { randomUUID } from 'node:crypto';
import type { WriteLog } from '../base/log.ts';
import { monotonicMs } from '../base/monotonic.ts';
import type { Table } from '../database/table.ts';
import { EndpointHealth } from './endpoint-health.ts';
import type { Outcome, Post } from './http-post.ts';
import { type Endpoint, type Message, testMessage, wants } from './message.ts';
import { Outbox, type OutboxDelivery } from './outbox.ts';
import { type RetryingRecorder, retryingRecorder } from './retry-record.ts';
import { type Sender, startSender } from './sender.ts';
import { outgoingFor } from './sinks.ts';

/** Attempts that are under way at the end have this long: a receiver that hangs must not hold the process. */
const closeMs = 2_000;

export interface DeliveryOptions {
  readonly table: Table;
  readonly endpoints: readonly Endpoint[];
  readonly post: Post;
  /** Epoch milliseconds. */
  readonly now: () => number;
  readonly random: () => number;
  /** Divides the waits of the schedule (1 in production). */
  readonly divisor: number;
  /** Called when an endpoint begins to fail, and when it takes a message again. */
  readonly onHealth: (endpoint: string, isWell: boolean) => void;
  readonly onAttempt: (endpoint: string, outcome: Outcome, durationMs: number) => void;
  readonly log: WriteLog;
}
export interface TestResult {
  readonly status: number | null;
  readonly error: string | null;
  readonly durationMs: number;
}

const errorOf = (outcome: Outcome): string | null => {
  if (outcome.kind === 'delivered') return null;
  return outcome.kind === 'gone' ? 'gone' : outcome.error;
};

export class Deliveries {
  readonly #o: DeliveryOptions;
  readonly #outbox: Outbox;
  readonly #health: EndpointHealth;
  readonly #senders = new Map<string, Sender>();
  readonly #retrying: RetryingRecorder;
  #isClosed = false;

  constructor(options: DeliveryOptions) {
    this.#o = options;
    const { table, endpoints, now, log } = options;
    this.#outbox = new Outbox(table, endpoints, now);
    this.#health = new EndpointHealth(options);
    this.#retrying = retryingRecorder((message) => this.record(message), log);
    for (const endpoint of endpoints) this.#senders.set(endpoint.name, this.#senderOf(endpoint));
    this.#wakeAll();
  }

  /**
   * Resolves when the message can no longer be lost; rejects when it could not be recorded. A known id
   * changes nothing.
   */
  async record(message: Message): Promise<void> {
    await this.#outbox.record(message, this.#health.open());
    this.#o.log('delivery.recorded', { messageId: message.id });
    this.#wakeAll();
  }
  /** Records a message that no caller waits for, again and again until the disk takes it. */
  enqueue(message: Message): void {
    if (this.#o.endpoints.some((endpoint) => wants(endpoint, message))) this.#retrying.record(message);
  }
  list(): readonly OutboxDelivery[] {
    return this.#outbox.list();
  }
  counts() {
    return this.#o.endpoints.map(({ name }) => ({ name, ...this.#outbox.counts(name) }));
  }
  /** Queues a delivery again, under the same message id. Undefined: there is none. */
  async redeliver(endpoint: string, messageId: string): Promise<OutboxDelivery | undefined> {
    const delivery = this.#outbox.find(endpoint, messageId);
    if (!delivery) return undefined;
    const fresh = {
      status: 'pending',
      attempts: 0,
      nextAt: this.#o.now(),
      doneAt: null,
      lastError: null,
      lastStatus: null,
    } as const;
    if (delivery.status !== 'pending') await this.#outbox.settle(delivery, fresh);
    this.#senders.get(endpoint)?.wake();
    return this.#outbox.find(endpoint, messageId);
  }
  /** Sends one message now, outside the queue. Undefined: there is no such endpoint. */
  async test(name: string): Promise<TestResult | undefined> {
    const endpoint = this.#o.endpoints.find((one) => one.name === name);
    if (!endpoint) return undefined;
    const at = new Date(this.#o.now());
    const began = monotonicMs();
    const outcome = await this.#o.post.send(
      outgoingFor(endpoint, testMessage(endpoint, `evt_test_${randomUUID()}`, at), at),
    );
    const durationMs = Math.round(monotonicMs() - began);
    this.#note(name, outcome, durationMs);
    if (outcome.kind === 'delivered' && this.#health.reopen(name)) this.#senders.get(name)?.wake();
    return { status: outcome.status, error: errorOf(outcome), durationMs };
  }
  /** Gives the attempts under way a moment to end. What waits, waits for the next process. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#retrying.close();
    await Promise.all([
      ...[...this.#senders.values()].map((sender) => sender.close()),
      this.#o.post.close(closeMs),
    ]);
  }

  #senderOf(endpoint: Endpoint): Sender {
    const { post, now, random, divisor, log } = this.#o;
    return startSender({
      endpoint,
      outbox: this.#outbox,
      post,
      now,
      random,
      divisor,
      log,
      attempted: (delivery, outcome, durationMs) => this.#attempted(delivery, outcome, durationMs),
      gone: () => this.#health.leave(endpoint),
    });
  }
  #attempted({ endpoint, messageId, attempts }: OutboxDelivery, outcome: Outcome, durationMs: number): void {
    const fields = { endpoint, messageId, attempt: attempts + 1, status: outcome.status };
    const reason = errorOf(outcome);
    if (reason === null) this.#o.log('delivery.done', fields);
    else this.#o.log('delivery.failed', { ...fields, reason });
    this.#note(endpoint, outcome, durationMs);
  }
  #note(name: string, outcome: Outcome, durationMs: number): void {
    this.#health.note(name, outcome);
    this.#o.onAttempt(name, outcome, durationMs);
  }
  #wakeAll(): void {
    for (const [name, sender] of this.#senders) if (this.#health.isOpen(name)) sender.wake();
  }
}
