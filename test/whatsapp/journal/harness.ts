import { openJournal } from '../../../src/offline/journal.ts';
import { readCredentials } from '../../../src/sessions/credentials.ts';
import { layoutOf } from '../../../src/sessions/layout.ts';
import { openStore } from '../../../src/whatsapp/store/open-store.ts';
import type { Store } from '../../../src/whatsapp/store/types.ts';
import { type MemoryDisk, type MemoryDiskOptions, memoryDisk } from '../../support/memory-disk.ts';
import { bytesOf, credentialsOf } from '../store/harness.ts';

export const root = '/vault';
export const layout = layoutOf(root);
export const credsOf = (org: string): string => `${root}/${org}/creds.json`;
export const fileOf = (org: string, id: string): string => `${root}/${org}/session-${id}.json`;
export const session = (values: Readonly<Record<string, string | null>>) => ({
  session: Object.fromEntries(
    Object.entries(values).map(([id, value]) => [id, value === null ? null : Buffer.from(value)]),
  ),
});
export const orgs: Readonly<Record<string, number>> = { acme: 1, other: 2 };

/** Two linked devices, and what a start makes in `.vigia/`. */
export const fleetDisk = (options: MemoryDiskOptions = {}): MemoryDisk => {
  const disk = memoryDisk(options);
  for (const [org, phone] of Object.entries(orgs)) disk.place(credsOf(org), bytesOf(credentialsOf(phone)));
  for (const path of [layout.journal, layout.quarantine]) disk.placeDirectory(path);
  return disk;
};

/** One life of the program, as far as keys go. */
export const startOn = async (disk: MemoryDisk, wasTakenBy: 'older version' | 'other' = 'other') => {
  const warnings: string[] = [];
  const events: string[] = [];
  const journal = await openJournal({
    disk,
    layout,
    lock: { wasTakenBy },
    now: () => 0,
    log: (event) => void warnings.push(event),
  });
  const open = async (org: string): Promise<Store> => {
    const store = await openStore({
      disk,
      directory: `${root}/${org}`,
      mode: 'restore',
      identify: readCredentials,
      journal,
      on: {
        failed: (code) => void events.push(`failed ${code}`),
        recovered: () => void events.push('recovered'),
        replaced: () => void events.push('replaced'),
        log: (event) => void warnings.push(event),
      },
    });
    if (store.kind === 'refused') throw new Error(store.message);
    return store;
  };
  return { journal, open, warnings, events };
};

export const read = async (store: Store, id: string): Promise<string | null> => {
  const value = (await store.auth.keys.get('session', [id]))[id];
  return value ? Buffer.from(value).toString() : null;
};
/**
 * A kill: all writes stay, synced or not, and their writers are gone. The store tells writers apart by the
 * disk object.
 */
export const killed = (disk: MemoryDisk): MemoryDisk => ({ ...disk });
/** The files of the journal. */
export const journalled = (disk: MemoryDisk): readonly string[] =>
  disk.paths().filter((path) => path.startsWith(`${layout.journal}/`));
/** What a reader of plain files finds, as text. */
export const inFile = (disk: MemoryDisk, org: string, id: string): string | undefined => {
  const bytes = disk.peek(fileOf(org, id));
  return bytes && Buffer.from(JSON.parse(bytes.toString()).data, 'base64').toString();
};
