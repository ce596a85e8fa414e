import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { isSameFile, versionOf } from '../../base/file-identity.ts';
import type { LogEvent } from '../../base/log-events.ts';
import { monotonicMs } from '../../base/monotonic.ts';
import type { Disk, Stat } from '../../disk/disk.ts';
import type { Identify, StoreEvents } from './types.ts';

export const credentialsName = 'creds.json';
export const backupName = 'creds.json.bak';

/** A sight that may be somebody else's half-done work counts when it is the same again after this long (WHATSAPP-FACTS.md#being-written: at least 250 ms). */
const recheckAfterMs = 250;

/**
 * `ours`: write. `restored`: our place, but not our file any more (same identity, or nothing sensible): ours is to be put back.
 * `replaced`: another identity; never write again. `unclear`: not now; `code` says what it looks like.
 */
export type OwnershipCheck = { readonly is: 'ours' | 'restored' | 'replaced' } | { readonly is: 'unclear'; readonly code: string };

interface KnownFile {
  readonly stamp: string;
  readonly digest: string;
  readonly fingerprint: string;
}

const digestOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('base64');

interface OwnershipOptions {
  readonly disk: Disk;
  readonly directory: string;
  readonly identify: Identify;
  readonly log: StoreEvents['log'];
  /** Of the directory when it was opened. */
  readonly home: Stat;
}

/**
 * Is what we are about to write into still ours? Asked before every batch, because an operator may rename, replace, copy over or
 * delete a live directory: keys of one identity must never land among those of another. It costs two `lstat`. Size and time
 * count as well as the inode, or a copy in place would not be seen.
 *
 * The answer is about the directory that is held while it is asked and written to (`Disk.hold`), so it cannot become another one
 * in between, whatever is renamed. What can still change is the file in it: `unchanged` asks once more when only the rename is
 * left. Between that `lstat` and that rename lie microseconds that no file system closes (there is no compare-and-rename):
 * whoever exchanges the file alone under a live session, rather than the directory, should stop the session first.
 */
export const createOwnership = ({ disk, directory, identify, log, home }: OwnershipOptions) => {
  let fileId = home;
  /** Of the file at the last look, or of ours since: '' when there was none. */
  let sight = '';
  let known: KnownFile | undefined;
  /** The sight that was warned of last: a round may look twice. */
  let toldOf: string | undefined;
  let suspicion: { readonly sight: string; readonly since: number } | undefined;

  const seenTwice = (sight: string): boolean => {
    if (suspicion?.sight !== sight) suspicion = { sight, since: monotonicMs() };
    return monotonicMs() - suspicion.since >= recheckAfterMs;
  };
  const saw = (stat: Stat, bytes: Uint8Array): void => {
    suspicion = undefined;
    toldOf = undefined;
    sight = versionOf(stat);
    known = { stamp: sight, digest: digestOf(bytes), fingerprint: identify(Buffer.from(bytes)).fingerprint };
  };
  const putBack = (event: LogEvent): OwnershipCheck => {
    if (toldOf !== sight) log(event, { path: join(directory, credentialsName) });
    toldOf = sight;
    return { is: 'restored' };
  };

  /** Our directory, with a file in it that we neither wrote nor read. */
  const judge = async (path: string, stat: Stat, moved: boolean): Promise<OwnershipCheck> => {
    const bytes = await disk.read(path);
    if (!bytes) return { is: 'unclear', code: 'ENOENT' };
    if (known && digestOf(bytes) === known.digest) {
      known = { ...known, stamp: versionOf(stat) }; // touched, or copied with its content: the same words
      return { is: 'ours' };
    }
    const found = identify(bytes);
    if (found.stored !== 'corrupt' && found.fingerprint !== known?.fingerprint) return { is: 'replaced' };
    if (found.stored !== 'corrupt') return putBack('credentials.overwritten');
    // Perhaps a copy in progress: in a directory of somebody else we wait for as long as it takes.
    if (moved || !seenTwice(versionOf(stat))) return { is: 'unclear', code: 'EBUSY' };
    return putBack('credentials.damaged');
  };

  return {
    /** `here` is the directory, held. Rejects with `DiskFault`; then nothing is known and nothing may be written. */
    check: async (here: string): Promise<OwnershipCheck> => {
      const at = await disk.stat(here);
      if (!at) return { is: 'unclear', code: 'ENOENT' };
      const moved = !isSameFile(at, fileId);
      const path = join(here, credentialsName);
      const stat = await disk.stat(path);
      sight = stat ? versionOf(stat) : '';
      if (!stat) {
        if (moved) return { is: 'unclear', code: 'ESTALE' };
        if (!known) return { is: 'ours' };
        // Gone alone: perhaps the first step of removing all of it. Still so a while later: an accident.
        return seenTwice('missing') ? putBack('credentials.removed') : { is: 'unclear', code: 'ENOENT' };
      }
      const check: OwnershipCheck = !moved && known?.stamp === sight ? { is: 'ours' } : await judge(path, stat, moved);
      if (check.is === 'unclear') return check;
      if (check.is === 'ours') suspicion = undefined; // what is to be put back, is so until it was
      if (check.is !== 'replaced') fileId = at;
      return check;
    },
    /** Whether the file is still the one of the last look. */
    unchanged: async (here: string): Promise<boolean> => {
      const stat = await disk.stat(join(here, credentialsName));
      return (stat ? versionOf(stat) : '') === sight;
    },
    /** This is in the file now, written or read by us. */
    saw,
  };
};
export type Ownership = ReturnType<typeof createOwnership>;
