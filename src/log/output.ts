/**
 * Where the lines of the log go. A log that cannot be written must not stop the sessions: no write blocks the
 * event loop, the queue is bounded in bytes, and a line that cannot be written is counted and dropped.
 */
import { Buffer } from 'node:buffer';

/** Writes the bytes and calls back once. `written`: how many bytes arrived before the error. */
export type Sink = (bytes: Buffer, done: (error: Error | null | undefined, written: number) => void) => void;

/** Lines are counted since the start of the process. */
export interface DroppedLines {
  readonly dropped: number;
  /** No line arrives now: the last write failed, or the reader is too slow. */
  readonly isDropping: boolean;
}
export interface LogOutput {
  /** Queues one line, with its end of line. Never throws and never waits. */
  write(line: string): void;
  droppedLines(): DroppedLines;
  /** Resolves when every queued line was written or dropped, after `withinMs` at the latest. */
  flush(withinMs: number): Promise<void>;
}
export interface LogOutputOptions {
  readonly sink: Sink;
  /** Called when lines arrive again after some were dropped: how many since the last call. */
  readonly onRecovered?: (dropped: number) => void;
}

/**
 * Waiting bytes at most: about 40,000 lines. One scan of a large directory logs thousands of lines at once,
 * and none of these may be dropped while the reader is well.
 */
const mostWaiting = 8 * 1024 * 1024;
/** Bytes in one write at most: more would only delay the report of a fault. */
const mostAtOnce = 64 * 1024;
const newline = 0x0a;

/** One write. `ends`: where each of its lines ends. */
interface Batch {
  readonly bytes: Buffer;
  readonly ends: readonly number[];
}

class Output implements LogOutput {
  readonly #o: LogOutputOptions;
  #waiting: Buffer[] = [];
  #waitingBytes = 0;
  #isWriting = false;
  /** The last write ended within a line: the next one begins with an end of line, to stay readable. */
  #isTorn = false;
  #dropped = 0;
  #reported = 0;
  #isDropping = false;
  #onIdle: (() => void)[] = [];

  constructor(options: LogOutputOptions) {
    this.#o = options;
  }
  write(line: string): void {
    const bytes = Buffer.from(line);
    if (this.#waitingBytes + bytes.length > mostWaiting) return this.#drop(1);
    this.#waiting.push(bytes);
    this.#waitingBytes += bytes.length;
    if (!this.#isWriting) this.#writeNext();
  }
  droppedLines(): DroppedLines {
    return { dropped: this.#dropped, isDropping: this.#isDropping };
  }
  async flush(withinMs: number): Promise<void> {
    if (!this.#isWriting) return;
    await new Promise<void>((resolve) => {
      const deadline = setTimeout(resolve, withinMs);
      this.#onIdle.push(() => {
        clearTimeout(deadline);
        resolve();
      });
    });
  }

  #drop(lines: number): void {
    this.#dropped += lines;
    this.#isDropping = true;
  }
  #writeNext(): void {
    const batch = this.#take();
    if (batch === undefined) return this.#rest();
    const { bytes, ends } = batch;
    this.#isWriting = true;
    this.#o.sink(bytes, (error, written) => {
      if (written > 0) this.#isTorn = bytes[written - 1] !== newline;
      if (error) this.#drop(ends.filter((end) => end > written).length);
      else if (this.#waiting.length === 0) this.#recover();
      this.#writeNext();
    });
  }
  /** The next lines to write, at least one. */
  #take(): Batch | undefined {
    const prefix = Buffer.alloc(this.#isTorn ? 1 : 0, newline);
    const ends: number[] = [];
    let size = prefix.length;
    for (const line of this.#waiting) {
      if (ends.length > 0 && size + line.length > mostAtOnce) break;
      size += line.length;
      ends.push(size);
    }
    if (ends.length === 0) return undefined;
    const bytes = Buffer.concat([prefix, ...this.#waiting.splice(0, ends.length)], size);
    this.#waitingBytes -= size - prefix.length;
    return { bytes, ends };
  }
  #recover(): void {
    this.#isDropping = false;
    const dropped = this.#dropped - this.#reported;
    this.#reported = this.#dropped;
    if (dropped > 0) this.#o.onRecovered?.(dropped); // queues a line, which the next write takes
  }
  #rest(): void {
    this.#isWriting = false;
    for (const resolve of this.#onIdle.splice(0)) resolve();
  }
}

export const openLogOutput = (options: LogOutputOptions): LogOutput => new Output(options);
