/**
 * Delivery of events to programs and of notices to people. A recorded message is on disk and reaches every
 * endpoint that wants it at least once. An endpoint that is slow or down never delays another.
 */
import { randomUUID } from 'node:crypto';
import type { WriteLog } from '../base/log.ts';
import { monotonicMs } from '../base/monotonic.ts';
import type { Table } from '../database/table.ts';
import { AlertChannels, type AlertNews } from './alert-channels.ts';
import { Announced } from './announced.ts';
import { EndpointHealth } from './endpoint-health.ts';
import type { Outcome, Post } from './http-post.ts';
import {
  type Endpoint,
  followsSessions,
  isDelivered,
  type Message,
  type ProgramEvent,
  testMessage,
  wants,
} from './message.ts';
import { Outbox, type OutboxDelivery, type Recording } from './outbox.ts';
import { Recorder } from './recorder.ts';
import { missingOf, recordingsOf, type StandingAlerts } from './send-alerts.ts';
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
  /** Milliseconds on a clock that nothing sets. By default the process's own. */
  readonly elapsed?: () => number;
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
  readonly #channels: AlertChannels;
  readonly #recorder: Recorder;
  readonly #announced: Announced;
  /** Whether an endpoint may want an event about a session: only then it matters what was announced. */
  readonly #followsSessions: boolean;
  #isClosed = false;

  constructor(options: DeliveryOptions) {
    this.#o = options;
    const { table, endpoints, now, elapsed = monotonicMs, log } = options;
    this.#outbox = new Outbox(table, endpoints, { now, elapsed });
    this.#health = new EndpointHealth(options);
    this.#channels = new AlertChannels(table, endpoints);
    this.#announced = new Announced(table);
    this.#followsSessions = endpoints.some(followsSessions);
    this.#recorder = new Recorder({ record: (recordings) => this.#record(recordings), log });
    for (const endpoint of endpoints) this.#senders.set(endpoint.name, this.#senderOf(endpoint));
    this.#wakeAll();
  }

  /**
   * Resolves when the messages can no longer be lost; rejects when they could not be recorded. A known id
   * changes nothing.
   */
  record(...messages: readonly Message[]): Promise<void> {
    return this.#record(messages.map((message) => ({ message })));
  }
  /**
   * Records an event before clients receive it. Call it for every event, in the order in which they are
   * published. Undefined: no endpoint wants it, so nothing has to be awaited. Otherwise it resolves when the
   * event is durable, or when clients wait no longer for a slow or full disk. Never rejects.
   */
  recordFirst(event: ProgramEvent): Promise<void> | undefined {
    if (!isDelivered(event.type)) return undefined;
    const { isDetail, change } = this.#followsSessions ? this.#announced.note(event) : { isDetail: false };
    const { id, type, timestamp, orgId, data } = event;
    const message: Message = { kind: 'event', id, type, timestamp, orgId, data };
    const isWanted = this.#health.open().some((endpoint) => wants(endpoint, message, isDetail));
    if (!isWanted && (change === undefined || isDetail)) return undefined;
    return this.#recorder.add({ message, isDetail, ...(change && { also: [change] }) });
  }
  /**
   * Resolves when every endpoint gets what it does not know yet, and that can no longer be lost. Rejects when
   * it could not be recorded. The same news again change nothing.
   */
  recordAlerts(news: AlertNews): Promise<void> {
    return this.#record(recordingsOf(news, this.#alerting()));
  }
  /** As `recordAlerts`, for endpoints that were not configured when the news came. */
  catchUp(standing: StandingAlerts): Promise<void> {
    return this.#record(missingOf(standing, this.#alerting()));
  }
  /** The organizations that endpoints know, each with its revision. */
  announced(): ReadonlyMap<string, { readonly revision: number }> {
    return this.#followsSessions ? this.#announced.all() : new Map();
  }
  /** The number of events that the disk has not taken yet. */
  unrecorded(): number {
    return this.#recorder.waiting();
  }
  /** The newest first. `isWanted` is asked for each delivery. */
  list(
    limit = Number.MAX_SAFE_INTEGER,
    isWanted: (delivery: OutboxDelivery) => boolean = () => true,
  ): readonly OutboxDelivery[] {
    return this.#outbox.newest(limit, isWanted);
  }
  counts() {
    return this.#o.endpoints.map(({ name }) => ({ name, ...this.#outbox.counts(name) }));
  }
  /** Queues a delivery again, under the same message id. Undefined: there is none. */
  async redeliver(endpoint: string, messageId: string): Promise<OutboxDelivery | undefined> {
    const delivery = this.#outbox.find(endpoint, messageId);
    if (!delivery) return undefined;
    if (delivery.status !== 'pending') await this.#outbox.renew(delivery);
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
    await this.#recorder.close();
    await Promise.all([
      ...[...this.#senders.values()].map((sender) => sender.close()),
      this.#o.post.close(closeMs),
    ]);
  }

  async #record(recordings: readonly Recording[]): Promise<void> {
    await this.#outbox.record(recordings, this.#health.open());
    for (const { message } of recordings)
      if (message) this.#o.log('delivery.recorded', { messageId: message.id });
    this.#wakeAll();
  }
  #alerting() {
    return { channels: this.#channels, outbox: this.#outbox, open: () => this.#health.open() };
  }
  #senderOf(endpoint: Endpoint): Sender {
    const { post, now, elapsed = monotonicMs, random, divisor, log } = this.#o;
    return startSender({
      endpoint,
      outbox: this.#outbox,
      post,
      now,
      elapsed,
      random,
      divisor,
      log,
      attempted: (delivery, outcome, durationMs) => this.#attempted(delivery, outcome, durationMs),
      delivered: (message) => this.#channels.delivered(endpoint.name, message),
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
