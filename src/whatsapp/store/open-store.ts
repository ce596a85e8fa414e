import type { SignalDataSet, SignalDataTypeMap } from '@whiskeysockets/baileys';
import { DiskFault } from '../../disk/disk.ts';
import { drafting } from './draft.ts';
import { encode, keyFileName } from './key-file.ts';
import { keyReader } from './key-reader.ts';
import { load, refuse } from './load.ts';
import { claimDirectory, type Denied, type DirectoryMemory } from './one-writer.ts';
import { Ownership } from './ownership.ts';
import type { DurableKeys, FileChange, Store, StoreOptions, StoreRefusal } from './types.ts';
import { Writer } from './writer.ts';

const denials: Readonly<Record<Denied, string>> = {
  in_use: 'has a store already that was not fenced. Stop that connection first.',
  still_writing: 'still has a write of the connection before on its way to the disk. It is tried again.',
};

/**
 * Encoded now, because the caller may go on changing the object. As in Baileys' own store, every falsy value
 * is a removal.
 */
const changesOf = (data: SignalDataSet): readonly FileChange[] =>
  Object.entries(data).flatMap(([type, keys]) =>
    Object.entries(keys ?? {}).map(([id, value]) => ({
      name: keyFileName(type, id),
      content: value ? encode(value) : null,
    })),
  );

/**
 * Keys that were durable for another device, or for another copy of this one, are not for the store that is
 * being opened.
 */
const loadWithJournal = async (options: StoreOptions, memory: DirectoryMemory) => {
  const loaded = await load(options, memory);
  if (loaded.kind === 'refused' || !options.journal || options.mode === 'pair')
    return { ...loaded, journal: undefined };
  try {
    return {
      ...loaded,
      journal: await options.journal.open(options.directory, loaded.fingerprint, loaded.home.ino),
    };
  } catch (error) {
    if (!(error instanceof DiskFault)) throw error;
    return refuse(
      'storage',
      `The journal cannot be written (${error.code}), so nothing of ${options.directory} could be. It is ` +
        'tried again.',
    );
  }
};

/**
 * Opens the credentials of one organization for one connection. The layout is that of Baileys'
 * `useMultiFileAuthState`, so a directory can be moved between the two. Three things differ:
 *
 * - Every write is temporary file, fsync, rename, fsync of the directory. A key is a record of the journal,
 *   where there is one, and becomes a file a moment later
 *   (`docs/engineering/decisions/0011-journal-of-keys.md`).
 * - No error leads to a new identity.
 * - Nothing is written into a directory that is not ours any more.
 *
 * A refusal is a value. `unpaired`: nothing here could log in. `creds_corrupt`: not credentials, and
 * unchanged for 60 s. `storage`: everything else, such as a fault of the disk or another program at work;
 * trying again is right, and the next scan finds another device. The store ends with `fence()`; until then no
 * other opens on the same directory and `disk`.
 */
export const openStore = async (options: StoreOptions): Promise<Store | StoreRefusal> => {
  const { disk, directory, identify, on } = options;
  const claim = await claimDirectory(disk, directory, options.mode === 'pair');
  if (typeof claim === 'string') return refuse('storage', `${directory} ${denials[claim]}`);
  let loaded: Awaited<ReturnType<typeof loadWithJournal>>;
  try {
    loaded = await loadWithJournal(options, claim.memory);
  } catch (error) {
    claim.release();
    throw error;
  }
  if (loaded.kind === 'refused') {
    claim.release();
    return loaded;
  }

  const { creds, fingerprint, home, file, journal } = loaded;
  const owner = new Ownership({ disk, directory, identify, log: on.log, home, file });
  const draft = drafting({ creds, identify, fingerprint });
  const writer = new Writer({
    disk,
    directory,
    drafting: draft,
    ownership: owner,
    memory: claim.memory,
    journal,
    on,
  });
  const read = keyReader({ disk, directory, writer, log: on.log });
  const keys: DurableKeys = {
    get: async <T extends keyof SignalDataTypeMap>(type: T, ids: string[]) =>
      (await read(type, ids)) as Record<string, SignalDataTypeMap[T]>,
    set: async (data, messages) => writer.setKeys(changesOf(data), journal ? messages : []),
  };
  claim.hold({ fenced: () => !writer.isOpen, drained: () => writer.drained() });

  return {
    kind: 'store',
    auth: { creds, keys },
    ...(journal && { find: journal.find }),
    saveCreds: () => writer.saveCredentials(),
    backUp: () => writer.backUp(),
    drained: () => writer.drained(),
    fence: () => {
      writer.fence();
      void writer.settled().then(claim.release);
    },
  };
};
