import { createSerialQueue } from '../../base/serial-queue.ts';
import type { Disk } from '../../disk/disk.ts';
import { codeOf } from './batch.ts';
import type { Drafting } from './draft.ts';
import { writeToJournal } from './journal-round.ts';
import type { DirectoryMemory } from './one-writer.ts';
import type { Ownership } from './ownership.ts';
import { type Pending, pendingChanges } from './pending.ts';
import { type RoundResult, type Wanted, writeRound } from './round.ts';
import type { OrgJournal, StoreEvents } from './types.ts';

/** Why an attempt did not make everything durable. `progress`: a part of it is. */
export interface AttemptFault {
  readonly code: string;
  readonly progress: boolean;
}
export interface AttemptOptions {
  readonly disk: Disk;
  readonly directory: string;
  readonly drafting: Drafting;
  readonly ownership: Ownership;
  readonly memory: DirectoryMemory;
  readonly journal: OrgJournal | undefined;
  readonly pending: Pending;
  readonly wanted: Wanted;
  readonly log: StoreEvents['log'];
  readonly onCredentials: (written: boolean) => void;
  /** Another identity is in our place. Called before anything else can happen in the directory. */
  readonly onReplaced: () => void;
}

/** Why nothing may be written: never again (`replaced`), or not now. */
type Obstacle = { readonly is: 'replaced' } | { readonly is: 'unclear'; readonly code: string };
type Round = { readonly is: 'round'; readonly result: RoundResult } | Obstacle;

/** Attempts to write, one at a time. Each checks first that the directory is still ours. */
export const openAttempts = (options: AttemptOptions) => {
  const { disk, directory, ownership, journal, pending, wanted, onReplaced } = options;
  const queue = createSerialQueue();
  /** Keys that go into the journal are none of the round of the files. */
  const filesPending = journal ? pendingChanges() : pending;

  /** `undefined` when the directory is still ours. */
  const findObstacle = async (here: string): Promise<Obstacle | undefined> => {
    const found = await ownership.check(here);
    if (found.is === 'unclear') return found;
    if (found.is === 'overwritten') wanted.credentials = true;
    if (found.is !== 'replaced') return undefined;
    onReplaced();
    return { is: 'replaced' };
  };
  const filesRound = async (here: string): Promise<Round> =>
    (await findObstacle(here)) ?? {
      is: 'round',
      result: await writeRound({ ...options, here, pending: filesPending }),
    };
  /**
   * Not held: nothing is written to the directory here, and the later writes into its files check it again.
   */
  const journalRound = async (orgJournal: OrgJournal): Promise<Round> =>
    (await findObstacle(directory)) ?? { is: 'round', result: await writeToJournal(orgJournal, pending) };

  /**
   * Keys first, so that credentials which depend on keys never become durable before them. The journal is not
   * in the directory.
   */
  const round = async (): Promise<Round> => {
    const keys = journal && pending.size > 0 ? await journalRound(journal) : undefined;
    if (keys && keys.is !== 'round') return keys;
    if (keys && !wanted.credentials && !wanted.backup) return keys;
    const files = (await disk.hold(directory, filesRound)) ?? { is: 'unclear', code: 'ENOENT' };
    if (!keys || files.is !== 'round') return files;
    const error = keys.result.error ?? files.result.error;
    return {
      is: 'round',
      result: { ...files.result, error, progress: keys.result.progress || files.result.progress },
    };
  };
  /** A round that was disturbed begins again at once, with a new check. */
  const undisturbedRound = async (): Promise<Round> => {
    const first = await queue.run(round);
    return first.is === 'round' && first.result.disturbed ? queue.run(round) : first;
  };

  return {
    /**
     * Resolves with `undefined` when everything is durable, and when nothing will be written any more. Never
     * rejects.
     */
    run: async (): Promise<AttemptFault | undefined> => {
      try {
        const done = await undisturbedRound();
        if (done.is === 'replaced') return undefined;
        if (done.is === 'unclear') return { code: done.code, progress: false };
        const { disturbed, error, progress } = done.result;
        if (disturbed) return { code: 'EBUSY', progress };
        return error === undefined ? undefined : { code: codeOf(error), progress };
      } catch (error) {
        return { code: codeOf(error), progress: false };
      }
    },
    /** Runs between two attempts, and while nothing else is put into the files. */
    undisturbed: <T>(work: () => Promise<T>): Promise<T> =>
      queue.run(() => (journal ? journal.inTurn(work) : work())),
  };
};
