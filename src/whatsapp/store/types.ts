import type { AuthenticationState, SignalDataSet, SignalDataTypeMap } from '@whiskeysockets/baileys';
import type { Reason } from '../../../machines/domain/disconnect.ts';
import type { WriteLog } from '../../base/log.ts';
import type { Disk, Stat } from '../../disk/disk.ts';
import type { ArrivedMessage, MessageDoor, StanzaRef } from '../messages/port.ts';

/**
 * What the bytes of a `creds.json` are; `fingerprint` names the linked device and is '' when there is none.
 * `creds` are the credentials themselves, for the client library: no second reader may parse these bytes.
 * `because` says why they are corrupt.
 */
interface Identified {
  readonly stored: 'restorable' | 'unpaired' | 'corrupt';
  readonly fingerprint: string;
  readonly creds?: object;
  readonly because?: string;
}
export type Identify = (bytes: Buffer) => Identified;

/** The `creds.json` that the last scan read: unchanged for long enough, and restorable. */
export interface ScannedCredentials {
  readonly stat: Stat;
  /** SHA-256 of its content, as `sha256` computes it. */
  readonly digest: string;
  readonly fingerprint: string;
}

/** What a store tells its owner. None of it is called after `fence()`, except `log`. */
export interface StoreEvents {
  /**
   * Writing does not work now (`ENOSPC`, `EACCES`, ...). Once; the store goes on trying until `recovered` or
   * `fence()`.
   */
  readonly failed: (code: string) => void;
  /** Once after each `failed`: everything that had been waiting is durable. */
  readonly recovered: () => void;
  /**
   * Another identity is in our place: nothing is written any more. The owner disposes the socket and connects
   * again.
   */
  readonly replaced: (kind: 'other_identity') => void;
  /** For the log. Never contains a key or a credential. */
  readonly log: WriteLog;
}

/** New content of a file, or its removal (`null`). */
export interface FileChange {
  readonly name: string;
  readonly content: string | null;
}
/** One organization's part of the journal, for the one store that is open on its directory. */
export interface OrgJournal {
  /**
   * Content that is durable here and not in the file yet; `null` for a removal, `undefined` when the file is
   * the truth.
   */
  readonly peek: (name: string) => string | null | undefined;
  /**
   * Called before the file is read; the result is called with what it held, `undefined` when there is none.
   * It spares the next `commit` a read.
   */
  readonly reading: (name: string) => (content: Uint8Array | undefined) => void;
  /** The plaintext of a message that is durable here and not in the database yet. */
  readonly find: (ref: StanzaRef) => Uint8Array | undefined;
  /**
   * All or nothing, with the messages whose decryption made the changes. Resolves when it is on the medium;
   * rejects with `DiskFault`, and then it counts as not done.
   */
  readonly commit: (changes: readonly FileChange[], messages: readonly ArrivedMessage[]) => Promise<void>;
  /** Puts it into the files now; resolves with the code of what is in the way, or undefined. */
  readonly settle: () => Promise<string | undefined>;
  /** Why the files could not be written when it was tried last. */
  readonly stuck: () => string | undefined;
  /** Runs while nothing is put into this directory's files. */
  readonly inTurn: <T>(work: () => Promise<T>) => Promise<T>;
}
export type TakeMessages = MessageDoor['take'];
export interface Journal {
  /**
   * For a store that has just looked at what lies there: another identity, or another copy of the same one
   * (`ino` of the directory), is not given what was written for the one before. Rejects with `DiskFault`.
   */
  readonly open: (directory: string, fingerprint: string, ino: number) => Promise<OrgJournal>;
  /**
   * Messages that are durable here are given to `take`, those of an earlier run too. They stay until it
   * resolves, and are given to it again when it rejects.
   */
  readonly handTo: (take: TakeMessages) => void;
  /**
   * Puts everything into the files and empties the journal. Resolves with those for which that cannot be
   * done: theirs stays in it.
   */
  readonly close: () => Promise<readonly string[]>;
}

export interface StoreOptions {
  readonly disk: Disk;
  /**
   * The organization's directory, or the fresh one of a pairing. It must exist: the store never creates a
   * directory.
   */
  readonly directory: string;
  readonly mode: 'restore' | 'pair';
  readonly identify: Identify;
  /** `restore` only: the device that the session expects there. */
  readonly expectedFingerprint?: string;
  /**
   * `restore` only: what the last scan found. A `creds.json` with the same digest needs no second
   * examination. Any other is examined as if there had been no scan.
   */
  readonly scanned?: ScannedCredentials | undefined;
  /**
   * `restore` only: where keys become durable. Without it each key goes into its own file at once, synced by
   * itself.
   */
  readonly journal?: Journal;
  readonly on: StoreEvents;
}

/**
 * `durable`: all that was ever given to the store is on the medium. `pending`: not within the deadline, it
 * goes on trying. `lost`: something will never be written (frozen, given up after a fence, or refused because
 * it would change the identity).
 */
export type Drained = 'durable' | 'pending' | 'lost';

/**
 * Baileys' key store. `set` makes its content visible to `get` at once: sends and receipts of one contact
 * overlap in Baileys, and a reader of the state before would destroy their session (decision 15). It resolves
 * when everything in it is durable, or when the store has been fenced or frozen. With `messages` it never
 * resolves in that case: the receipt that follows would be a lie. It rejects with a `StoreFault` only for a
 * key that can have no file (`name`) and when too much is waiting for a broken disk (`full`). `get` answers
 * `null` for an absent key, as Baileys' own store does, and rejects with a `StoreFault` or `DiskFault` when
 * it cannot know.
 */
export interface DurableKeys {
  readonly get: <T extends keyof SignalDataTypeMap>(
    type: T,
    ids: string[],
  ) => Promise<Record<string, SignalDataTypeMap[T]>>;
  readonly set: (data: SignalDataSet, messages?: readonly ArrivedMessage[]) => Promise<void>;
}

export interface Store {
  readonly kind: 'store';
  /** For `makeWASocket`, which changes the object `creds` in place. */
  readonly auth: { readonly creds: AuthenticationState['creds']; readonly keys: DurableKeys };
  /**
   * `find` of the journal. Absent where no message can become durable: in a pairing, or without a journal.
   */
  readonly find?: OrgJournal['find'];
  /**
   * Call it on every `creds.update`. Never throws; the object is serialised when its turn to be written
   * comes.
   */
  readonly saveCreds: () => void;
  /**
   * After a proven login: keeps the present credentials as `creds.json.bak`. Resolves when durable, or when
   * the store has ended.
   */
  readonly backUp: () => Promise<void>;
  /** Resolves when nothing is waiting, at the latest after 10 s. */
  readonly drained: () => Promise<Drained>;
  /**
   * The stop: later writes do nothing and resolve. What waits is still written, for 5 s at most if the disk
   * does not work.
   */
  readonly fence: () => void;
}

export type RefusalReason = Extract<Reason, 'unpaired' | 'storage' | 'creds_corrupt'>;
export interface StoreRefusal {
  readonly kind: 'refused';
  readonly reason: RefusalReason;
  /** For a person: what is wrong, where, and what to do. */
  readonly message: string;
}

/**
 * `name`: no file can have this key's name. `full`: too much waits. `damaged`: may still be being written.
 * `gone`: no directory. `frozen`: not our identity.
 */
export type StoreFaultCode = 'name' | 'full' | 'damaged' | 'gone' | 'frozen';
export class StoreFault extends Error {
  override readonly name = 'StoreFault';
  readonly code: StoreFaultCode;
  constructor(code: StoreFaultCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
  }
}
