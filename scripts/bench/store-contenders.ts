/** The ways of keeping keys that are compared. */
import { randomUUID } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { type SignalDataSet, useMultiFileAuthState } from '@whiskeysockets/baileys';
import { openDatabase } from '../../src/database/database.ts';
import type { TableChange } from '../../src/database/table.ts';
import type { Disk } from '../../src/disk/disk.ts';
import { nodeDisk } from '../../src/disk/node-disk.ts';
import { readCredentials } from '../../src/sessions/credentials.ts';
import { startJournal } from '../../src/whatsapp/journal/journal.ts';
import { encode, keyFileName } from '../../src/whatsapp/store/key-file.ts';
import { openStore } from '../../src/whatsapp/store/open-store.ts';
import type { Journal, Store } from '../../src/whatsapp/store/types.ts';
import type { Keeping } from './store-load.ts';
import { slowDisk } from './store-slow.ts';

export interface Place {
  readonly root: string;
  readonly directories: readonly string[];
  readonly syncMs: number;
}
export type Contender = (place: Place) => Promise<Keeping>;

/** Baileys' own store: nothing is synced, so the delay does not touch it. The baseline, not a rival. */
const baileys: Contender = async ({ directories }) => {
  const states = await Promise.all(directories.map((directory) => useMultiFileAuthState(directory)));
  const saves = new Set<Promise<void>>();
  return {
    set: async (org, data) => states[org]?.state.keys.set(data),
    saveCreds: (org) => {
      const save = states[org]?.saveCreds().finally(() => saves.delete(save as Promise<void>));
      if (save) saves.add(save);
    },
    settle: async () => void (await Promise.all(saves)),
  };
};

const refused = (): never => {
  throw new Error('the store failed in the benchmark');
};
const keepAside = async () => undefined;
const vigia = async ({ directories }: Place, disk: Disk, journal?: Journal): Promise<Keeping> => {
  const on = { failed: refused, recovered: refused, replaced: refused, log: refused };
  const stores: Store[] = [];
  for (const directory of directories) {
    const store = await openStore({
      disk,
      directory,
      mode: 'restore',
      identify: readCredentials,
      ...(journal && { journal }),
      on,
    });
    stores.push(store.kind === 'store' ? store : refused());
  }
  return {
    set: async (org, data) => stores[org]?.auth.keys.set(data),
    saveCreds: (org) => stores[org]?.saveCreds(),
    settle: async () => {
      await Promise.all(stores.map((store) => store.drained()));
      await journal?.close();
    },
  };
};
/**
 * A file for every key, each synced: what Vigía did before it had a journal, and does while a phone is being
 * linked.
 */
const files: Contender = (place) => vigia(place, slowDisk(nodeDisk(), place.syncMs));
/** What Vigía does. */
const journal: Contender = async (place) => {
  const { root, syncMs } = place;
  const disk = slowDisk(nodeDisk(), syncMs);
  const directory = join(root, '.vigia', 'journal');
  await mkdir(directory, { recursive: true });
  const left = { files: [], records: [], damaged: [] };
  return vigia(
    place,
    disk,
    await startJournal({ disk, directory, root, identify: readCredentials, log: refused, keepAside }, left),
  );
};

const changesOf = (org: number, data: SignalDataSet): readonly TableChange[] =>
  Object.entries(data).flatMap(([type, keys]) =>
    Object.entries(keys ?? {}).map(([id, value]) => ({
      key: [org, keyFileName(type, id)],
      ...(value && { value: encode(value) }),
    })),
  );
/**
 * LMDB syncs twice for a commit (its pages, then the page that makes them valid), in a thread of its own and
 * one commit after the other. That thread cannot be delayed from here, so the commits are made one by one,
 * each with all that came meanwhile, and the next waits for twice the delay.
 */
const lmdb: Contender = async ({ root, syncMs }) => {
  const directory = join(root, `lmdb-${randomUUID()}`);
  await mkdir(directory);
  const database = await openDatabase({
    disk: nodeDisk(),
    directory,
    aside: async () => `${directory}.aside`,
    log: refused,
  });
  const table = database.table('keys');
  let waiting: TableChange[] = [];
  let next: Promise<void> | undefined;
  let last: Promise<void> = Promise.resolve();
  const commit = async (): Promise<void> => {
    await last.catch(() => undefined);
    const changes = waiting;
    waiting = [];
    next = undefined;
    await table.write(changes);
    if (syncMs > 0) await wait(2 * syncMs);
  };
  const write = (changes: readonly TableChange[]): Promise<void> => {
    waiting.push(...changes);
    if (!next) {
      next = commit();
      last = next;
    }
    return next;
  };
  return {
    set: (org, data) => write(changesOf(org, data)),
    saveCreds: (org) => void write([{ key: [org, 'creds.json'], value: 'x'.repeat(2_300) }]),
    settle: () => last,
  };
};

export const contenders: Readonly<Record<string, Contender>> = { baileys, files, lmdb, journal };
