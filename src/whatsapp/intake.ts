/**
 * How much of one connection waits to be processed, in bytes, and when it is read on. A flood fills the three
 * stages here, then the buffers of TCP, and so slows its own sender down. Nothing is lost.
 *
 * The stages: messages of the WebSocket that are not decoded yet, stanzas that wait for a handler, and
 * stanzas in handlers. One message is decoded at a time, so at most one stanza is inflated at a time. An
 * answer to a request passes the stanzas that wait, because their handlers may need it.
 */
import { createQueue } from '../base/queue.ts';
import { weightOf } from './weight.ts';

const mib = 1024 * 1024;
export interface IntakeBounds {
  /** Bytes that wait to be decoded; above it the socket is not read. */
  readonly waitingBytes: number;
  /** Weight of the stanzas in handlers; from it on further stanzas wait for a handler. */
  readonly handledBytes: number;
  /** Weight of all stanzas; from it on nothing more is decoded. */
  readonly stanzaBytes: number;
  /** The same when handlers wait for an answer that is still to be read; above it the connection ends. */
  readonly mostBytes: number;
  /** How long no handler may finish before `stallBytes` more are decoded, in milliseconds. */
  readonly stallMs: number;
  readonly stallBytes: number;
}
/**
 * Our own choice. 32 MiB hold some 14,000 short messages (WHATSAPP-FACTS.md#flood). A handler that waits for
 * an answer gives up after 60 s (`defaultQueryTimeoutMs`). Stalls reach `mostBytes` only after twice that.
 */
export const intakeBounds: IntakeBounds = {
  waitingBytes: mib,
  handledBytes: 4 * mib,
  stanzaBytes: 32 * mib,
  mostBytes: 64 * mib,
  stallMs: 2_000,
  stallBytes: mib / 2,
};
/**
 * A stanza in a handler keeps about this besides its content: promises, closures and a place in a queue. Our
 * own measure (WHATSAPP-FACTS.md#flood).
 */
export const overheadBytes = 8 * 1024;
/** The same for a stanza that waits for a handler. */
const parkedBytes = 1_536;

interface Item {
  readonly bytes: number;
  /** Never rejects: a failure is reported where it happens. */
  readonly work: () => Promise<unknown>;
}
export interface IntakeOptions {
  readonly bounds?: IntakeBounds | undefined;
  /** While it is false nothing is held back: what ended the connection must be processed. */
  readonly isOpen: () => boolean;
  readonly pause: () => void;
  readonly resume: () => void;
  /** Stanzas weigh more than `mostBytes`, because no handler finishes. Called once. */
  readonly overrun: (error: Error) => void;
  /** Called each time stanzas of `handledBytes` have been processed. */
  readonly handledMuch: () => void;
}

export class Intake {
  readonly #options: IntakeOptions;
  readonly #bounds: IntakeBounds;
  readonly #waiting = createQueue<Item>();
  readonly #parked = createQueue<Item>();
  #waitingBytes = 0;
  #parkedBytes = 0;
  #heldBytes = 0;
  #peakBytes = 0;
  #handledBytes = 0;
  #taken = 0;
  #decoding: Promise<unknown> | undefined;
  #stall: NodeJS.Timeout | undefined;
  /** Stanzas may weigh this much before decoding stops. */
  #allowance: number;
  #isBusy = false;
  #isPaused = false;
  #isOverrun = false;

  constructor(options: IntakeOptions) {
    this.#options = options;
    this.#bounds = options.bounds ?? intakeBounds;
    this.#allowance = this.#bounds.stanzaBytes;
  }
  /** The most bytes that were in all stages at a time. */
  get peakBytes(): number {
    return this.#peakBytes;
  }
  /** Something is held back: an answer of the server may be behind it. */
  get isBehind(): boolean {
    return this.#isPaused || !this.#waiting.isEmpty() || !this.#parked.isEmpty();
  }
  /** How many messages and events of the socket were passed on. */
  get taken(): number {
    return this.#taken;
  }

  /** An event of the socket, with the bytes that it brings. `work` passes it on. The order stays. */
  arrived(bytes: number, work: () => Promise<unknown>): void {
    this.#waiting.add({ bytes, work });
    this.#waitingBytes += bytes;
    this.#checkWeight();
    if (this.#waitingBytes > this.#bounds.waitingBytes && !this.#isPaused && this.#options.isOpen()) {
      this.#isPaused = true;
      this.#options.pause();
    }
    void this.#run();
  }
  /** The message that `work` passed on is decoded when `done` settles. */
  decodes(done: Promise<unknown>): void {
    this.#decoding = done;
  }
  /** `work` handles the stanza: it starts at once, or when fewer handlers are at work. */
  park(stanza: unknown, work: () => Promise<unknown>): void {
    const bytes = parkedBytes + weightOf(stanza);
    this.#parked.add({ bytes, work });
    this.#parkedBytes += bytes;
    this.#startHandlers();
    this.#checkWeight();
  }
  /** A handler has a stanza of this weight until `done` settles. */
  handles(bytes: number, done: Promise<unknown>): void {
    const held = bytes + overheadBytes;
    this.#heldBytes += held;
    void done.then(() => this.#handled(held));
    this.#checkWeight();
  }
  /** Nothing is held back any more, and no timer stays. */
  stop(): void {
    this.#isOverrun = true;
    clearTimeout(this.#stall);
    void this.#run();
  }

  #checkWeight(): void {
    const stanzas = this.#parkedBytes + this.#heldBytes;
    this.#peakBytes = Math.max(this.#peakBytes, this.#waitingBytes + stanzas);
    if (stanzas <= this.#bounds.mostBytes || this.#isOverrun || !this.#options.isOpen()) return;
    this.#isOverrun = true;
    this.#options.overrun(new Error(`more than ${this.#bounds.mostBytes} bytes wait for a handler`));
  }
  /** What waits when the connection ends is never handled: WhatsApp sends it again. */
  #startHandlers(): void {
    while (this.#heldBytes < this.#bounds.handledBytes || !this.#options.isOpen()) {
      const item = this.#parked.take();
      if (item === undefined) return;
      this.#parkedBytes -= item.bytes;
      if (this.#options.isOpen()) this.handles(item.bytes, item.work());
    }
  }
  #handled(bytes: number): void {
    this.#heldBytes -= bytes;
    this.#allowance = this.#bounds.stanzaBytes;
    clearTimeout(this.#stall);
    this.#stall = undefined;
    this.#startHandlers();
    this.#handledBytes += bytes;
    if (this.#handledBytes > this.#bounds.handledBytes) {
      this.#handledBytes = 0;
      this.#options.handledMuch();
    }
    void this.#run();
  }
  #mayDecode(): boolean {
    return (
      this.#parkedBytes + this.#heldBytes < this.#allowance || this.#isOverrun || !this.#options.isOpen()
    );
  }
  async #run(): Promise<void> {
    if (this.#isBusy) return;
    this.#isBusy = true;
    while (this.#mayDecode()) {
      const item = this.#waiting.take();
      if (item === undefined) break;
      this.#taken += 1;
      await item.work();
      await this.#decoding;
      this.#decoding = undefined;
      this.#waitingBytes -= item.bytes;
      this.#readOn();
    }
    this.#isBusy = false;
    if (!this.#waiting.isEmpty()) this.#waitForHandlers();
  }
  #readOn(): void {
    if (!this.#isPaused || this.#waitingBytes > this.#bounds.waitingBytes / 2) return;
    this.#isPaused = false;
    this.#options.resume();
  }
  /** A handler may wait for an answer that is among what is not read yet. */
  #waitForHandlers(): void {
    this.#stall ??= setTimeout(() => {
      this.#stall = undefined;
      this.#allowance += this.#bounds.stallBytes;
      void this.#run();
    }, this.#bounds.stallMs).unref();
  }
}
