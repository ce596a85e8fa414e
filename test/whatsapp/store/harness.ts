import { type AuthenticationCreds, BufferJSON } from '@whiskeysockets/baileys';
import type { Disk } from '../../../src/disk/disk.ts';
import { classify, readCredentials } from '../../../src/sessions/credentials.ts';
import { openStore } from '../../../src/whatsapp/store/open-store.ts';
import type { Store, StoreOptions } from '../../../src/whatsapp/store/types.ts';
import { type MemoryDisk, memoryDisk } from '../../support/memory-disk.ts';
import { fictionalPhone, pairedCredentials } from '../../support/whatsapp/credentials.ts';

export const directory = '/vault/acme';
export const inIt = (name: string): string => `${directory}/${name}`;
export const credsPath = inIt('creds.json');

export const credentialsOf = (index: number): AuthenticationCreds =>
  pairedCredentials({ phone: fictionalPhone(index) });
export const bytesOf = (creds: AuthenticationCreds): Buffer =>
  Buffer.from(JSON.stringify(creds, BufferJSON.replacer));
export const fingerprintOf = (index: number): string => classify(bytesOf(credentialsOf(index))).fingerprint;
export const parsed = (bytes: Buffer | undefined): unknown =>
  JSON.parse(bytes!.toString('utf8'), BufferJSON.reviver);

interface Logged {
  readonly events: string[];
  readonly warnings: string[];
  readonly on: StoreOptions['on'];
}
const listener = (): Logged => {
  const events: string[] = [];
  const warnings: string[] = [];
  return {
    events,
    warnings,
    on: {
      failed: (code) => events.push(`failed ${code}`),
      recovered: () => events.push('recovered'),
      replaced: (kind) => events.push(`replaced ${kind}`),
      log: (event) => void warnings.push(event),
    },
  };
};

interface Opened extends Logged {
  readonly store: Store;
  readonly disk: MemoryDisk;
}

/** Changes the credentials and saves them. Unchanged credentials are not written. */
export const saveChanged = (store: Store): void => {
  store.auth.creds.accountSyncCounter += 1;
  store.saveCreds();
};

/** A linked device of the first phone on a disk in memory. */
export const linkedDisk = (): MemoryDisk => {
  const disk = memoryDisk();
  disk.place(credsPath, bytesOf(credentialsOf(1)));
  return disk;
};

export const tryToOpen = (disk: Disk, over: Partial<StoreOptions> = {}, logged = listener()) =>
  openStore({ disk, directory, mode: 'restore', identify: readCredentials, on: logged.on, ...over });

export const openLinked = async (disk = linkedDisk(), over: Partial<StoreOptions> = {}): Promise<Opened> => {
  const logged = listener();
  const store = await tryToOpen(disk, over, logged);
  if (store.kind === 'refused') throw new Error(store.message);
  return { store, disk, ...logged };
};

export const openPairing = async (disk = memoryDisk()): Promise<Opened> => {
  disk.placeDirectory(directory);
  return openLinked(disk, { mode: 'pair' });
};

/** Counts what reaches the disk. */
export const counting = (disk: MemoryDisk) => {
  const calls: string[] = [];
  const emit = (operation: string, path: string): void =>
    void calls.push(`${operation} ${path.slice(path.lastIndexOf('/') + 1)}`);
  const counted: MemoryDisk = {
    ...disk,
    write: (path, content, mode) => {
      emit('write', path);
      return disk.write(path, content, mode);
    },
    rename: (from, to) => {
      emit('rename', to);
      return disk.rename(from, to);
    },
    remove: (path) => {
      emit('remove', path);
      return disk.remove(path);
    },
    syncDirectory: (path) => {
      emit('sync', path);
      return disk.syncDirectory(path);
    },
  };
  return { disk: counted, calls };
};
