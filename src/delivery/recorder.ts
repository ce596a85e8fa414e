/**
 * Makes events durable before clients receive them: the events of a moment are one transaction. A disk that
 * refuses, or that takes too long, does not hold events back: they are released, kept in memory, and
 * recorded as soon as the disk takes them.
 *
 *     well ──(a write takes longer than `holdMs`)──→ late         late ──(it ends well)──→ well
 *     well, late ──(a write is refused)──→ failing                failing ──(a later one is taken)──→ well
 *
 * Only in `well` an event is held. So it is held for two writes at most: the one under way, and its own.
 */
import type { WriteLog } from '../base/log.ts';
import type { Message } from './message.ts';
import type { Recording } from './outbox.ts';

/** The longest that clients wait for one write. */
export const holdMs = 2_000;
const retryMs = 5_000;
/** At the end, the disk has this long to take what it refused before. */
const closeMs = 2_000;
/** The newest events that the disk refuses stay in memory, up to these bounds. */
export const keptAtMost = { events: 10_000, bytes: 32 * 1_048_576 } as const;
const perWrite = 500;
const perLogLine = 100;

type EventRecording = Recording & { readonly message: Message };
interface Waiting {
  readonly recording: EventRecording;
  readonly bytes: number;
  /** Without effect when it was called before. */
  readonly release: () => void;
}
export interface RecorderOptions {
  readonly record: (recordings: readonly Recording[]) => Promise<void>;
  readonly log: WriteLog;
}

export class Recorder {
  readonly #o: RecorderOptions;
  #state: 'well' | 'late' | 'failing' = 'well';
  #waiting: Waiting[] = [];
  #bytes = 0;
  #dropped = 0;
  #running: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(options: RecorderOptions) {
    this.#o = options;
  }

  /**
   * Resolves when the event can no longer be lost, or when clients wait no longer for that. Never rejects.
   */
  add(recording: EventRecording): Promise<void> {
    const bytes = JSON.stringify(recording.message).length;
    const released = new Promise<void>((release) => {
      this.#waiting.push({ recording, bytes, release });
      if (this.#state !== 'well') release();
    });
    this.#bytes += bytes;
    this.#dropOldest();
    if (this.#timer === undefined) this.#start();
    return released;
  }
  /** The number of events that the disk has not taken yet. */
  waiting(): number {
    return this.#waiting.length;
  }
  /** Tries once more, and logs what is lost. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    const deadline = new Promise((resolve) => void setTimeout(resolve, closeMs).unref());
    await Promise.race([this.#writeLast(), deadline]);
    this.#reportLost();
    this.#releaseAll();
  }

  #start(): void {
    this.#timer = undefined;
    // in a later microtask: the events of one moment are one transaction
    this.#running ??= Promise.resolve().then(() => this.#writeAll());
  }
  async #writeAll(): Promise<void> {
    while (this.#waiting.length > 0) if (!(await this.#write())) break;
    this.#running = undefined;
    if (this.#waiting.length > 0 && !this.#isClosed)
      this.#timer = setTimeout(() => this.#start(), retryMs).unref();
  }
  /** Writes one batch. False when the disk refused. */
  async #write(): Promise<boolean> {
    const batch = this.#waiting.slice(0, perWrite);
    const late = setTimeout(() => this.#becomeLate(), holdMs).unref();
    try {
      await this.#o.record(batch.map(({ recording }) => recording));
      this.#forget(batch);
      if (this.#state !== 'well') this.#o.log('delivery.recorded_again', { dropped: this.#dropped });
      this.#state = 'well';
      this.#dropped = 0;
      for (const { release } of batch) release();
      return true;
    } catch (err) {
      if (this.#state !== 'failing')
        this.#o.log('delivery.not_recorded', { waiting: this.#waiting.length, err });
      this.#state = 'failing';
      this.#releaseAll();
      return false;
    } finally {
      clearTimeout(late);
    }
  }
  async #writeLast(): Promise<void> {
    await this.#running;
    if (this.#waiting.length === 0) return;
    this.#start();
    await this.#running;
  }
  #becomeLate(): void {
    if (this.#state === 'well') {
      this.#o.log('delivery.record_late', { waiting: this.#waiting.length });
      this.#state = 'late';
    }
    this.#releaseAll();
  }
  #forget(batch: readonly Waiting[]): void {
    const written = new Set(batch); // some may have been dropped meanwhile
    this.#waiting = this.#waiting.filter((one) => !written.has(one));
    this.#bytes = this.#waiting.reduce((sum, { bytes }) => sum + bytes, 0);
  }
  #dropOldest(): void {
    while (this.#waiting.length > keptAtMost.events || this.#bytes > keptAtMost.bytes) {
      const oldest = this.#waiting.shift();
      if (oldest === undefined) return;
      this.#bytes -= oldest.bytes;
      this.#dropped += 1;
      oldest.release();
      if (this.#dropped === 1)
        this.#o.log('delivery.event_dropped', { messageId: oldest.recording.message.id });
    }
  }
  #releaseAll(): void {
    for (const { release } of this.#waiting) release();
  }
  #reportLost(): void {
    for (let first = 0; first < this.#waiting.length; first += perLogLine) {
      const some = this.#waiting.slice(first, first + perLogLine);
      const messages = some.map(({ recording: { message } }) => ({
        id: message.id,
        ...(message.kind === 'event' && { type: message.type, org: message.orgId }),
      }));
      this.#o.log('delivery.events_lost', { count: this.#waiting.length, messages });
    }
  }
}
