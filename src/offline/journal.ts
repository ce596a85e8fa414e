/**
 * Opens the journal of the keys at a start: reads it, moves its changes into the files, and empties it,
 * before the files are read.
 */
import { join } from 'node:path';
import type { WriteLog } from '../base/log.ts';
import { type Disk, DiskFault } from '../disk/disk.ts';
import { replaceFile } from '../disk/replace-file.ts';
import { readCredentials } from '../sessions/credentials.ts';
import { freePath, type Layout, makeInside } from '../sessions/layout.ts';
import type { Lock } from '../sessions/lock.ts';
import { startJournal } from '../whatsapp/journal/journal.ts';
import type { KeepAside } from '../whatsapp/journal/put-back.ts';
import { header, lineOf } from '../whatsapp/journal/record.ts';
import { type DamagedFile, JournalUnreadable, nothingLeft, readJournal } from '../whatsapp/journal/replay.ts';
import { countNewer } from '../whatsapp/journal/sort-out.ts';
import type { Journal } from '../whatsapp/store/types.ts';

export interface JournalParts {
  readonly disk: Disk;
  readonly layout: Layout;
  readonly lock: Pick<Lock, 'wasTakenBy'>;
  readonly now: () => number;
  readonly log: WriteLog;
}

/** Copies of damaged files that are kept at most; the oldest are removed first. */
const mostEvidence = 8;

/** The names end in a time, and that is what orders them. */
const removeOldest = async (disk: Disk, directory: string, names: RegExp, most: number): Promise<void> => {
  const timeOf = (name: string): string => /\d{4}-\d\d-\d\dT[^.]*$/u.exec(name)?.[0] ?? '';
  const all = ((await disk.list(directory)) ?? []).filter((name) => names.test(name));
  all.sort((a, b) => (timeOf(a) < timeOf(b) ? -1 : 1));
  for (const name of all.slice(0, -most)) await disk.remove(join(directory, name));
};

/**
 * Copies damaged files to quarantine, because the journal is emptied soon. Resolves with the new paths: fewer
 * when the disk does not take them, because a start must not depend on evidence.
 */
const keepEvidence = async (
  { disk, layout, now }: Pick<JournalParts, 'disk' | 'layout' | 'now'>,
  damaged: readonly DamagedFile[],
): Promise<readonly string[]> => {
  const kept: string[] = [];
  try {
    await makeInside(disk, layout.quarantine);
    for (const { name, content } of damaged.slice(-mostEvidence)) {
      const stem = `journal-${name.replace('.log', '')}`;
      const path = await freePath(disk, layout.quarantine, stem, now());
      await replaceFile(disk, path, content);
      kept.push(path);
    }
    await removeOldest(disk, layout.quarantine, /^journal-\d{10}-/u, mostEvidence);
  } catch (error) {
    if (!(error instanceof DiskFault)) throw error;
  }
  return kept;
};

/** Organizations whose changes are kept as evidence; the oldest are removed first. */
const mostAside = 256;
/** Changes that are not put into the files, as a file of the journal. */
const keepingAside =
  ({ disk, layout, now }: Pick<JournalParts, 'disk' | 'layout' | 'now'>): KeepAside =>
  async (record) => {
    try {
      await makeInside(disk, layout.quarantine);
      const path = await freePath(disk, layout.quarantine, `keys-${record.org}`, now());
      await replaceFile(disk, path, `${header}${lineOf(record)}`);
      await removeOldest(disk, layout.quarantine, /^keys-.+-\d{4}-\d\d-\d\dT/u, mostAside);
      return path;
    } catch (error) {
      if (!(error instanceof DiskFault)) throw error;
      return undefined;
    }
  };

/** Rejects with `DiskFault`, and with `JournalUnreadable`, whose message is for the operator. */
export const openJournal = async ({ disk, layout, lock, now, log }: JournalParts): Promise<Journal> => {
  const directory = layout.journal;
  let left = await readJournal(disk, directory);
  if (left.damaged.length > 0) {
    const evidence = await keepEvidence({ disk, layout, now }, left.damaged);
    const lostBytes = left.damaged.reduce((sum, file) => sum + file.lostBytes, 0);
    log('journal.damaged', { directory, files: left.damaged.map(({ name }) => name), lostBytes, evidence });
  }
  if (left.records.length > 0 && lock.wasTakenBy === 'older version') {
    const aside = await freePath(disk, layout.quarantine, 'journal', now());
    await disk.rename(directory, aside);
    await makeInside(disk, directory);
    await disk.syncDirectory(layout.quarantine);
    // keys age, and messages do not
    const messages = left.records.filter((record) => record.messages !== undefined);
    left = { ...nothingLeft, messages: messages.map((record) => ({ ...record, changes: [] })) };
    log('journal.outdated', { movedTo: aside });
  }
  // a clean stop may leave messages, and no changes
  const changed = left.records.filter(({ changes }) => changes.length > 0);
  const organizations = new Set(changed.map(({ org }) => org)).size;
  const journal = await startJournal(
    {
      disk,
      directory,
      root: layout.root,
      identify: readCredentials,
      log,
      keepAside: keepingAside({ disk, layout, now }),
    },
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
  | {
      readonly organizations: number;
      readonly changes: number;
      /** Received messages that the database does not have, or may not have. */
      readonly messages: number;
      readonly lostBytes: number;
      /** Changes that the next start leaves out, because another copy is in the directory. */
      readonly newerFiles: number;
    }
  | { readonly problem: string };
/** Changes nothing. */
export const inspectJournal = async (disk: Disk, layout: Layout): Promise<JournalLeft> => {
  try {
    const { records, damaged } = await readJournal(disk, layout.journal);
    const changes = records.reduce((sum, record) => sum + record.changes.length, 0);
    const messages = records.reduce((sum, record) => sum + (record.messages?.length ?? 0), 0);
    const lostBytes = damaged.reduce((sum, file) => sum + file.lostBytes, 0);
    const newerFiles = await countNewer(disk, layout.root, records);
    const organizations = new Set(records.map(({ org }) => org)).size;
    return { organizations, changes, messages, lostBytes, newerFiles };
  } catch (error) {
    if (error instanceof DiskFault || error instanceof JournalUnreadable) return { problem: error.message };
    throw error;
  }
};
