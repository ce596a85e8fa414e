/**
 * Opens everything on disk, in order. The lock comes first: a directory that another process uses is not
 * touched.
 */
import { setTimeout as wait } from 'node:timers/promises';
import type { WriteLog } from '../base/log.ts';
import { monotonicMs } from '../base/monotonic.ts';
import { openDatabase } from '../database/database.ts';
import type { Disk } from '../disk/disk.ts';
import { openJournal } from '../offline/journal.ts';
import { createArchive } from '../sessions/archive.ts';
import { probeCaseFolding } from '../sessions/ids.ts';
import { freePath, layoutOf, prepareLayout } from '../sessions/layout.ts';
import { takeLock } from '../sessions/lock.ts';
import { createObservations } from '../sessions/observations.ts';
import { createPairings } from '../sessions/pairing.ts';
import { createRecords, tidyRecords } from '../sessions/records.ts';
import { createScanner } from '../sessions/scan.ts';

export type Storage = Awaited<ReturnType<typeof openStorage>>;

/**
 * Rejects with `LockHeld` or `LockUnavailable`, whose messages are for the operator, or with a `DiskFault`.
 */
export const openStorage = async (
  root: string,
  disk: Disk,
  now: () => number,
  log: WriteLog,
  wholeAfterMs?: number,
) => {
  const layout = layoutOf(root);
  const lock = await takeLock(layout.root, log);
  await prepareLayout(disk, layout);
  const opening = openDatabase({
    disk,
    directory: layout.database,
    aside: () => freePath(disk, layout.own, 'state.lmdb.damaged', now()),
    log,
  });
  const journal = await openJournal({ disk, layout, lock, now, log }); // before anything reads the files
  const foldsCase = await probeCaseFolding(disk, layout.own);
  const records = createRecords({ disk, layout, now });
  await tidyRecords(disk, layout);
  const archive = createArchive({ disk, layout, records, now });
  const pairings = createPairings({ disk, layout, records, archive, foldsCase, now, log });
  const observations = createObservations(disk, layout, monotonicMs);
  const scan = createScanner({
    root: layout.root,
    disk,
    records,
    pairings,
    lock,
    foldsCase,
    now,
    wait: (ms) => wait(ms),
    log,
    observations,
    ...(wholeAfterMs !== undefined && { wholeAfterMs }),
  });
  const database = await opening;
  return { disk, layout, lock, journal, records, archive, pairings, observations, scan, database };
};
