import { join } from 'node:path';
import { type Disk, DiskFault } from '../../disk/disk.ts';
import { inBatches } from '../store/batch.ts';
import type { OrgJournal } from '../store/types.ts';
import type { ArrivedMessages } from './arrived.ts';
import type { PutBack } from './put-back.ts';
import type { JournalChange, JournalRecord } from './record.ts';
import { digestOf, type SeenFiles } from './seen-files.ts';
import type { Waiting, WaitingChanges } from './waiting.ts';

interface OrgJournalOptions {
  readonly org: string;
  readonly fingerprint: string;
  /** This opening of the directory, for `seen`. */
  readonly place: number;
  readonly disk: Disk;
  /** The directory of the organizations' directories. */
  readonly root: string;
  readonly waiting: WaitingChanges;
  readonly arrived: ArrivedMessages;
  readonly seen: SeenFiles;
  readonly files: PutBack;
  /** Calls `record` when there is room for it, and resolves when it is durable. Rejects with `DiskFault`. */
  readonly write: (record: () => Promise<JournalRecord>) => Promise<void>;
}

/** One organization's part of the journal, for one opening of its directory. */
export const orgJournal = (options: OrgJournalOptions): OrgJournal => {
  const { org, fingerprint, place, disk, root, waiting, arrived, seen, files, write } = options;
  const mine = (): Waiting | undefined => {
    const found = waiting.of(org);
    return found?.fingerprint === fingerprint ? found : undefined;
  };
  /** What the file holds, as in `seenFiles`. `undefined` when it cannot be read. */
  const baseOf = async (name: string): Promise<string | undefined> => {
    const known = seen.of(place, name);
    if (known !== undefined) return known;
    try {
      const bytes = await disk.read(join(root, org, name));
      return bytes ? digestOf(bytes) : '';
    } catch (error) {
      if (!(error instanceof DiskFault)) throw error;
      return undefined; // the write that follows reports it
    }
  };
  return {
    peek: (name) => mine()?.names.get(name)?.content,
    find: (ref) => arrived.find(org, ref),
    reading: (name) => {
      const before = seen.of(place, name);
      return (content) => {
        const isStale = seen.of(place, name) !== before || mine()?.names.has(name);
        if (!isStale) seen.note(place, name, content ?? null);
      };
    },
    commit: async (changes, messages) => {
      if (messages.length > 0) await arrived.room();
      await write(async () => {
        const based: JournalChange[] = [];
        await inBatches(changes, async (change) => {
          const before = mine()?.names.get(change.name)?.content;
          const base = before ? digestOf(before) : await baseOf(change.name);
          based.push({ ...change, ...(base !== undefined && { bases: base === '' ? [] : [base] }) });
        });
        return { org, fingerprint, changes: based, messages };
      });
    },
    settle: () => files.one(org),
    stuck: () => mine()?.stuck,
    inTurn: (work) => files.inTurn(org, work),
  };
};
