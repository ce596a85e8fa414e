import { dirname, join } from 'node:path';
import { type FileIdentity, isSameFile, versionOf } from '../../base/file-identity.ts';
import type { LogEvent } from '../../base/log-events.ts';
import { monotonicMs } from '../../base/monotonic.ts';
import { sha256 } from '../../base/sha256.ts';
import type { Disk, Stat } from '../../disk/disk.ts';
import type { Identify, StoreEvents } from './types.ts';

export const credentialsName = 'creds.json';
export const backupName = 'creds.json.bak';

/**
 * A suspicious state is trusted only if unchanged after this delay (WHATSAPP-FACTS.md#being-written: at least
 * 250 ms).
 */
const confirmedAfterMs = 250;

/**
 * `ours`: may be written. `overwritten`: our directory, but not our file any more (same identity, or no
 * credentials): ours has to be put back. `replaced`: another identity; never write again. `unclear`: not now;
 * `code` is the error that it resembles.
 */
export type OwnershipCheck =
  | { readonly is: 'ours' | 'overwritten' | 'replaced' }
  | { readonly is: 'unclear'; readonly code: string };

/** The content that belongs in the file. `written`: by us, while the directory is not synced yet. */
interface Known {
  readonly version: string;
  readonly digest: string;
  readonly fingerprint: string;
  readonly state: 'written' | 'settled';
}
/** What is in the file: whether it was read there or written by us, and whose it is. */
export interface KnownFile {
  readonly stat: Stat;
  readonly digest: string;
  readonly fingerprint: string;
}

interface OwnershipOptions {
  readonly disk: Disk;
  readonly directory: string;
  readonly identify: Identify;
  readonly log: StoreEvents['log'];
  /** The directory when it was opened. */
  readonly home: FileIdentity;
  /** The credentials when the directory was opened; none in a pairing. */
  readonly file?: KnownFile | undefined;
}

/**
 * Checks, before every batch, that the directory is still ours to write into. An operator may rename,
 * replace, copy over or delete a live directory, and keys of one identity must never be stored among those of
 * another. A check costs two `lstat`. Size and time count as well as the inode, or a copy in place would not
 * be noticed.
 *
 * The answer is about the directory that is held during the check and the write (`Disk.hold`), so no rename
 * can exchange it in between. Only the file in it can still change: `unchanged` checks it once more when only
 * the rename is left. Between that `lstat` and that rename remain microseconds that no file system closes,
 * because no rename compares first. An operator who exchanges the file alone under a live session, rather
 * than the directory, should stop the session first.
 */
export class Ownership {
  readonly #disk: Disk;
  readonly #path: string;
  readonly #identify: Identify;
  readonly #log: StoreEvents['log'];
  #home: FileIdentity;
  #known: Known | undefined;
  /** The version of the file at the last check, or of ours written since; '' when there was none. */
  #version = '';
  #last: OwnershipCheck['is'] = 'ours';
  /** The version that was logged last: a round may check twice. */
  #loggedVersion: string | undefined;
  #suspicion: { readonly version: string; readonly since: number } | undefined;

  constructor({ disk, directory, identify, log, home, file }: OwnershipOptions) {
    this.#disk = disk;
    this.#path = join(directory, credentialsName);
    this.#identify = identify;
    this.#log = log;
    this.#home = home;
    if (file) this.#know(file, 'settled');
  }

  /**
   * `here` is the directory, held. Rejects with `DiskFault`; then nothing is known and nothing may be
   * written.
   */
  async check(here: string): Promise<OwnershipCheck> {
    const found = await this.#check(here);
    this.#last = found.is;
    return found;
  }
  /** Whether the file is still the one of the last check. */
  async unchanged(here: string): Promise<boolean> {
    const stat = await this.#disk.stat(join(here, credentialsName));
    return (stat ? versionOf(stat) : '') === this.#version;
  }
  /** Whether our directory is in its place, without the file. False when that cannot be found out. */
  async isRemoved(): Promise<boolean> {
    if (!this.#known) return false;
    try {
      const isInPlace = isSameFile(await this.#disk.stat(dirname(this.#path)), this.#home);
      return isInPlace && (await this.#disk.stat(this.#path)) === undefined;
    } catch {
      return false; // nothing can be put back on a disk that does not answer
    }
  }
  /** Whether exactly this was in the file at the last check, so that writing it would change nothing. */
  holds(content: Uint8Array): boolean {
    return (
      this.#last === 'ours' && this.#known?.state === 'settled' && this.#known.digest === sha256(content)
    );
  }
  /** We have put this into the file. The directory is still to be synced. */
  wrote(stat: Stat, content: Uint8Array): void {
    const { fingerprint } = this.#identify(Buffer.from(content));
    this.#know({ stat, digest: sha256(content), fingerprint }, 'written');
  }
  /** The directory was synced after the last `wrote`. */
  synced(): void {
    if (this.#known) this.#known = { ...this.#known, state: 'settled' };
  }

  #know({ stat, digest, fingerprint }: KnownFile, state: Known['state']): void {
    this.#suspicion = undefined;
    this.#loggedVersion = undefined;
    this.#version = versionOf(stat);
    this.#known = { version: this.#version, digest, fingerprint, state };
  }

  async #check(here: string): Promise<OwnershipCheck> {
    const directory = await this.#disk.stat(here);
    if (!directory) return { is: 'unclear', code: 'ENOENT' };
    const isMoved = !isSameFile(directory, this.#home);
    const path = join(here, credentialsName);
    const stat = await this.#disk.stat(path);
    this.#version = stat ? versionOf(stat) : '';
    if (!stat) return this.#judgeMissing(isMoved);
    const isOurFile = !isMoved && this.#known?.version === this.#version;
    const found: OwnershipCheck = isOurFile ? { is: 'ours' } : await this.#judgeFile(path, isMoved);
    if (found.is === 'unclear') return found;
    // a file that is to be put back stays suspicious until it was
    if (found.is === 'ours') this.#suspicion = undefined;
    if (found.is !== 'replaced') this.#home = directory;
    return found;
  }
  #judgeMissing(isMoved: boolean): OwnershipCheck {
    if (isMoved) return { is: 'unclear', code: 'ESTALE' };
    if (!this.#known) return { is: 'ours' };
    // only the file is gone: perhaps the first step of removing the whole directory; if it is so a while
    // later, an accident
    if (!this.#isConfirmed('missing')) return { is: 'unclear', code: 'ENOENT' };
    return this.#overwritten('credentials.removed');
  }
  /** Judges a file in our directory that we neither wrote nor read. */
  async #judgeFile(path: string, isMoved: boolean): Promise<OwnershipCheck> {
    const bytes = await this.#disk.read(path);
    if (!bytes) return { is: 'unclear', code: 'ENOENT' };
    if (this.#known && sha256(bytes) === this.#known.digest) {
      // touched, or copied with its content: the same bytes
      this.#known = { ...this.#known, version: this.#version };
      return { is: 'ours' };
    }
    const { stored, fingerprint } = this.#identify(bytes);
    if (stored !== 'corrupt' && fingerprint !== this.#known?.fingerprint) return { is: 'replaced' };
    if (stored !== 'corrupt') return this.#overwritten('credentials.overwritten');
    // perhaps a copy in progress: in a directory that took our name we wait for as long as it takes
    if (isMoved || !this.#isConfirmed(this.#version)) return { is: 'unclear', code: 'EBUSY' };
    return this.#overwritten('credentials.damaged');
  }

  #isConfirmed(version: string): boolean {
    if (this.#suspicion?.version !== version) this.#suspicion = { version, since: monotonicMs() };
    return monotonicMs() - this.#suspicion.since >= confirmedAfterMs;
  }
  #overwritten(event: LogEvent): OwnershipCheck {
    if (this.#loggedVersion !== this.#version) this.#log(event, { path: this.#path });
    this.#loggedVersion = this.#version;
    return { is: 'overwritten' };
  }
}
