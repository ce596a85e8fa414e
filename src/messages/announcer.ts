/**
 * Announces what became durable. An announcement that the disk of the outbox refuses is repeated; after a
 * crash the mark that it was to be made still exists.
 */
import type { WriteLog } from '../base/log.ts';
import type { TableChange } from '../database/table.ts';
import type { MessageEvent, MessageEventSink } from './events-port.ts';
import type { MessageTable } from './table.ts';

const retryMs = 5_000;
const mostAtOnce = 500;

interface Due {
  readonly event: MessageEvent;
  /** Removes the mark. */
  readonly after: readonly TableChange[];
}
export class Announcer {
  readonly #sink: MessageEventSink;
  readonly #table: MessageTable;
  readonly #log: WriteLog;
  #waiting: Due[] = [];
  #running: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isFailing = false;
  #isClosed = false;

  constructor(sink: MessageEventSink, table: MessageTable, log: WriteLog) {
    this.#sink = sink;
    this.#table = table;
    this.#log = log;
  }
  add(event: MessageEvent, after: readonly TableChange[]): void {
    this.#waiting.push({ event, after });
    if (this.#timer === undefined && !this.#isClosed) this.#start();
  }
  /** Resolves when nothing waits, or at the first failure. */
  async flush(): Promise<void> {
    this.#start();
    await this.#running;
  }
  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    await this.flush();
  }

  #start(): void {
    this.#timer = undefined;
    // in a later microtask: the events of one moment are announced together
    this.#running ??= Promise.resolve().then(() => this.#announceAll());
  }
  async #announceAll(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.slice(0, mostAtOnce);
      try {
        await this.#sink.announce(batch.map(({ event }) => event));
        await this.#table.write(batch.flatMap(({ after }) => after));
        this.#waiting = this.#waiting.slice(batch.length);
        this.#isFailing = false;
      } catch (err) {
        if (!this.#isFailing) this.#log('messages.not_announced', { waiting: this.#waiting.length, err });
        this.#isFailing = true;
        if (!this.#isClosed) this.#timer = setTimeout(() => this.#start(), retryMs).unref();
        break;
      }
    }
    this.#running = undefined;
  }
}
