import type { Org } from '../../../machines/domain/ports.ts';
import { monotonicMs } from '../../base/monotonic.ts';
import { DiskFault } from '../../disk/disk.ts';
import type { ArrivedMessage, StanzaRef } from '../messages/port.ts';
import type { StoreEvents, TakeMessages } from '../store/types.ts';
import type { JournalRecord } from './record.ts';

/**
 * Bytes of the messages that the database has not taken yet, over all organizations. They are in memory as
 * well. Above it no message is written, so WhatsApp keeps what follows.
 */
export const mostArrivedBytes = 32 * 1024 * 1024;
/** A message keeps about this in memory besides its text. Our own choice. */
const overheadBytes = 512;
/** At most this many messages are handed over at a time. */
const mostAtOnce = 256;
const [firstRetryMs, longestRetryMs] = [1_000, 30_000];
/** How long a record waits for the database, and a stop for the last messages, in milliseconds. */
const patienceMs = 5_000;

interface Arrived {
  readonly org: Org;
  readonly bytes: number;
  readonly message: ArrivedMessage;
}
const refOf = ({ id, from, participant, enc, digest }: StanzaRef): string =>
  JSON.stringify([id, from, participant ?? null, enc, digest]);
const bytesOf = ({ attrs, plaintext }: ArrivedMessage): number =>
  plaintext.length + JSON.stringify(attrs).length + overheadBytes;

/**
 * Messages that are durable in the journal and nowhere else. They are given to the database, in the order in
 * which they became durable, and stay until it has them. It may receive one again after a kill. Keys belong
 * to one device, but a message is the organization's whatever happens to its directory.
 */
export class ArrivedMessages {
  readonly #log: StoreEvents['log'];
  readonly #organizations = new Map<Org, Map<string, Arrived>>();
  readonly #handingOver = new Map<Org, Promise<void>>();
  /** Each ends a pause early: between two attempts, and of a caller of `room`. */
  readonly #pauses = new Set<() => void>();
  readonly #callers = new Set<() => void>();
  #isClosing = false;
  #take: TakeMessages | undefined;
  #bytes = 0;

  constructor(log: StoreEvents['log']) {
    this.#log = log;
  }
  get bytes(): number {
    return this.#bytes;
  }

  /** Called when the record is durable. A message that is here already is not added. */
  add({ org, messages = [] }: JournalRecord): void {
    for (const message of messages) {
      const ref = refOf(message);
      const waiting = this.#organizations.get(org) ?? new Map<string, Arrived>();
      if (waiting.has(ref)) continue;
      this.#organizations.set(org, waiting);
      const arrived = { org, bytes: bytesOf(message), message };
      waiting.set(ref, arrived);
      this.#bytes += arrived.bytes;
    }
    if (messages.length > 0) this.#start(org);
  }
  /** One record for each message, so that a damaged byte costs one. Of no identity: no key rides on them. */
  records(): readonly JournalRecord[] {
    return [...this.#organizations.values()].flatMap((waiting) =>
      [...waiting.values()].map(({ org, message }) => ({
        org,
        fingerprint: '',
        changes: [],
        messages: [message],
      })),
    );
  }
  find(org: Org, ref: StanzaRef): Uint8Array | undefined {
    const found = this.#organizations.get(org)?.get(refOf(ref));
    return found && Buffer.from(found.message.plaintext, 'base64');
  }
  /**
   * Resolves when a message may be written. Rejects with `DiskFault` when the database takes none for 5 s.
   */
  async room(): Promise<void> {
    const deadline = monotonicMs() + patienceMs;
    while (this.#bytes >= mostArrivedBytes) {
      const leftMs = deadline - monotonicMs();
      if (leftMs <= 0) throw new DiskFault('write', 'the messages', { code: 'ENOBUFS' });
      await this.#pause(leftMs, this.#callers);
    }
  }
  handTo(take: TakeMessages): void {
    this.#take = take;
    for (const org of this.#organizations.keys()) this.#start(org);
  }
  /** Tries once more to hand over what is here; the rest stays in the journal. Never rejects. */
  async close(): Promise<void> {
    this.#isClosing = true;
    for (const wake of this.#pauses) wake();
    const deadline = new Set<() => void>();
    await Promise.race([Promise.all(this.#handingOver.values()), this.#pause(patienceMs, deadline)]);
    for (const end of deadline) end();
    const messages = this.records().length;
    if (messages > 0)
      this.#log('journal.messages_left', { messages, organizations: this.#organizations.size });
  }

  async #pause(ms: number, pauses: Set<() => void>): Promise<void> {
    await new Promise<void>((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        pauses.delete(done);
        resolve();
      };
      const timer = setTimeout(done, ms).unref();
      pauses.add(done);
    });
  }
  #start(org: Org): void {
    const take = this.#take;
    if (take === undefined || this.#handingOver.has(org)) return;
    const done = this.#handOver(org, take).finally(() => {
      this.#handingOver.delete(org);
      if (this.#organizations.has(org) && !this.#isClosing) this.#start(org);
    });
    this.#handingOver.set(org, done);
  }
  async #handOver(org: Org, take: TakeMessages): Promise<void> {
    await Promise.resolve(); // what becomes durable with this one goes along
    for (let retryMs = firstRetryMs, isFailing = false; ; ) {
      const batch = [...(this.#organizations.get(org)?.values() ?? [])].slice(0, mostAtOnce);
      if (batch.length === 0) return;
      try {
        await take(
          org,
          batch.map(({ message }) => message),
        );
        this.#taken(org, batch);
        [retryMs, isFailing] = [firstRetryMs, false];
      } catch (error) {
        if (this.#isClosing) return;
        if (!isFailing) this.#log('journal.messages_waiting', { org, why: String(error) });
        isFailing = true;
        await this.#pause(retryMs, this.#pauses);
        retryMs = Math.min(retryMs * 2, longestRetryMs);
      }
    }
  }
  #taken(org: Org, batch: readonly Arrived[]): void {
    const waiting = this.#organizations.get(org);
    for (const { bytes, message } of batch) {
      waiting?.delete(refOf(message));
      this.#bytes -= bytes;
    }
    if (waiting?.size === 0) this.#organizations.delete(org);
    for (const wake of this.#callers) wake();
  }
}
