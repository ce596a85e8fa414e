import type { Disk } from '../../disk/disk.ts';
import { applyUnsynced, replaceUnsynced } from './batch.ts';
import type { Drafting } from './draft.ts';
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
  /** Somebody changed `creds.json` meanwhile, so ours was not put there: look again. */
  readonly disturbed: boolean;
}

interface RoundOptions {
  readonly disk: Disk;
  /** For the log. */
  readonly directory: string;
  /** The directory, held: the same one that `ownership` looked at. */
  readonly here: string;
  readonly drafting: Drafting;
  readonly ownership: Ownership;
  readonly pending: Pending;
  readonly wanted: Wanted;
  readonly log: StoreEvents['log'];
  readonly onCredentials: (written: boolean) => void;
}

/**
 * One trip to the disk with everything that waits. Order: new key files, then `creds.json`, one fsync of the directory for all
 * of them; only then removals, because a key that replaces another must be there before the other goes (and none goes while
 * any new one could not be written); last the backup, of credentials that are durable. Whatever fails stays pending. All of it
 * happens in the directory that was looked at, even if that is not where its name leads any more.
 */
export const writeRound = async (options: RoundOptions): Promise<RoundResult> => {
  const { disk, directory, here, drafting, ownership, pending, wanted, log, onCredentials } = options;
  let error: unknown;
  let progress = false;
  const attempt = async <T>(work: () => Promise<T>): Promise<T | undefined> => {
    try {
      return await work();
    } catch (fault) {
      error ??= fault;
      return undefined;
    }
  };
  const sync = async (): Promise<boolean> => (await attempt(() => disk.syncDirectory(here).then(() => true))) ?? false;
  const keep = (changes: readonly FileChange[], durable: boolean): void => {
    for (const change of changes) {
      if (durable) pending.settle(change);
      else pending.putBack(change);
    }
    if (durable && changes.length > 0) progress = true;
  };

  const writeCredentials = async (): Promise<'written' | 'refused' | 'disturbed' | 'failed'> => {
    wanted.credentials = false; // before serialising: a change during the write is another write
    const drafted = drafting.draft();
    if ('refused' in drafted) {
      log('credentials.not_written', { directory, because: drafted.refused });
      return 'refused';
    }
    const mayReplace = () => ownership.unchanged(here);
    return (
      (await attempt(async () => {
        const stat = await replaceUnsynced(disk, here, credentialsName, drafted.bytes, mayReplace);
        if (!stat) return 'disturbed';
        ownership.saw(stat, drafted.bytes);
        return 'written';
      })) ?? 'failed'
    );
  };
  const writeBackup = async (): Promise<void> => {
    const drafted = drafting.draft();
    if ('bytes' in drafted && !(await attempt(() => replaceUnsynced(disk, here, backupName, drafted.bytes)))) return;
    if ('refused' in drafted) log('credentials.not_backed_up', { directory, because: drafted.refused });
    else if (!(await sync())) return;
    wanted.backup = false;
  };

  const taken = pending.take();
  const files = await applyUnsynced(
    disk,
    here,
    taken.filter(({ content }) => content !== null),
  );
  error ??= files.error;
  const credentials = wanted.credentials ? await writeCredentials() : 'unchanged';

  const synced = files.done.length === 0 && credentials !== 'written' ? true : await sync();
  keep(files.done, synced);
  keep(files.undone, false);
  if (credentials === 'failed' || credentials === 'disturbed' || (credentials === 'written' && !synced)) wanted.credentials = true;
  else if (credentials !== 'unchanged') {
    progress = true;
    onCredentials(credentials === 'written');
  }

  const removals = taken.filter(({ content }) => content === null);
  if (removals.length > 0) {
    const mayRemove = files.undone.length === 0 && synced && credentials !== 'disturbed';
    const applied = mayRemove ? await applyUnsynced(disk, here, removals) : { done: [], undone: removals };
    if ('error' in applied) error ??= applied.error;
    keep(applied.done, applied.done.length > 0 && (await sync()));
    keep(applied.undone, false);
  }
  if (wanted.backup && !wanted.credentials) await writeBackup();
  return { error, progress, disturbed: credentials === 'disturbed' };
};
