import { monotonicMs } from '../../base/monotonic.ts';
import type { Disk } from '../../disk/disk.ts';
import type { ArrivedMessage } from '../messages/port.ts';
import { type AttemptFault, openAttempts } from './attempts.ts';
import type { Drafting } from './draft.ts';
import type { DirectoryMemory } from './one-writer.ts';
import type { Ownership } from './ownership.ts';
import { pendingChanges } from './pending.ts';
import type { Wanted } from './round.ts';
import type { Drained, FileChange, OrgJournal, StoreEvents } from './types.ts';

const firstRetryMs = 1_000;
const longestRetryMs = 30_000;
/** A fenced store tries once a second for this long, then gives up. Half of the deadline of `drained`. */
const lastChanceMs = 5_000;
const drainDeadlineMs = 10_000;

interface WriterOptions {
  readonly disk: Disk;
  readonly directory: string;
  readonly drafting: Drafting;
  readonly ownership: Ownership;
  readonly memory: DirectoryMemory;
  readonly journal?: OrgJournal | undefined;
  readonly on: StoreEvents;
}

/**
 * `fenced`: takes nothing new, and gives up what it cannot write until `giveUpAt` (of the monotonic clock).
 * `frozen`: another identity has the directory; nothing is written any more.
 */
type Phase =
  | { readonly is: 'open' }
  | { readonly is: 'fenced'; readonly giveUpAt: number }
  | { readonly is: 'frozen' };
/** `pausing`: between two attempts on a disk that does not work; `wake` ends the pause. */
type Activity =
  | { readonly is: 'idle' | 'attempting' }
  | { readonly is: 'pausing'; readonly wake: () => void };
type Callers = (() => void)[];

const release = (callers: Callers): void => {
  for (const resolve of callers.splice(0)) resolve();
};

/**
 * The one queue of a directory. It collects while it writes, so at most one `creds.json` is waiting, and a
 * burst of keys shares its syncs. During a fault the content in memory stays the truth. It is tried again
 * after 1, 2, 4 ... 30 s, and after 1 s again whenever a part of it became durable. No caller receives
 * success before its content is durable, and none receives a failure: Baileys answers a failing `keys.set`
 * with 10 tries 3 s apart and then forgets the keys (WHATSAPP-FACTS.md#failed-key-writes). A call without an
 * answer only holds back the messages that need it, and WhatsApp keeps those, since they are not
 * acknowledged.
 */
export class Writer {
  readonly #o: WriterOptions;
  readonly #pending = pendingChanges();
  readonly #wanted: Wanted = { credentials: false, backup: false };
  readonly #attempts: ReturnType<typeof openAttempts>;
  #phase: Phase = { is: 'open' };
  #activity: Activity = { is: 'idle' };
  /** The disk did not work at the last attempt. */
  #isFailing = false;
  /** Something was given up, and never will be written. */
  #isDropped = false;
  /** Fenced, and whether `creds.json` was removed is not known yet: the work in progress comes first. */
  #isLastCheckDue = false;
  /** The credentials as they are now may not be written. */
  #isRefused = false;
  readonly #untilSettled: Callers = [];
  readonly #untilBackedUp: Callers = [];

  constructor(options: WriterOptions) {
    this.#o = options;
    this.#attempts = openAttempts({
      ...options,
      journal: options.journal,
      pending: this.#pending,
      wanted: this.#wanted,
      log: options.on.log,
      onCredentials: (isWritten) => {
        this.#isRefused = !isWritten;
      },
      onReplaced: () => this.#freeze(),
    });
  }

  get isFrozen(): boolean {
    return this.#phase.is === 'frozen';
  }
  get isOpen(): boolean {
    return this.#phase.is === 'open';
  }
  /** Content that is not in the files yet, for reads. */
  peek(name: string): string | null | undefined {
    const waiting = this.#pending.peek(name);
    return waiting === undefined ? this.#o.journal?.peek(name) : waiting;
  }
  /** Around the read of a file, as in `OrgJournal`. */
  reading(name: string): ReturnType<OrgJournal['reading']> {
    return this.#o.journal?.reading(name) ?? (() => {});
  }
  /** Runs between two rounds, and while nothing else is put into the files. */
  undisturbed<T>(work: () => Promise<T>): Promise<T> {
    return this.#attempts.undisturbed(work);
  }
  settled(): Promise<void> {
    if (this.#activity.is === 'idle') return Promise.resolve();
    return new Promise((resolve) => this.#untilSettled.push(resolve));
  }

  setKeys(changes: readonly FileChange[], messages: readonly ArrivedMessage[] = []): Promise<void> {
    // without an answer no receipt leaves, and WhatsApp keeps the message
    if (!this.isOpen) return messages.length > 0 ? new Promise(() => {}) : Promise.resolve();
    const written = this.#pending.add(changes, messages);
    if (this.#hasWork()) this.#start();
    return written;
  }
  saveCredentials(): void {
    if (!this.isOpen) return;
    this.#wanted.credentials = true;
    this.#start();
  }
  backUp(): Promise<void> {
    if (!this.isOpen) return Promise.resolve();
    this.#wanted.backup = true;
    const done = new Promise<void>((resolve) => this.#untilBackedUp.push(resolve));
    this.#start();
    return done;
  }
  fence(): void {
    if (!this.isOpen) return;
    this.#phase = { is: 'fenced', giveUpAt: monotonicMs() + lastChanceMs };
    this.#o.drafting.seal();
    this.#isLastCheckDue = true;
    if (this.#activity.is === 'idle') this.#start(() => this.#putBackIfRemoved());
    else if (this.#activity.is === 'pausing') this.#activity.wake();
  }
  async drained(): Promise<Drained> {
    let timer: NodeJS.Timeout | undefined;
    const deadline = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, drainDeadlineMs);
    });
    // durable is enough for the answer, but the caller may be about to copy or move the directory
    const inFiles = this.settled().then(() => this.#o.journal?.settle());
    await Promise.race([inFiles, deadline]);
    clearTimeout(timer);
    if (this.#isDropped || this.#isRefused) return 'lost';
    return this.#activity.is === 'idle' ? 'durable' : 'pending';
  }

  #hasWork(): boolean {
    return this.#pending.size > 0 || this.#wanted.credentials || this.#wanted.backup;
  }
  #drop(): void {
    if (!this.#hasWork()) return;
    this.#isDropped = true;
    this.#pending.drop();
    this.#wanted.credentials = false;
    this.#wanted.backup = false;
  }
  #freeze(): void {
    const { on, directory } = this.#o;
    const wasOpen = this.isOpen;
    this.#phase = { is: 'frozen' };
    this.#drop();
    on.log('store.replaced', { directory });
    if (wasOpen) on.replaced('other_identity');
  }

  /**
   * A `creds.json` that was removed since the last write: nothing is written after this, so it is put back
   * now or never. The round that writes it checks the directory once more.
   */
  async #putBackIfRemoved(): Promise<void> {
    this.#isLastCheckDue = false;
    if (await this.#o.ownership.isRemoved()) this.#wanted.credentials = true;
    await this.#work();
  }
  #start(work = () => this.#work()): void {
    if (this.#activity.is !== 'idle') return;
    this.#activity = { is: 'attempting' };
    void work().finally(() => {
      this.#activity = { is: 'idle' };
      if (this.#hasWork()) this.#start();
      else if (this.#isLastCheckDue) this.#start(() => this.#putBackIfRemoved());
      else release(this.#untilSettled);
    });
  }
  async #work(): Promise<void> {
    let retryMs = firstRetryMs;
    while (this.#hasWork()) {
      const fault = await this.#attempts.run();
      if (!this.#wanted.backup) release(this.#untilBackedUp);
      this.#reportHealth(fault);
      if (fault === undefined) {
        retryMs = firstRetryMs;
      } else if (this.#isGivenUp()) {
        this.#o.on.log('store.gave_up', { directory: this.#o.directory, code: fault.code });
        this.#drop();
      } else {
        if (fault.progress) retryMs = firstRetryMs;
        await this.#pause(this.isOpen ? retryMs : firstRetryMs);
        retryMs = Math.min(retryMs * 2, longestRetryMs);
      }
    }
    release(this.#untilBackedUp);
  }
  /** The owner receives one `failed`, and one `recovered` after it. */
  #reportHealth(fault: AttemptFault | undefined): void {
    const { on } = this.#o;
    const wasFailing = this.#isFailing;
    this.#isFailing = fault !== undefined;
    if (!this.isOpen || wasFailing === this.#isFailing) return;
    if (fault) on.failed(fault.code);
    else on.recovered();
  }
  #isGivenUp(): boolean {
    return this.#phase.is === 'fenced' && monotonicMs() >= this.#phase.giveUpAt;
  }
  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        this.#activity = { is: 'attempting' };
        resolve();
      };
      const timer = setTimeout(done, ms);
      this.#activity = { is: 'pausing', wake: done };
    });
  }
}
