import { join } from 'node:path';
import { createSerialQueue } from '../../base/serial-queue.ts';
import type { Disk } from '../../disk/disk.ts';
import { header, type JournalRecord, lineOf } from './record.ts';

/** So much is written and synced at once at most; a single record may be larger. */
const largestWriteBytes = 8 * 1024 * 1024;
/** Each file is twice as large as the one before it, until then. One that is emptied
 * begins again with what it held. */
const [smallestFileBytes, largestFileBytes] = [256 * 1024, 8 * 1024 * 1024];
const fileName = /^\d{10}\.log$/u;
const nameOf = (n: number): string => `${String(n).padStart(10, '0')}.log`;

const bytesOf = (record: JournalRecord): Buffer => Buffer.from(lineOf(record));

/** The files of a journal in their order. */
export const journalFiles = async (disk: Disk, directory: string): Promise<readonly string[]> =>
  ((await disk.list(directory)) ?? []).filter((name) => fileName.test(name)).sort();

/** The file that is written to: `size` bytes were made for it, and it is full up to `end`. */
interface Current {
  readonly path: string;
  readonly size: number;
  end: number;
}
interface Job {
  readonly record: JournalRecord;
  readonly line: Buffer;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

interface LogOptions {
  readonly disk: Disk;
  readonly directory: string;
  /** Those that are there already, oldest first. */
  readonly files: readonly string[];
  /** Called when a record is durable, in the order of the journal, before anybody else is told. */
  readonly durable: (record: JournalRecord) => void;
}

/**
 * The files of the journal, and the one queue to them: whatever comes while a write is on its way is the next write, so that one
 * sync serves every organization. A file in which a write failed is never written to again (what of it came to the disk is not
 * known, and a second sync would not say: the kernel reports a failure once); the next write begins a new file, and is later
 * in the order than whatever may have been left in the old one. A file is made in its full size, of zeros: writing over what is there
 * costs one flush, while one that grows also waits for everything else that the file system has to commit (measured: half the time
 * while files are being made beside it), and a full disk shows when the file is made, not in the middle of a record.
 */
export const openLog = ({ disk, directory, files, durable }: LogOptions) => {
  /** Every file that is there, the current one too. */
  let names = [...files];
  let last = Number.parseInt(files.at(-1) ?? '0', 10);
  let current: Current | undefined;
  let nextBytes = smallestFileBytes;
  let bytes = 0;
  let queue: Job[] = [];
  const writing = createSerialQueue();

  const begin = async (neededBytes: number): Promise<Current> => {
    last += 1;
    const name = nameOf(last);
    const path = join(directory, name);
    const size = Math.max(nextBytes, header.length + neededBytes);
    names.push(name);
    await disk.write(path, Buffer.concat([Buffer.from(header), Buffer.alloc(size - header.length)]));
    await disk.syncDirectory(directory);
    nextBytes = Math.min(nextBytes * 2, largestFileBytes);
    return { path, size, end: header.length };
  };
  /** Nobody was told of anything in it. */
  const discard = async (name: string): Promise<void> => {
    await disk.remove(join(directory, name));
    names = names.filter((one) => one !== name);
  };
  const append = async (lines: Buffer): Promise<void> => {
    const isFresh = current === undefined || current.end + lines.length > current.size;
    try {
      if (isFresh) current = await begin(lines.length);
      const file = current as Current;
      await disk.overwrite(file.path, file.end, lines);
      file.end += lines.length;
      bytes += lines.length;
    } catch (error) {
      current = undefined;
      if (isFresh) await discard(nameOf(last)).catch(() => undefined); // it is torn then, and dropped with the others
      throw error;
    }
  };
  const takeBatch = (): readonly Job[] => {
    let size = 0;
    let count = 0;
    for (const { line } of queue) {
      size += line.length;
      if (count > 0 && size > largestWriteBytes) break;
      count += 1;
    }
    const batch = queue.slice(0, count);
    queue = queue.slice(count);
    return batch;
  };
  const pump = async (): Promise<void> => {
    const batch = takeBatch();
    if (queue.length > 0) void writing.run(pump);
    try {
      await append(Buffer.concat(batch.map(({ line }) => line)));
      for (const { record } of batch) durable(record);
      for (const { resolve } of batch) resolve();
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
  };

  return {
    /** Bytes written since the last `seal`. */
    size: (): number => bytes,
    isEmpty: (): boolean => names.length === 0,
    /** Resolves when it is on the medium. Rejects with `DiskFault`; then it counts as not written. */
    write: (record: JournalRecord): Promise<void> =>
      new Promise((resolve, reject) => {
        queue.push({ record, line: bytesOf(record), resolve, reject });
        if (queue.length === 1) void writing.run(pump);
      }),
    /** What is written from now on goes into another file; resolves with those before it. */
    seal: (): Promise<readonly string[]> =>
      writing.run(async () => {
        current = undefined;
        nextBytes = Math.min(Math.max(bytes, smallestFileBytes), largestFileBytes);
        bytes = 0;
        return [...names];
      }),
    /** Removes files that were sealed, once `kept`, which is asked when nothing is on its way, is durable in a newer one. */
    drop: (sealed: readonly string[], kept: () => readonly JournalRecord[]): Promise<void> =>
      writing.run(async () => {
        const records = kept();
        if (records.length > 0) await append(Buffer.concat(records.map(bytesOf)));
        for (const name of sealed) await discard(name); // the oldest first: what is left is always the later part
        await disk.syncDirectory(directory);
      }),
  };
};
