import { join } from 'node:path';
import type { LogEvent } from '../../base/log-events.ts';
import { createSerialQueues } from '../../base/serial-queue.ts';
import type { Disk } from '../../disk/disk.ts';
import type { Identify, StoreEvents } from '../store/types.ts';
import type { Waiting, WaitingChanges } from './waiting.ts';
import { writeBack } from './write-back.ts';

/** Up to so many names each file is synced, which bothers nobody else on the disk; above, the whole file system is, once. */
const mostSynced = 256;

interface PutBackOptions {
  readonly disk: Disk;
  /** Of the journal: the file system that is synced is the one that it lies on. */
  readonly directory: string;
  readonly root: string;
  readonly identify: Identify;
  readonly log: StoreEvents['log'];
  readonly waiting: WaitingChanges;
}

/** From the journal into the files, one directory after another. Nothing here rejects for what a single directory is like. */
export const putBackAll = ({ disk, directory, root, identify, log, waiting }: PutBackOptions) => {
  /** The changes of an organization go into its files one after the other. */
  const queues = createSerialQueues();
  /** Whether this system can sync a whole file system; not known before it is needed. */
  let canBulk: boolean | undefined;
  let dev: number | undefined;
  let unsynced = false;

  const mayBulk = async (): Promise<boolean> => {
    if (waiting.size() <= mostSynced) return false;
    try {
      dev ??= (await disk.stat(directory))?.dev;
    } catch {
      return false; // whatever is wrong with it, whoever writes there is told
    }
    canBulk ??= await disk.syncFileSystem(directory).then(
      () => true,
      () => false,
    );
    return canBulk && dev !== undefined;
  };
  const forget = (one: Waiting, event: LogEvent): void => {
    log(event, { org: one.org, changes: one.names.size });
    waiting.forget(one);
  };

  const put = (one: Waiting, bulk: boolean, starting = false): Promise<void> =>
    queues.run(one.org, async () => {
      if (one.names.size === 0 || waiting.of(one.org) !== one) return;
      const result = await writeBack({ disk, directory: join(root, one.org), identify, bulk, dev: dev ?? -1 }, one);
      if (result.is === 'done') {
        unsynced ||= result.bulk;
        delete one.stuck;
        waiting.settle(one, result.changes);
      } else if (result.is === 'other') {
        forget(one, 'journal.keys_of_another');
      } else if (starting && result.is === 'gone') {
        forget(one, 'journal.keys_dropped');
      } else {
        const code = result.is === 'unclear' ? result.code : 'ENOENT';
        if (one.stuck === undefined) {
          log('journal.keys_waiting', { org: one.org, code });
        }
        one.stuck = code;
      }
    });
  const putEach = async (some: readonly Waiting[], starting = false): Promise<void> => {
    const bulk = await mayBulk();
    for (const one of some) await put(one, bulk, starting); // one by one: it is done beside the real work
  };

  return {
    inTurn: queues.run,
    all: (which: 'stuck too' | 'not the stuck' = 'stuck too'): Promise<void> =>
      putEach(waiting.all().filter(({ stuck }) => which === 'stuck too' || stuck === undefined)),
    /** At a start nobody has the directories yet: one that is gone was taken away on purpose. */
    atStart: (): Promise<void> => putEach(waiting.all(), true),
    one: async (org: string): Promise<string | undefined> => {
      const one = waiting.of(org);
      if (!one) return queues.run(org, async () => undefined);
      await put(one, await mayBulk());
      return waiting.of(org)?.stuck;
    },
    /** Makes durable what was put into the files. Rejects with `DiskFault`. */
    sync: async (): Promise<void> => {
      if (!unsynced) return;
      unsynced = false;
      try {
        await disk.syncFileSystem(directory);
      } catch (error) {
        unsynced = true;
        throw error;
      }
    },
  };
};
