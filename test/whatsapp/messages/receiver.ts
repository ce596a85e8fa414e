/** A receiving organization: real Baileys over our store, journal and inbox, in lives that end by kills. */
import { setTimeout as wait } from 'node:timers/promises';
import { BufferJSON, type SignalAuthState, type SignalKeyStore } from '@whiskeysockets/baileys';
import type { Disk } from '../../../src/disk/disk.ts';
import { openJournal } from '../../../src/offline/journal.ts';
import { readCredentials } from '../../../src/sessions/credentials.ts';
import { layoutOf } from '../../../src/sessions/layout.ts';
import { createInbox } from '../../../src/whatsapp/messages/inbox.ts';
import type { ArrivedMessage, MessageDoor, StanzaRef } from '../../../src/whatsapp/messages/port.ts';
import { trackUnreadable, type Unreadable } from '../../../src/whatsapp/messages/unreadable.ts';
import { openStore } from '../../../src/whatsapp/store/open-store.ts';
import type { Journal, Store } from '../../../src/whatsapp/store/types.ts';
import { memoryDisk } from '../../support/memory-disk.ts';
import { until } from '../../support/until.ts';
import { pairedCredentials } from '../../support/whatsapp/credentials.ts';
import { RealClient } from '../../support/whatsapp/real-client.ts';

const root = '/vault';
const org = 'acme';
export const layout = layoutOf(root);
const never = (): Promise<never> => new Promise(() => {});

/**
 * Which write of the journal ends the life, and whether it reaches the disk before. Its writer never knows.
 */
export interface Death {
  /** The nth of this life, or the first that holds this text. */
  readonly write: number | string;
  readonly when: 'before' | 'after';
}
interface Life {
  isDead: boolean;
  journalWrites: number;
  readonly client: RealClient;
  readonly journal: Journal;
  readonly store: Store;
  readonly unreadable: Unreadable;
}

const keyOf = ({ id, from, participant, enc, digest }: StanzaRef): string =>
  JSON.stringify([id, from, participant, enc, digest]);

export class Receiver {
  readonly disk = memoryDisk();
  /** What the database has: it outlives every life. */
  readonly rows = new Map<string, ArrivedMessage>();
  readonly unreadable: string[] = [];
  readonly phone: string;
  isWanted = true;
  /** How long a write of the journal takes, in milliseconds. */
  delayMs = 0;
  /** How long keys stay invisible to reads after a `set`: a fault that the store must not have. */
  invisibleMs = 0;
  /** How long the transaction waits between decryption and commit: a fault that the hook must not have. */
  waitsMs = 0;
  /** False: the database takes nothing and answers nothing. */
  takes = true;
  death: Death | undefined;
  /** How often `take` was called with a message that it had already. */
  repeated = 0;
  readonly deaths: number[] = [];
  #life: Life | undefined;
  readonly #url: () => string;

  constructor(url: () => string, phone: string) {
    this.#url = url;
    this.phone = phone;
    const creds = JSON.stringify(pairedCredentials({ phone, name: 'Acme' }), BufferJSON.replacer);
    this.disk.place(`${root}/${org}/creds.json`, creds);
    for (const path of [layout.journal, layout.quarantine]) this.disk.placeDirectory(path);
  }

  get life(): Life {
    if (!this.#life) throw new Error('not started');
    return this.#life;
  }
  get isDead(): boolean {
    return this.#life?.isDead ?? true;
  }
  /** WhatsApp's ids of what the database has, in its order. */
  get ids(): readonly string[] {
    return [...this.rows.values()].map(({ id }) => id);
  }

  /** `isOnline`: waits for the end of the backlog. */
  async start(isOnline = true): Promise<void> {
    const mortal = { isDead: false, journalWrites: 0 };
    const disk = this.#mortalDisk(mortal);
    const journal = await openJournal({
      disk,
      layout,
      lock: { wasTakenBy: 'other' },
      now: Date.now,
      log: () => undefined,
    });
    const store = await openStore({
      disk,
      directory: `${root}/${org}`,
      mode: 'restore',
      identify: readCredentials,
      journal,
      on: {
        failed: () => undefined,
        recovered: () => undefined,
        replaced: () => undefined,
        log: () => undefined,
      },
    });
    if (store.kind === 'refused') throw new Error(store.message);
    const door = this.#door(mortal);
    journal.handTo(door.take);
    const unreadable = trackUnreadable(door);
    const { auth, find } = store;
    if (!find) throw new Error('the store keeps no messages');
    const inbox = createInbox({ org, door, auth, find, unreadable, now: Date.now, report: () => undefined });
    const { keys, makeSignalRepository } = inbox;
    const client = new RealClient(this.#url(), auth.creds, {
      auth: { creds: auth.creds, keys: this.#late(keys) },
      makeSignalRepository: (theirs, ...rest) => makeSignalRepository(this.#waiting(theirs), ...rest),
      emitOwnEvents: false,
    });
    inbox.attach(client.socket, () => client.terminate());
    client.socket.ev.on('creds.update', () => store.saveCreds());
    this.#life = Object.assign(mortal, { client, journal, store, unreadable });
    if (isOnline) await client.ready();
  }
  /** As SIGKILL: nothing of this life reaches the disk, the database or the network any more. */
  kill(): void {
    this.life.isDead = true;
    this.life.client.terminate();
  }
  /** As at an ordinary stop: the socket, the store, then the journal. */
  async stop(): Promise<void> {
    const { client, store, journal, unreadable } = this.life;
    store.fence();
    await client.socket.end(undefined);
    await store.drained();
    await journal.close();
    unreadable.close();
  }
  row(id: string): Promise<ArrivedMessage> {
    return until(`the row of ${id}`, () => [...this.rows.values()].find((row) => row.id === id));
  }

  #waiting(auth: SignalAuthState): SignalAuthState {
    const set: SignalKeyStore['set'] = async (data) => {
      if (this.waitsMs > 0 && 'vigia-arrived' in data) await wait(this.waitsMs);
      await auth.keys.set(data);
    };
    return { ...auth, keys: { ...auth.keys, set } };
  }
  #late({ get, set }: SignalKeyStore): SignalKeyStore {
    return {
      get,
      set: async (data) => {
        if (this.invisibleMs > 0) await wait(this.invisibleMs);
        await set(data);
      },
    };
  }
  #door(mortal: { isDead: boolean }): MessageDoor {
    return {
      isWanted: () => this.isWanted,
      find: async (_, ref) => {
        const found = this.rows.get(keyOf(ref));
        return found && Buffer.from(found.plaintext, 'base64');
      },
      take: async (_, arrived) => {
        if (!this.takes || mortal.isDead) return never();
        for (const one of arrived) {
          if (this.rows.has(keyOf(one))) this.repeated += 1;
          else this.rows.set(keyOf(one), one);
        }
      },
      unreadable: (_, { id }, why) => void this.unreadable.push(`${id}: ${why}`),
      sentContent: async () => undefined,
      updated: async () => undefined,
      restricted: () => undefined,
    };
  }
  /** Only the journal uses `overwrite`. */
  #mortalDisk(mortal: { isDead: boolean; journalWrites: number }): Disk {
    const alive = async <T>(work: () => Promise<T>): Promise<T> => {
      if (mortal.isDead) return never();
      const done = await work();
      return mortal.isDead ? never() : done;
    };
    const die = (): void => {
      mortal.isDead = true;
      this.deaths.push(mortal.journalWrites);
      setImmediate(() => this.life.client.terminate());
    };
    const overwrite: Disk['overwrite'] = async (path, at, content) => {
      mortal.journalWrites += 1;
      const { write } = this.death ?? {};
      const isLast =
        write === mortal.journalWrites ||
        (typeof write === 'string' && Buffer.from(content).toString().includes(write));
      if (isLast && this.death?.when === 'before') die();
      return alive(async () => {
        if (this.delayMs > 0) await wait(this.delayMs);
        await this.disk.overwrite(path, at, content);
        if (isLast) die();
      });
    };
    const { disk } = this;
    return {
      list: (path) => alive(() => disk.list(path)),
      stat: (path) => alive(() => disk.stat(path)),
      read: (path, most) => alive(() => disk.read(path, most)),
      write: (path, content, mode) => alive(() => disk.write(path, content, mode)),
      writeUnsynced: (path, content, mode) => alive(() => disk.writeUnsynced(path, content, mode)),
      overwrite,
      rename: (from, to) => alive(() => disk.rename(from, to)),
      syncDirectory: (path) => alive(() => disk.syncDirectory(path)),
      syncFileSystem: (path) => alive(() => disk.syncFileSystem(path)),
      remove: (path) => alive(() => disk.remove(path)),
      makeDirectory: (path, mode) => alive(() => disk.makeDirectory(path, mode)),
      removeDirectory: (path) => alive(() => disk.removeDirectory(path)),
      hold: (path, use) => alive(() => disk.hold(path, use)),
    };
  }
}
