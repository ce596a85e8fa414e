/**
 * An outbox with a sender for each endpoint. Messages of WhatsApp have a lane of their own beside events and
 * notices: what waits in one delays and pushes out nothing in the other.
 */
import type { Endpoint } from './message.ts';
import type { Outbox, OutboxDelivery, Recording } from './outbox.ts';
import { type Sender, type SenderOptions, startSender } from './sender.ts';

export interface LaneOptions extends Omit<SenderOptions, 'endpoint' | 'delivered' | 'gone'> {
  readonly endpoints: readonly Endpoint[];
  /** The endpoints that get messages now. */
  readonly open: () => readonly Endpoint[];
  readonly delivered: (
    endpoint: Endpoint,
    ...message: Parameters<SenderOptions['delivered']>
  ) => ReturnType<SenderOptions['delivered']>;
  /** The endpoint answered 410. */
  readonly gone: (endpoint: Endpoint) => void;
}
export class Lane {
  readonly outbox: Outbox;
  readonly #o: LaneOptions;
  readonly #senders: ReadonlyMap<string, Sender>;

  constructor(options: LaneOptions) {
    this.#o = options;
    this.outbox = options.outbox;
    this.#senders = new Map(options.endpoints.map((endpoint) => [endpoint.name, this.#senderOf(endpoint)]));
    this.wakeAll();
  }
  /** Resolves when they can no longer be lost. A known id changes nothing. */
  async record(recordings: readonly Recording[]): Promise<void> {
    await this.outbox.record(recordings, this.#o.open());
    for (const { message } of recordings)
      if (message) this.#o.log('delivery.recorded', { messageId: message.id });
    this.wakeAll();
  }
  /** Queues a delivery again, under the same message id. Undefined: there is none. */
  async redeliver(endpoint: string, messageId: string): Promise<OutboxDelivery | undefined> {
    const delivery = this.outbox.find(endpoint, messageId);
    if (!delivery) return undefined;
    if (delivery.status !== 'pending') await this.outbox.renew(delivery);
    this.wake(endpoint);
    return this.outbox.find(endpoint, messageId);
  }
  wake(endpoint: string): void {
    this.#senders.get(endpoint)?.wake();
  }
  wakeAll(): void {
    for (const { name } of this.#o.open()) this.wake(name);
  }
  /** Starts no further attempt; resolves when those under way have ended. */
  async close(): Promise<void> {
    await Promise.all([...this.#senders.values()].map((sender) => sender.close()));
  }

  #senderOf(endpoint: Endpoint): Sender {
    const { delivered, gone } = this.#o;
    return startSender({
      ...this.#o,
      endpoint,
      delivered: (message) => delivered(endpoint, message),
      gone: () => gone(endpoint),
    });
  }
}
