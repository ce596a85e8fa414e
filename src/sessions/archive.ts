import { dirname } from 'node:path';
import type { Org } from '../../machines/domain/ports.ts';
import { createSerialQueue } from '../base/serial-queue.ts';
import type { Disk } from '../disk/disk.ts';
import { freePath, type Layout } from './layout.ts';
import type { Records } from './records.ts';

/** Takes things out of the scanned tree and keeps them: `.vigia/archive/<stem>-<time>/`. Nothing is overwritten, nothing deleted. */
export interface Archive {
  /**
   * The directory of the organization to `<org>-<time>/`, its record beside it to `<org>-<time>.json`: the directory stays a plain
   * one, which can be moved back as it is. Without a directory the record alone; without either nothing happens.
   * A crash between the two leaves a record without a directory, which no scan finds; the other way round would log in again.
   */
  archive(org: Org): Promise<void>;
  /** One entry, whatever it is (a directory, or a symlink itself). Resolves with where it went; undefined when it is not there. */
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
        const target = (await move(layout.organization(org), org)) ?? (await freePath(disk, layout.archive, org, now()));
        await records.moveAway(org, `${target}.json`);
      }),
  };
};
