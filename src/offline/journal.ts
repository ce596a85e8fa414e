/**
 * Opens the journal of the keys at a start: reads it, moves its changes into the files, and empties it,
 * before the files are read.
 */
import type { WriteLog } from '../base/log.ts';
import { type Disk, DiskFault } from '../disk/disk.ts';
import { readCredentials } from '../sessions/credentials.ts';
import { freePath, type Layout, makeInside } from '../sessions/layout.ts';
import type { Lock } from '../sessions/lock.ts';
import { startJournal } from '../whatsapp/journal/journal.ts';
import { JournalUnreadable, readJournal } from '../whatsapp/journal/replay.ts';
import type { Journal } from '../whatsapp/store/types.ts';

export interface JournalParts {
  readonly disk: Disk;
  readonly layout: Layout;
  readonly lock: Pick<Lock, 'wasTakenBy'>;
  readonly now: () => number;
  readonly log: WriteLog;
}

/** Rejects with `DiskFault`, and with `JournalUnreadable`, whose message is for the operator. */
export const openJournal = async ({ disk, layout, lock, now, log }: JournalParts): Promise<Journal> => {
  const directory = layout.journal;
  let left = await readJournal(disk, directory);
  if (left.damaged.length > 0) {
    log('journal.damaged', { directory, files: left.damaged });
  }
  if (left.records.length > 0 && lock.wasTakenBy === 'older version') {
    const aside = await freePath(disk, layout.quarantine, 'journal', now());
    await disk.rename(directory, aside);
    await makeInside(disk, directory);
    await disk.syncDirectory(layout.quarantine);
    left = { files: [], records: [], damaged: [] };
    log('journal.outdated', { movedTo: aside });
  }
  const organizations = new Set(left.records.map(({ org }) => org)).size;
  const journal = await startJournal(
    { disk, directory, root: layout.root, identify: readCredentials, log },
    left,
  );
  if (organizations > 0) log('journal.replayed', { organizations });
  return journal;
};

/**
 * Moves the journal into the files and closes it. The caller holds the lock. Resolves with the organizations
 * whose files could not be written.
 */
export const settleJournal = async (parts: JournalParts): Promise<readonly string[]> =>
  (await openJournal(parts)).close();

/** What a killed supervisor left in its journal, or a message when it cannot be read. */
export type JournalLeft =
  | { readonly organizations: number; readonly changes: number }
  | { readonly problem: string };
/** Changes nothing. */
export const inspectJournal = async (disk: Disk, layout: Layout): Promise<JournalLeft> => {
  try {
    const { records } = await readJournal(disk, layout.journal);
    const changes = records.reduce((sum, record) => sum + record.changes.length, 0);
    return { organizations: new Set(records.map(({ org }) => org)).size, changes };
  } catch (error) {
    if (error instanceof DiskFault || error instanceof JournalUnreadable) return { problem: error.message };
    throw error;
  }
};
