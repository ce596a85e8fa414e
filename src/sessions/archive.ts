import { dirname } from 'node:path';
import type { Org } from '../../machines/domain/ports.ts';
import { createSerialQueue } from '../base/serial-queue.ts';
import type { Disk } from '../disk/disk.ts';
import { freePath, type Layout, makeInside } from './layout.ts';
import type { Records } from './records.ts';

/**
 * Moves entries out of the scanned tree to `.vigia/archive/<stem>-<time>/`. It overwrites nothing and deletes
 * nothing.
 */
export interface Archive {
  /**
   * Moves the directory of the organization to `<org>-<time>/`, and its record to `<org>-<time>.json` beside
   * it. The directory itself is not changed, so it can be moved back. Without a directory the record moves
   * alone; without either nothing happens. The directory moves first: a crash in between leaves a record
   * without a directory, which no scan finds. In the other order the next start would log in again.
   */
  archive(org: Org): Promise<void>;
  /**
   * Moves one entry of any kind (a directory, or a symlink itself). Resolves with its new path; `undefined`
   * when it is not there.
   */
  setAside(path: string, stem: string): Promise<string | undefined>;
}

export const createArchive = ({
  disk,
  layout,
  records,
  now,
}: {
  disk: Disk;
  layout: Layout;
  records: Records;
  now: () => number;
}): Archive => {
  /** So that a free name is still free when it is used. */
  const queue = createSerialQueue();
  const move = async (path: string, stem: string): Promise<string | undefined> => {
    if ((await disk.stat(path)) === undefined) return undefined;
    if ((await disk.stat(layout.archive)) === undefined) await makeInside(disk, layout.archive);
    const target = await freePath(disk, layout.archive, stem, now());
    await disk.rename(path, target);
    await disk.syncDirectory(layout.archive);
    await disk.syncDirectory(dirname(path));
    return target;
  };
  return {
    setAside: (path, stem) => queue.run(() => move(path, stem)),
    archive: (org) =>
      queue.run(async () => {
        const target =
          (await move(layout.organization(org), org)) ?? (await freePath(disk, layout.archive, org, now()));
        await records.moveAway(org, `${target}.json`);
      }),
  };
};
