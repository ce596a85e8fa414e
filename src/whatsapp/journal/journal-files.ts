import { join } from 'node:path';
import { createSerialQueue } from '../../base/serial-queue.ts';
import { type Disk, DiskFault } from '../../disk/disk.ts';
import { header, type JournalRecord, lineOf } from './record.ts';

/** At most this much is written and synced at once; a single record may be larger. */
const largestWriteBytes = 8 * 1024 * 1024;
/**
 * Each file is twice as large as the one before it, up to the largest. After a checkpoint the next file is as
 * large as the content.
 */
const [smallestFileBytes, largestFileBytes] = [256 * 1024, 8 * 1024 * 1024];
const fileName = /^\d{10}\.log$/u;
const nameOf = (n: number): string => `${String(n).padStart(10, '0')}.log`;

/** The files of a journal in their order. */
export const journalFiles = async (disk: Disk, directory: string): Promise<readonly string[]> =>
  ((await disk.list(directory)) ?? []).filter((name) => fileName.test(name)).sort();

/** The file that is written to: created with `size` bytes, of which the first `end` are used. */
interface Current {
  readonly path: string;
  readonly size: number;
  end: number;
}
interface Job {
  readonly record: JournalRecord;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

const isGone = (error: unknown): boolean => error instanceof DiskFault && error.code === 'ENOENT';

interface JournalFilesOptions {
  readonly disk: Disk;
  readonly directory: string;
  /** The files that exist already, oldest first. */
  readonly files: readonly string[];
  /** The highest number of a record that exists already. */
  readonly lastSeq: number;
  /**
   * Makes the directory again, because it was removed. False: that must not be done, because the disk is
   * another one. Rejects with `DiskFault`.
   */
  readonly remake: () => Promise<boolean>;
  /** All records that are durable here only. They are written again when the files were removed. */
  readonly kept: () => readonly JournalRecord[];
  /** Called when a record is durable, in the order of the journal, before its writer is answered. */
  readonly durable: (record: JournalRecord) => void;
}

/**
 * The files of the journal, and the one queue to them. Records that arrive during a write are the next write,
 * so one sync serves every organization.
 *
 * A file in which a write failed is never written to again: which part of it is on the disk is unknown, and a
 * second sync would not show it, because the kernel reports a failure once. The next write begins a new file,
 * which is later in the order than whatever the old one holds.
 *
 * A file is created in its full size, filled with zeros. Overwriting costs one flush. A growing file also
 * waits for everything else that the file system has to commit (measured: half the rate while files are
 * created beside it). A full disk then shows when the file is created, and not in the middle of a record.
 */
export class JournalFiles {
  readonly #disk: Disk;
  readonly #directory: string;
  readonly #o: Pick<JournalFilesOptions, 'durable' | 'remake' | 'kept'>;
  #lastSeq: number;
  /** Every file that exists, the current one too. */
  #names: readonly string[];
  #lastNumber: number;
  #current: Current | undefined;
  #nextFileBytes = smallestFileBytes;
  #writtenBytes = 0;
  #jobs: Job[] = [];
  readonly #queue = createSerialQueue();

  constructor({ disk, directory, files, lastSeq, ...rest }: JournalFilesOptions) {
    this.#disk = disk;
    this.#directory = directory;
    this.#o = rest;
    this.#lastSeq = lastSeq;
    this.#names = files;
    this.#lastNumber = Number.parseInt(files.at(-1) ?? '0', 10);
  }

  /** Bytes written since the last `seal`. */
  get size(): number {
    return this.#writtenBytes;
  }
  get isEmpty(): boolean {
    return this.#names.length === 0;
  }
  /** Resolves when the record is on the medium. Rejects with `DiskFault`; then it counts as not written. */
  write(record: JournalRecord): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#jobs.push({ record, resolve, reject });
      if (this.#jobs.length === 1) void this.#queue.run(() => this.#writeBatch());
    });
  }
  /** Later records go into another file. Resolves with the files before it. */
  seal(): Promise<readonly string[]> {
    return this.#queue.run(async () => {
      this.#current = undefined;
      this.#nextFileBytes = Math.min(Math.max(this.#writtenBytes, smallestFileBytes), largestFileBytes);
      this.#writtenBytes = 0;
      return this.#names;
    });
  }
  /**
   * Removes sealed files, once the records of `kept` are durable in a newer one. `kept` is called while no
   * write is on its way.
   */
  drop(sealed: readonly string[]): Promise<void> {
    return this.#queue.run(async () => {
      const kept = this.#o.kept();
      if (kept.length > 0) await this.#append(kept, this.#linesOf(kept));
      // the oldest first: the rest is always the later part
      for (const name of sealed) await this.#disk.remove(join(this.#directory, name));
      await this.#syncRemoval();
      this.#names = this.#names.filter((name) => !sealed.includes(name));
    });
  }
  /**
   * Where the volume is unmounted, nothing seems to be left either. Rejects then, and the files are removed
   * later: the next start would put their old records over newer keys.
   */
  async #syncRemoval(): Promise<void> {
    try {
      await this.#disk.syncDirectory(this.#directory);
    } catch (error) {
      if (!isGone(error) || !(await this.#o.remake())) throw error;
    }
  }

  /** Numbered when they are about to be written: what is written later has a higher number. */
  #lineOf(record: JournalRecord): Buffer {
    this.#lastSeq += 1;
    return Buffer.from(lineOf({ ...record, seq: this.#lastSeq }));
  }
  #linesOf(records: readonly JournalRecord[]): Buffer {
    return Buffer.concat(records.map((record) => this.#lineOf(record)));
  }
  async #writeBatch(): Promise<void> {
    const { batch, lines } = this.#takeBatch();
    if (this.#jobs.length > 0) void this.#queue.run(() => this.#writeBatch());
    try {
      const records = batch.map(({ record }) => record);
      await this.#append(records, lines);
      for (const record of records) this.#o.durable(record);
      for (const { resolve } of batch) resolve();
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
  }
  #takeBatch(): { readonly batch: readonly Job[]; readonly lines: Buffer } {
    const lines: Buffer[] = [];
    let size = 0;
    for (const { record } of this.#jobs) {
      const line = this.#lineOf(record);
      size += line.length;
      if (lines.length > 0 && size > largestWriteBytes) break;
      lines.push(line);
    }
    const batch = this.#jobs.slice(0, lines.length);
    this.#jobs = this.#jobs.slice(lines.length);
    return { batch, lines: Buffer.concat(lines) };
  }
  /** An operator, or a program that tidies, may remove the directory while it is in use. */
  async #append(records: readonly JournalRecord[], lines: Buffer): Promise<void> {
    try {
      await this.#appendLines(lines);
    } catch (error) {
      if (!isGone(error) || !(await this.#o.remake())) throw error;
      await this.#appendLines(this.#linesOf([...this.#o.kept(), ...records]));
    }
  }
  async #appendLines(lines: Buffer): Promise<void> {
    const isNewFile = this.#current === undefined || this.#current.end + lines.length > this.#current.size;
    try {
      if (isNewFile) this.#current = await this.#begin(lines.length);
      const file = this.#current as Current;
      await this.#disk.overwrite(file.path, file.end, lines);
      file.end += lines.length;
      this.#writtenBytes += lines.length;
    } catch (error) {
      this.#current = undefined;
      // then it stays, torn, until the others are dropped
      if (isNewFile) await this.#discard(nameOf(this.#lastNumber)).catch(() => undefined);
      throw error;
    }
  }
  async #begin(neededBytes: number): Promise<Current> {
    this.#lastNumber += 1;
    const name = nameOf(this.#lastNumber);
    const path = join(this.#directory, name);
    const size = Math.max(this.#nextFileBytes, header.length + neededBytes);
    this.#names = [...this.#names, name];
    await this.#disk.write(path, Buffer.concat([Buffer.from(header), Buffer.alloc(size - header.length)]));
    await this.#disk.syncDirectory(this.#directory);
    this.#nextFileBytes = Math.min(this.#nextFileBytes * 2, largestFileBytes);
    return { path, size, end: header.length };
  }
  /** For a file that holds nothing that a writer still relies on. */
  async #discard(name: string): Promise<void> {
    await this.#disk.remove(join(this.#directory, name));
    this.#names = this.#names.filter((one) => one !== name);
  }
}
