import { join } from 'node:path';
import type { Org, SessionRecord } from '../../machines/domain/ports.ts';
import { createSerialQueue } from '../base/serial-queue.ts';
import { type Disk, DiskFault } from '../disk/disk.ts';
import { replaceFile } from '../disk/replace-file.ts';
import { freePath, type Layout, makeInside } from './layout.ts';
import { inOrder, parseRecord } from './record-format.ts';

/**
 * One write reserves this many revisions: after a crash the next process goes on from the reserved number, so
 * a revision never repeats.
 */
export const reservedRevisions = 1_000;

/** A record has less than a kilobyte. */
const largestRecordBytes = 1024 * 1024;

export type RecordRead =
  | { readonly kind: 'absent' }
  | { readonly kind: 'record'; readonly record: SessionRecord }
  /** `code` is the system's, or `malformed` for content that is not a record. */
  | { readonly kind: 'unreadable'; readonly code: string };

interface RecordFileDeps {
  readonly disk: Disk;
  readonly layout: Layout;
  /** Epoch milliseconds. */
  readonly now: () => number;
}

/** What the file holds. */
interface Written {
  /**
   * The record without its revision; `undefined` when the content is not certain, so that the next save
   * writes.
   */
  readonly body: string | undefined;
  readonly reservedRevision: number;
}
interface WaitingSave {
  record: SessionRecord;
  readonly saved: Promise<void>;
}
type Raw = RecordRead & { readonly bytes?: Buffer; readonly fault?: DiskFault };

const bodyOf = (record: SessionRecord): string => JSON.stringify({ ...record, revision: undefined });

const readRaw = async ({ disk, layout }: RecordFileDeps, org: Org): Promise<Raw> => {
  try {
    const bytes = await disk.read(layout.record(org), largestRecordBytes);
    if (!bytes) return { kind: 'absent' };
    const record = parseRecord(bytes);
    return record ? { kind: 'record', record } : { kind: 'unreadable', code: 'malformed', bytes };
  } catch (fault) {
    if (fault instanceof DiskFault) return { kind: 'unreadable', code: fault.code, fault };
    throw fault;
  }
};

/** Reads the record from the disk. Never rejects. */
export const readRecordFile = async (deps: RecordFileDeps, org: Org): Promise<RecordRead> => {
  const raw = await readRaw(deps, org);
  return raw.kind === 'unreadable' ? { kind: 'unreadable', code: raw.code } : raw;
};

/** Copies and does not move: at no moment may a crash leave the organization without a record. */
const quarantine = async ({ disk, layout, now }: RecordFileDeps, org: Org, bytes: Buffer): Promise<void> => {
  const directory = layout.quarantineOf(org);
  await makeInside(disk, layout.quarantine);
  await makeInside(disk, directory);
  await replaceFile(disk, await freePath(disk, directory, 'record', now()), bytes);
};

/** A program that tidies may remove the directory of the records while it is used. */
const write = async ({ disk, layout }: RecordFileDeps, org: Org, record: SessionRecord): Promise<void> => {
  const put = () => replaceFile(disk, layout.record(org), `${JSON.stringify(record, null, 2)}\n`);
  try {
    await put();
  } catch (fault) {
    if (!(fault instanceof DiskFault) || fault.code !== 'ENOENT') throw fault;
    await makeInside(disk, layout.orgs);
    await put();
  }
};

/**
 * Writes the record of one organization: one write at a time, and one for all saves that wait. A class: there
 * is one per session.
 */
export class RecordFile {
  readonly #deps: RecordFileDeps;
  readonly #org: Org;
  readonly #queue = createSerialQueue();
  /** The save that has not started yet. A newer record takes its place. */
  #waiting: WaitingSave | undefined;
  /** `undefined` before the first write, and after the file was moved away. */
  #written: Written | undefined;
  /** The newest record, if it could not be written. */
  #unwritten: SessionRecord | undefined;

  constructor(deps: RecordFileDeps, org: Org) {
    this.#deps = deps;
    this.#org = org;
  }

  save(record: SessionRecord): Promise<void> {
    if (this.#waiting) {
      this.#waiting.record = record;
      return this.#waiting.saved;
    }
    const waiting: WaitingSave = {
      record,
      saved: this.#queue.run(() => {
        if (this.#waiting === waiting) this.#waiting = undefined;
        return this.#write(waiting.record);
      }),
    };
    this.#waiting = waiting;
    return waiting.saved;
  }

  /** Writes the newest record again if it could not be written; a `DiskFault` leaves it for the next call. */
  async retrySave(): Promise<void> {
    if (this.#unwritten === undefined) return;
    const retry = async (): Promise<void> => {
      if (this.#unwritten !== undefined) await this.#write(this.#unwritten);
    };
    await this.#queue.run(retry).catch((fault: unknown) => {
      if (!(fault instanceof DiskFault)) throw fault;
    });
  }

  moveAway(to: string): Promise<void> {
    const { disk, layout } = this.#deps;
    this.#waiting = undefined; // a record that is saved after this call is a new file
    return this.#queue.run(async () => {
      this.#written = undefined;
      this.#unwritten = undefined;
      const from = layout.record(this.#org);
      if ((await disk.stat(from)) === undefined) return;
      await disk.rename(from, to);
      await disk.syncDirectory(join(to, '..'));
      await disk.syncDirectory(layout.orgs);
    });
  }

  isIdle(): boolean {
    return this.#queue.isIdle();
  }
  /** Resolves when no write is running or waiting. */
  idle(): Promise<void> {
    return this.#queue.idle();
  }

  async #write(given: SessionRecord): Promise<void> {
    this.#unwritten = given;
    const record = inOrder(given);
    const body = bodyOf(record);
    const written = (this.#written ??= await this.#readWritten());
    if (body !== written.body || record.revision >= written.reservedRevision) {
      const reservedRevision = Math.max(record.revision + reservedRevisions, written.reservedRevision);
      // the content is not certain until the write is durable
      this.#written = { body: undefined, reservedRevision };
      await write(this.#deps, this.#org, { ...record, revision: reservedRevision });
      this.#written = { body, reservedRevision };
    }
    this.#unwritten = undefined;
  }

  /**
   * A malformed file goes to quarantine. Rejects with the `DiskFault` of a file that cannot be read: it must
   * not be replaced.
   */
  async #readWritten(): Promise<Written> {
    const raw = await readRaw(this.#deps, this.#org);
    if (raw.kind === 'record') return { body: bodyOf(raw.record), reservedRevision: raw.record.revision };
    if (raw.fault) throw raw.fault;
    if (raw.bytes) await quarantine(this.#deps, this.#org, raw.bytes);
    return { body: undefined, reservedRevision: 0 };
  }
}
