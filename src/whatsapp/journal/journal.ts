import { basename } from 'node:path';
import { type Disk, DiskFault } from '../../disk/disk.ts';
import type { Identify, Journal, OrgJournal, StoreEvents } from '../store/types.ts';
import { openLog as openFiles } from './log.ts';
import { putBackAll } from './put-back.ts';
import type { Left } from './replay.ts';
import { waitingChanges } from './waiting.ts';

/** What is durable is put into the files after so long: what is written again meanwhile is put there once. */
const tickMs = 1_000;
/** What is stuck is tried again every so many ticks. */
const stuckTicks = 10;
/** The journal is emptied when it is this old, or this large. */
const oldestTicks = 60;
const largestBytes = 32 * 1024 * 1024;
/** Names; with more of them, writers wait until some are in the files. A quarter of a minute of work for a busy fleet of thousands. */
const mostWaiting = 32_768;

export interface JournalOptions {
  readonly disk: Disk;
  /** `.vigia/journal`, which is there. */
  readonly directory: string;
  /** Of the organizations' directories. */
  readonly root: string;
  readonly identify: Identify;
  readonly log: StoreEvents['log'];
}

/**
 * Where keys become durable: one file for all organizations, one sync for all that came while the last one was on its way. From
 * there they are put into the files that Baileys knows, unhurried; a clean stop leaves nothing here. Rejects with `DiskFault`.
 */
export const startJournal = async ({ disk, directory, root, identify, log }: JournalOptions, left: Left): Promise<Journal> => {
  const waiting = waitingChanges();
  const written = openFiles({ disk, directory, files: left.files, durable: waiting.add });
  const files = putBackAll({ disk, directory, root, identify, log, waiting });
  /** The inode of each directory when it was opened last. */
  const homes = new Map<string, number>();
  let ticks = 0;
  let timer: NodeJS.Timeout | undefined;
  let ticking: Promise<void> | undefined;
  let closed = false;
  let kept = false;

  const checkpoint = async (): Promise<void> => {
    if (written.isEmpty() || kept) return;
    ticks = 0;
    const sealed = await written.seal();
    await files.all();
    try {
      await files.sync();
    } catch (error) {
      if (!(error instanceof DiskFault) || error.code !== 'EIO') throw error;
      kept = true; // what was lost is not told of again: the next start puts all of it into the files once more
      log('journal.kept', { directory });
      return;
    }
    await written.drop(sealed, () =>
      waiting.all().map(({ org, fingerprint, names }) => ({ org, fingerprint, changes: [...names.values()] })),
    );
  };
  const tick = async (): Promise<void> => {
    ticks += 1;
    await files.all(ticks % stuckTicks === 0 ? 'stuck too' : 'not the stuck');
    if (ticks >= oldestTicks || written.size() >= largestBytes) await checkpoint();
  };
  const schedule = (): void => {
    if (timer || closed || (waiting.size() === 0 && written.isEmpty())) return;
    timer = setTimeout(() => {
      ticking = tick()
        .catch((error: unknown) => log('journal.checkpoint_failed', { directory, why: String(error) }))
        .finally(() => {
          timer = undefined;
          schedule();
        });
    }, tickMs);
  };

  const makeRoom = async (): Promise<void> => {
    const before = waiting.size();
    await files.all();
    if (waiting.size() < before) return;
    const code = waiting.all().find(({ stuck }) => stuck !== undefined)?.stuck ?? 'ENOSPC';
    throw new DiskFault('write', root, { code });
  };
  const place = (org: string, fingerprint: string): OrgJournal => {
    const mine = () => {
      const found = waiting.of(org);
      return found?.fingerprint === fingerprint ? found : undefined;
    };
    return {
      peek: (name) => mine()?.names.get(name)?.content,
      commit: async (changes) => {
        while (waiting.size() >= mostWaiting) await makeRoom();
        await written.write({ org, fingerprint, changes });
        schedule();
      },
      settle: () => files.one(org),
      stuck: () => mine()?.stuck,
      inTurn: (work) => files.inTurn(org, work),
    };
  };

  for (const record of left.records) waiting.add(record);
  await files.atStart();
  if (left.files.length > 0) ticks = oldestTicks; // emptied at the first tick
  schedule();

  return {
    open: async (path, fingerprint, ino) => {
      const org = basename(path);
      const before = homes.get(org);
      if (before !== undefined && before !== ino) await written.write({ org, fingerprint, changes: [], anew: true });
      homes.set(org, ino);
      return place(org, fingerprint);
    },
    close: async () => {
      closed = true;
      clearTimeout(timer);
      await ticking;
      await checkpoint();
      const rest = waiting.all();
      if (rest.length === 0) return [];
      log('journal.keys_left', {
        directory,
        organizations: rest.slice(0, 10).map(({ org }) => org),
        count: rest.length,
        because: rest[0]?.stuck ?? null,
      });
      return rest.map(({ org }) => org);
    },
  };
};
