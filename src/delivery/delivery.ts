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
import { messageBounds } from './deliveries-index.ts';
import { EndpointHealth } from './endpoint-health.ts';
import type { Outcome, Post } from './http-post.ts';
import { Lane } from './lane.ts';
import {
  type Endpoint,
  followsSessions,
  isDelivered,
  type Message,
  type ProgramEvent,
  type ReferenceMessage,
  testMessage,
  wants,
  wantsType,
} from './message.ts';
import { newestFirst, Outbox, type OutboxDelivery, type OutboxOptions, type Recording } from './outbox.ts';
import { Recorder } from './recorder.ts';
import { missingOf, recordingsOf, type StandingAlerts } from './send-alerts.ts';
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
  /** Messages of WhatsApp: their table, and their data when they are sent. */
  readonly messages?: Pick<OutboxOptions, 'resolve' | 'onOverflow'> & { readonly table: Table };
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
  readonly #events: Lane;
  /** Undefined where the program keeps no messages. */
  readonly #messages: Lane | undefined;
  readonly #health: EndpointHealth;
  readonly #channels: AlertChannels;
  readonly #recorder: Recorder;
  readonly #announced: Announced;
  /** Whether an endpoint may want an event about a session: only then it matters what was announced. */
  readonly #followsSessions: boolean;
  #isClosed = false;

  constructor(options: DeliveryOptions) {
    this.#o = options;
    const { table, endpoints, now, elapsed = monotonicMs, log, messages } = options;
    const clocks = { now, elapsed };
    this.#health = new EndpointHealth(options);
    this.#channels = new AlertChannels(table, endpoints);
    this.#announced = new Announced(table);
    this.#followsSessions = endpoints.some(followsSessions);
    this.#recorder = new Recorder({ record: (recordings) => this.#record(recordings), log });
    this.#events = this.#laneOf(new Outbox(table, endpoints, clocks));
    this.#messages =
      messages &&
      this.#laneOf(new Outbox(messages.table, endpoints, clocks, { ...messages, bounds: messageBounds }));
  }

  /**
   * Resolves when the messages can no longer be lost; rejects when they could not be recorded. A known id
   * changes nothing.
   */
  record(...messages: readonly Message[]): Promise<void> {
    return this.#record(messages.map((message) => ({ message })));
  }
  /** As `record`, for messages of WhatsApp. Only endpoints that name their type get them. */
  async recordReferences(messages: readonly ReferenceMessage[]): Promise<void> {
    await this.#messages?.record(messages.map((message) => ({ message })));
  }
  /** Whether an endpoint still waits for a message of WhatsApp, or it is a dead letter. */
  isNeeded(messageId: string): boolean {
    return this.#messages?.outbox.isNeeded(messageId, this.#health.open()) ?? false;
  }
  /** Whether an endpoint wants events of one of these types. */
  isAnyWanted(types: readonly string[]): boolean {
    return this.#health
      .open()
      .some((endpoint) => endpoint.kind === 'webhook' && types.some((type) => wantsType(endpoint, type)));
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
    const [events, messages] = this.#lanes().map(({ outbox }) => outbox.newest(limit, isWanted));
    if (events === undefined || messages === undefined) return events ?? [];
    return [...events, ...messages].sort(newestFirst).slice(0, limit);
  }
  counts() {
    return this.#o.endpoints.map(({ name }) => {
      const all = this.#lanes().map(({ outbox }) => outbox.counts(name));
      const oldest = all.flatMap((one) => (one.oldest === undefined ? [] : [one.oldest]));
      return {
        name,
        pending: all.reduce((sum, { pending }) => sum + pending, 0),
        oldest: oldest.length === 0 ? undefined : Math.min(...oldest),
      };
    });
  }
  /** Queues a delivery again, under the same message id. Undefined: there is none. */
  async redeliver(endpoint: string, messageId: string): Promise<OutboxDelivery | undefined> {
    const lane = this.#lanes().find(({ outbox }) => outbox.find(endpoint, messageId) !== undefined);
    return lane?.redeliver(endpoint, messageId);
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
    if (outcome.kind === 'delivered' && this.#health.reopen(name))
      for (const lane of this.#lanes()) lane.wake(name);
    return { status: outcome.status, error: errorOf(outcome), durationMs };
  }
  /** Gives the attempts under way a moment to end. What waits, waits for the next process. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await this.#recorder.close();
    await Promise.all([...this.#lanes().map((lane) => lane.close()), this.#o.post.close(closeMs)]);
  }

  #record(recordings: readonly Recording[]): Promise<void> {
    return this.#events.record(recordings);
  }
  #lanes(): readonly Lane[] {
    return this.#messages === undefined ? [this.#events] : [this.#events, this.#messages];
  }
  #alerting() {
    return { channels: this.#channels, outbox: this.#events.outbox, open: () => this.#health.open() };
  }
  #laneOf(outbox: Outbox): Lane {
    const { endpoints, post, now, elapsed = monotonicMs, random, divisor, log } = this.#o;
    return new Lane({
      endpoints,
      outbox,
      post,
      now,
      elapsed,
      random,
      divisor,
      log,
      open: () => this.#health.open(),
      attempted: (delivery, outcome, durationMs) => this.#attempted(delivery, outcome, durationMs),
      delivered: ({ name }, message) => this.#channels.delivered(name, message),
      gone: (endpoint) => this.#leave(endpoint),
    });
  }
  /** It answered 410: nothing waits for it in any lane. */
  #leave(endpoint: Endpoint): void {
    this.#health.leave(endpoint);
    for (const { outbox } of this.#lanes())
      outbox
        .abandon(endpoint.name, 'gone')
        .catch((err: unknown) => this.#o.log('delivery.not_settled', { endpoint: endpoint.name, err }));
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
}
