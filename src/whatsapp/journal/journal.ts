import { basename, dirname } from 'node:path';
import { isSameFile } from '../../base/file-identity.ts';
import { type Disk, DiskFault, type Stat } from '../../disk/disk.ts';
import type { FileChange, Identify, Journal, OrgJournal, StoreEvents, TakeMessages } from '../store/types.ts';
import { ArrivedMessages } from './arrived.ts';
import { JournalFiles } from './journal-files.ts';
import { orgJournal } from './org-journal.ts';
import { type KeepAside, PutBack } from './put-back.ts';
import type { JournalRecord } from './record.ts';
import type { Left } from './replay.ts';
import { seenFiles } from './seen-files.ts';
import { recovered, waitingChanges } from './waiting.ts';

/**
 * Durable changes are put into the files after this long: a key that changes again meanwhile is put there
 * once.
 */
const tickMs = 1_000;
/** Files that could not be written are tried again every this many ticks. */
const stuckTicks = 10;
/** The journal is emptied when it is this old, or this large. */
const oldestTicks = 60;
const largestBytes = 32 * 1024 * 1024;
/**
 * Names; with more of them, writers wait until some are in the files. A quarter of a minute of work for a
 * busy fleet of thousands.
 */
const mostWaiting = 32_768;

export interface JournalOptions {
  readonly disk: Disk;
  /** `.vigia/journal`, which exists. */
  readonly directory: string;
  /** The directory of the organizations' directories. */
  readonly root: string;
  readonly identify: Identify;
  readonly log: StoreEvents['log'];
  readonly keepAside: KeepAside;
}

/** One opening of a directory: the inode that it had, and a number of its own. */
interface Home {
  readonly ino: number;
  readonly place: number;
}

/**
 * Where keys become durable: one file for all organizations, and one sync for everything that arrived during
 * the last one. From there the keys are put into the files that Baileys knows, a moment later. A clean stop
 * leaves nothing here.
 */
class RunningJournal implements Journal {
  readonly #o: JournalOptions;
  readonly #waiting = waitingChanges();
  readonly #arrived: ArrivedMessages;
  readonly #written: JournalFiles;
  readonly #files: PutBack;
  readonly #seen = seenFiles();
  /** Each directory as it was opened last. */
  readonly #homes = new Map<string, Home>();
  #places = 0;
  /**
   * The disk lost something, so nothing is removed from the journal any more. It stays so while the journal
   * closes.
   */
  #isKept = false;
  #isClosed = false;
  #ticks = 0;
  #timer: NodeJS.Timeout | undefined;
  #ticking: Promise<void> | undefined;

  constructor(options: JournalOptions, { files, records }: Left, home: Stat | undefined) {
    const { disk, directory } = options;
    this.#o = options;
    this.#arrived = new ArrivedMessages(options.log);
    this.#written = new JournalFiles({
      disk,
      directory,
      files,
      lastSeq: records.reduce((most, { seq = 0 }) => Math.max(most, seq), 0),
      durable: (record) => this.#keep(record),
      remake: () => this.#remake(home),
      kept: () => [
        ...this.#waiting
          .all()
          .map(({ org, fingerprint, names }) => ({ org, fingerprint, changes: [...names.values()] })),
        ...this.#arrived.records(),
      ],
    });
    this.#files = new PutBack({
      ...options,
      waiting: this.#waiting,
      written: (org, changes) => this.#noteWritten(org, changes),
    });
  }

  /** Puts into the files what a kill left in the journal. */
  async recover({ records, files, messages = [] }: Left): Promise<void> {
    for (const record of records) this.#keep(recovered(record));
    for (const record of messages) await this.#written.write(record);
    await this.#files.atStart();
    if (files.length > 0) this.#ticks = oldestTicks; // emptied at the first tick
    this.#schedule();
  }
  async open(path: string, fingerprint: string, ino: number): Promise<OrgJournal> {
    const org = basename(path);
    const before = this.#homes.get(org);
    if (before !== undefined && before.ino !== ino) {
      await this.#written.write({ org, fingerprint, changes: [], isNewCopy: true });
    }
    // what a killed process left is judged before it can be read from here
    if (before === undefined) await this.#files.one(org);
    this.#places += 1;
    const home = { ino, place: this.#places };
    this.#homes.set(org, home);
    return this.#journalOf(org, fingerprint, home);
  }
  handTo(take: TakeMessages): void {
    this.#arrived.handTo(take);
  }
  async close(): Promise<readonly string[]> {
    this.#isClosed = true;
    await this.#arrived.close();
    clearTimeout(this.#timer);
    await this.#ticking;
    await this.#checkpoint();
    const rest = this.#waiting.all();
    if (rest.length === 0) return [];
    this.#o.log('journal.keys_left', {
      directory: this.#o.directory,
      organizations: rest.slice(0, 10).map(({ org }) => org),
      count: rest.length,
      because: rest[0]?.stuck ?? null,
    });
    return rest.map(({ org }) => org);
  }

  #journalOf(org: string, fingerprint: string, { place }: Home): OrgJournal {
    return orgJournal({
      org,
      fingerprint,
      place,
      disk: this.#o.disk,
      root: this.#o.root,
      waiting: this.#waiting,
      arrived: this.#arrived,
      seen: this.#seen,
      files: this.#files,
      write: async (record) => {
        while (this.#waiting.size() >= mostWaiting) await this.#makeRoom();
        await this.#written.write(await record());
        this.#schedule();
      },
    });
  }
  #keep(record: JournalRecord): void {
    this.#waiting.add(record);
    this.#arrived.add(record);
  }
  #noteWritten(org: string, changes: readonly FileChange[]): void {
    const home = this.#homes.get(org);
    if (home) for (const { name, content } of changes) this.#seen.note(home.place, name, content);
  }
  async #makeRoom(): Promise<void> {
    const before = this.#waiting.size();
    await this.#files.all();
    if (this.#waiting.size() < before) return;
    const code = this.#waiting.all().find(({ stuck }) => stuck !== undefined)?.stuck ?? 'ENOSPC';
    throw new DiskFault('write', this.#o.root, { code });
  }

  #schedule(): void {
    if (this.#timer || this.#isClosed || (this.#waiting.size() === 0 && this.#written.isEmpty)) return;
    this.#timer = setTimeout(() => {
      this.#ticking = this.#tick().finally(() => {
        this.#timer = undefined;
        this.#schedule();
      });
    }, tickMs);
  }
  async #tick(): Promise<void> {
    const { log, directory } = this.#o;
    this.#ticks += 1;
    try {
      await this.#files.all(this.#ticks % stuckTicks === 0 ? 'stuck too' : 'not the stuck');
      if (this.#ticks >= oldestTicks || this.#written.size >= largestBytes + this.#arrived.bytes)
        await this.#checkpoint();
    } catch (error) {
      log('journal.checkpoint_failed', { directory, why: String(error) });
    }
  }
  /** Makes everything durable in the files, and empties the journal. Rejects with `DiskFault`. */
  async #checkpoint(): Promise<void> {
    if (this.#written.isEmpty || this.#isKept) return;
    this.#ticks = 0;
    const sealed = await this.#written.seal();
    await this.#files.all();
    if (!(await this.#syncFiles())) return;
    await this.#written.drop(sealed);
  }
  /**
   * `home`: the directory of the sessions at the start. Another one in its place is an empty mount point, or
   * another volume: nothing may be called durable there.
   */
  async #remake(home: Stat | undefined): Promise<boolean> {
    const { disk, directory, root, log } = this.#o;
    const now = await disk.stat(root);
    if (!home || !now || !isSameFile(home, now)) return false;
    await disk.makeDirectory(directory);
    await disk.syncDirectory(dirname(directory));
    await disk.syncDirectory(root);
    log('journal.recreated', { directory });
    return true;
  }
  /**
   * False when the disk lost something. It reports a loss once, so only the next start can put everything
   * into the files again.
   */
  async #syncFiles(): Promise<boolean> {
    try {
      await this.#files.sync();
      return true;
    } catch (error) {
      if (!(error instanceof DiskFault) || error.code !== 'EIO') throw error;
      this.#isKept = true;
      this.#o.log('journal.kept', { directory: this.#o.directory });
      return false;
    }
  }
}

/** Rejects with `DiskFault`. */
export const startJournal = async (options: JournalOptions, left: Left): Promise<Journal> => {
  const journal = new RunningJournal(options, left, await options.disk.stat(options.root));
  await journal.recover(left);
  return journal;
};
