import { join } from 'node:path';
import { versionOf } from '../../base/file-identity.ts';
import { sha256 } from '../../base/sha256.ts';
import type { Disk, Stat } from '../../disk/disk.ts';
import { applyUnsynced, replaceUnsynced } from './batch.ts';
import type { Draft, Drafting } from './draft.ts';
import type { DirectoryMemory } from './one-writer.ts';
import { backupName, credentialsName, type Ownership } from './ownership.ts';
import type { Pending } from './pending.ts';
import type { FileChange, StoreEvents } from './types.ts';

/** What waits besides keys. */
export interface Wanted {
  credentials: boolean;
  backup: boolean;
}
export interface RoundResult {
  /** The first fault; without it everything taken is durable. */
  readonly error?: unknown;
  /** At least something became durable: the disk works, at least for some files. */
  readonly progress: boolean;
  /** `creds.json` changed meanwhile, so ours was not put there: the directory has to be checked again. */
  readonly disturbed: boolean;
}

interface RoundOptions {
  readonly disk: Disk;
  /** For the log. */
  readonly directory: string;
  /** The directory, held: the same one that `ownership` checked. */
  readonly here: string;
  readonly drafting: Drafting;
  readonly ownership: Ownership;
  readonly memory: DirectoryMemory;
  readonly pending: Pending;
  readonly wanted: Wanted;
  readonly log: StoreEvents['log'];
  readonly onCredentials: (written: boolean) => void;
}

type CredentialsStep = 'not wanted' | 'unchanged' | 'written' | 'refused' | 'disturbed' | 'failed';
type BackupStep =
  | 'not wanted'
  | 'unchanged'
  | 'refused'
  | 'failed'
  | { readonly stat: Stat; readonly digest: string };

class Round {
  readonly #o: RoundOptions;
  #error: unknown;
  #progress = false;

  constructor(options: RoundOptions) {
    this.#o = options;
  }

  async run(): Promise<RoundResult> {
    const { disk, here, pending } = this.#o;
    const taken = pending.take();
    const isNew = ({ content }: FileChange): boolean => content !== null;
    const files = await applyUnsynced(disk, here, taken.filter(isNew));
    this.#error ??= files.error;
    const credentials = await this.#writeCredentials();
    const backup = await this.#writeBackup(credentials);
    const isWritten = files.done.length > 0 || credentials === 'written' || typeof backup === 'object';
    const isSynced = !isWritten || (await this.#sync());
    this.#settle(files.done, isSynced);
    this.#settle(files.undone, false);
    this.#settleCredentials(credentials, isSynced);
    this.#settleBackup(backup, isSynced);

    const removals = taken.filter((change) => !isNew(change));
    const mayRemove = files.undone.length === 0 && isSynced && credentials !== 'disturbed';
    await this.#remove(removals, mayRemove);
    return { error: this.#error, progress: this.#progress, disturbed: credentials === 'disturbed' };
  }

  /** The first fault is the one to report. */
  async #attempt<T>(work: () => Promise<T>): Promise<T | undefined> {
    try {
      return await work();
    } catch (fault) {
      this.#error ??= fault;
      return undefined;
    }
  }
  async #sync(): Promise<boolean> {
    return (await this.#attempt(() => this.#o.disk.syncDirectory(this.#o.here).then(() => true))) ?? false;
  }
  #settle(changes: readonly FileChange[], isDurable: boolean): void {
    for (const change of changes) {
      if (isDurable) this.#o.pending.settle(change);
      else this.#o.pending.putBack(change);
    }
    if (isDurable && changes.length > 0) this.#progress = true;
  }

  async #writeCredentials(): Promise<CredentialsStep> {
    const { disk, directory, here, drafting, ownership, wanted, log } = this.#o;
    if (!wanted.credentials) return 'not wanted';
    wanted.credentials = false; // before serialising: a change during the write is another write
    const draft = drafting.draft();
    if ('refused' in draft) {
      log('credentials.not_written', { directory, because: draft.refused });
      return 'refused';
    }
    if (ownership.holds(draft.bytes)) return 'unchanged';
    const mayReplace = () => ownership.unchanged(here);
    const write = async (): Promise<CredentialsStep> => {
      const stat = await replaceUnsynced(disk, here, credentialsName, draft.bytes, mayReplace);
      if (!stat) return 'disturbed';
      ownership.wrote(stat, draft.bytes);
      return 'written';
    };
    return (await this.#attempt(write)) ?? 'failed';
  }
  #settleCredentials(step: CredentialsStep, isSynced: boolean): void {
    const { wanted, ownership, onCredentials } = this.#o;
    if (step === 'not wanted') return;
    if (step === 'failed' || step === 'disturbed' || (step === 'written' && !isSynced)) {
      wanted.credentials = true;
      return;
    }
    if (step === 'written') ownership.synced();
    this.#progress = true;
    onCredentials(step !== 'refused');
  }

  async #writeBackup(credentials: CredentialsStep): Promise<BackupStep> {
    const { disk, directory, here, drafting, wanted, log } = this.#o;
    if (!wanted.backup) return 'not wanted';
    // never of credentials that were not written
    if (credentials === 'failed' || credentials === 'disturbed') return 'failed';
    const draft = drafting.draft();
    if ('refused' in draft) {
      log('credentials.not_backed_up', { directory, because: draft.refused });
      return 'refused';
    }
    const write = async (): Promise<BackupStep> => {
      if (await this.#isBackedUp(draft)) return 'unchanged';
      const stat = await replaceUnsynced(disk, here, backupName, draft.bytes);
      return stat ? { stat, digest: sha256(draft.bytes) } : 'failed';
    };
    return (await this.#attempt(write)) ?? 'failed';
  }
  /** Whether a store of this process made exactly this durable, and the file was not touched since. */
  async #isBackedUp({ bytes }: Extract<Draft, { bytes: Buffer }>): Promise<boolean> {
    const { disk, here, memory } = this.#o;
    if (memory.backup?.digest !== sha256(bytes)) return false;
    const stat = await disk.stat(join(here, backupName));
    return stat !== undefined && versionOf(stat) === memory.backup.version;
  }
  #settleBackup(step: BackupStep, isSynced: boolean): void {
    const { wanted, memory } = this.#o;
    if (step === 'not wanted' || step === 'failed' || (typeof step === 'object' && !isSynced)) return;
    if (typeof step === 'object') memory.backup = { version: versionOf(step.stat), digest: step.digest };
    wanted.backup = false;
  }

  async #remove(removals: readonly FileChange[], mayRemove: boolean): Promise<void> {
    if (removals.length === 0) return;
    if (!mayRemove) return this.#settle(removals, false);
    const applied = await applyUnsynced(this.#o.disk, this.#o.here, removals);
    this.#error ??= applied.error;
    this.#settle(applied.done, applied.done.length > 0 && (await this.#sync()));
    this.#settle(applied.undone, false);
  }
}

/**
 * One trip to the disk with everything that waits. Order: new key files, then `creds.json`, then its backup,
 * and one fsync of the directory for all of them. Only then removals, because a key that replaces another
 * must be durable before the other goes; none goes while a new one could not be written. Every file is whole
 * and synced before it gets its name, so it does not matter which of the names a power cut takes back.
 * Credentials and a backup that the disk already holds are not written again. What fails stays pending. All
 * of it happens in the directory that was checked, even if its name leads elsewhere by now.
 */
export const writeRound = (options: RoundOptions): Promise<RoundResult> => new Round(options).run();
