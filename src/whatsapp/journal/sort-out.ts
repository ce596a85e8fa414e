import { join } from 'node:path';
import { parseWithBytes } from '../../base/json-bytes.ts';
import type { Disk } from '../../disk/disk.ts';
import { inBatches } from '../store/batch.ts';
import type { JournalChange, JournalRecord } from './record.ts';
import { digestOf } from './seen-files.ts';
import { recovered, waitingChanges } from './waiting.ts';

/** A power cut tears a file that was not synced; no torn file is JSON. */
const isTorn = (bytes: Buffer): boolean => {
  try {
    parseWithBytes(bytes);
    return false;
  } catch {
    return true;
  }
};

const isNewer = async (disk: Disk, here: string, change: JournalChange): Promise<boolean> => {
  const { name, content, bases, isRecovered } = change;
  if (!isRecovered || bases === undefined) return false;
  const bytes = await disk.read(join(here, name));
  if (!bytes) return false;
  const digest = digestOf(bytes);
  const isKnown = bases.includes(digest) || (content !== null && digestOf(content) === digest);
  return !isKnown && !isTorn(bytes);
};

/**
 * Which of the changes may go into the files of the held directory `here`. After a kill the directory may be
 * another copy, or another program ran in it. A change is put only over a file that its journal knows: the
 * one before the change, any content of an earlier record, none, or a torn one. A file with any other content
 * came from elsewhere and stays. Beside such a file no key is removed, because that copy may still need it.
 * Rejects with `DiskFault`.
 */
export const sortOut = async (disk: Disk, here: string, changes: readonly JournalChange[]) => {
  const newer = new Set<JournalChange>();
  await inBatches(changes, async (change) => {
    if (await isNewer(disk, here, change)) newer.add(change);
  });
  const stays = (change: JournalChange): boolean =>
    newer.has(change) || (newer.size > 0 && change.content === null && change.isRecovered === true);
  return { put: changes.filter((change) => !stays(change)), kept: changes.filter(stays) };
};

/** How many changes a start would leave out, over all organizations. Rejects with `DiskFault`. */
export const countNewer = async (
  disk: Disk,
  root: string,
  records: readonly JournalRecord[],
): Promise<number> => {
  const waiting = waitingChanges();
  for (const record of records) waiting.add(recovered(record));
  let count = 0;
  for (const { org, names } of waiting.all())
    count += (await sortOut(disk, join(root, org), [...names.values()])).kept.length;
  return count;
};
