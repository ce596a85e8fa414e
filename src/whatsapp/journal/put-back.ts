import { join } from 'node:path';
import type { LogEvent } from '../../base/log-events.ts';
import { createSerialQueues } from '../../base/serial-queue.ts';
import type { Disk } from '../../disk/disk.ts';
import type { FileChange, Identify, StoreEvents } from '../store/types.ts';
import type { JournalChange, JournalRecord } from './record.ts';
import type { Waiting, WaitingChanges } from './waiting.ts';
import { writeBack } from './write-back.ts';

/**
 * Up to this many names, each file is synced, which disturbs no other user of the disk. Above it, the file
 * system is, once.
 */
const mostSynced = 256;

/**
 * Keeps changes that are not put into the files, as evidence. Resolves with the path, or `undefined` when the
 * disk does not take it. Never rejects because of the disk.
 */
export type KeepAside = (record: JournalRecord) => Promise<string | undefined>;

interface PutBackOptions {
  readonly disk: Disk;
  /** The directory of the journal: its file system is the one that is synced. */
  readonly directory: string;
  readonly root: string;
  readonly identify: Identify;
  readonly log: StoreEvents['log'];
  readonly waiting: WaitingChanges;
  readonly keepAside: KeepAside;
  /** These changes are in the files now. */
  readonly written: (org: string, changes: readonly FileChange[]) => void;
}

/**
 * Whether many files can be made durable by one sync of the file system `dev`. Probed when it is first
 * needed.
 */
type BulkSync = { readonly is: 'unknown' | 'impossible' } | { readonly is: 'possible'; readonly dev: number };

/**
 * Moves changes from the journal into the files, one directory after another. No fault of a single directory
 * rejects.
 */
export class PutBack {
  readonly #o: PutBackOptions;
  /** The changes of an organization go into its files one after the other. */
  readonly #queues = createSerialQueues();
  #bulk: BulkSync = { is: 'unknown' };
  /** Files were written since the last `sync`, and not synced. */
  #isUnsynced = false;

  constructor(options: PutBackOptions) {
    this.#o = options;
  }

  /** Runs while nothing is put into the organization's files. */
  inTurn<T>(org: string, work: () => Promise<T>): Promise<T> {
    return this.#queues.run(org, work);
  }
  /** `stuck`: organizations whose files could not be written at the last attempt. */
  all(which: 'stuck too' | 'not the stuck' = 'stuck too'): Promise<void> {
    const chosen = this.#o.waiting.all().filter(({ stuck }) => which === 'stuck too' || stuck === undefined);
    return this.#putEach(chosen, false);
  }
  /** At a start no session has the directories yet: one that is gone was taken away on purpose. */
  atStart(): Promise<void> {
    return this.#putEach(this.#o.waiting.all(), true);
  }
  /** Resolves with the code of the error that is in the way, or `undefined`. */
  async one(org: string): Promise<string | undefined> {
    const one = this.#o.waiting.of(org);
    if (!one) return this.#queues.run(org, async () => undefined);
    await this.#put(one, await this.#bulkDev(), false);
    return this.#o.waiting.of(org)?.stuck;
  }
  /** Makes durable what was put into the files. Rejects with `DiskFault`. */
  async sync(): Promise<void> {
    if (!this.#isUnsynced) return;
    this.#isUnsynced = false;
    try {
      await this.#o.disk.syncFileSystem(this.#o.directory);
    } catch (error) {
      this.#isUnsynced = true;
      throw error;
    }
  }

  /** One by one: this runs beside the real work. */
  async #putEach(some: readonly Waiting[], isStart: boolean): Promise<void> {
    const bulkDev = await this.#bulkDev();
    for (const one of some) await this.#put(one, bulkDev, isStart);
  }
  #put(one: Waiting, bulkDev: number | undefined, isStart: boolean): Promise<void> {
    const { disk, root, identify, waiting } = this.#o;
    return this.#queues.run(one.org, async () => {
      if (one.names.size === 0 || waiting.of(one.org) !== one) return;
      const result = await writeBack({ disk, directory: join(root, one.org), identify, bulkDev }, one);
      switch (result.is) {
        case 'done':
          this.#isUnsynced ||= result.bulk;
          delete one.stuck;
          this.#o.written(one.org, result.changes);
          await this.#leaveOut(one, result.kept);
          return waiting.settle(one, [...result.changes, ...result.kept]);
        case 'other':
          return this.#forget(one, 'journal.keys_of_another');
        case 'gone':
          return isStart ? this.#forget(one, 'journal.keys_dropped') : this.#noteStuck(one, 'ENOENT');
        case 'unclear':
          return this.#noteStuck(one, result.code);
      }
    });
  }
  async #leaveOut({ org, fingerprint }: Waiting, changes: readonly JournalChange[]): Promise<void> {
    if (changes.length === 0) return;
    const evidence = await this.#o.keepAside({ org, fingerprint, changes });
    const examples = changes.slice(0, 10).map(({ name }) => name);
    this.#o.log('journal.files_newer', {
      org,
      changes: changes.length,
      examples,
      evidence: evidence ?? null,
    });
  }
  #forget(one: Waiting, event: LogEvent): void {
    this.#o.log(event, { org: one.org, changes: one.names.size });
    this.#o.waiting.forget(one);
  }
  #noteStuck(one: Waiting, code: string): void {
    if (one.stuck === undefined) this.#o.log('journal.keys_waiting', { org: one.org, code });
    one.stuck = code;
  }

  /** The file system that will be synced as a whole; `undefined` when each file is synced by itself. */
  async #bulkDev(): Promise<number | undefined> {
    if (this.#o.waiting.size() <= mostSynced) return undefined;
    if (this.#bulk.is === 'unknown') this.#bulk = await this.#probeBulkSync();
    return this.#bulk.is === 'possible' ? this.#bulk.dev : undefined;
  }
  async #probeBulkSync(): Promise<BulkSync> {
    const { disk, directory } = this.#o;
    // a fault here is no verdict: the writes that follow report it
    const stat = await disk.stat(directory).catch(() => undefined);
    if (!stat) return { is: 'unknown' };
    return disk.syncFileSystem(directory).then(
      () => ({ is: 'possible', dev: stat.dev }),
      () => ({ is: 'impossible' }),
    );
  }
}
