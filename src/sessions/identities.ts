/**
 * How far each identity is known to be, so that an older copy of its directory does not log in by itself,
 * also when the newer one is no longer here: `.vigia/identities/<fingerprint>.json`. The files are not
 * synced: after a power cut the last numbers may be missing, and the next scan notes them again.
 */
import { z } from 'zod';
import { type Counters, highest, isBehind } from '../../machines/domain/counters.ts';
import type { WriteLog } from '../base/log.ts';
import { type Disk, DiskFault } from '../disk/disk.ts';
import { type Layout, makeInside } from './layout.ts';
import { createOnceLog } from './log-once.ts';

const count = z.number().exactOptional();
const format = z.object({
  counters: z.object({
    nextPreKeyId: count,
    firstUnuploadedPreKeyId: count,
    signedPreKeyId: count,
    accountSyncCounter: count,
  }),
  inode: z.number().exactOptional(),
});
export interface KnownIdentity {
  readonly counters: Counters;
  /** The directory that logged in with it last, or that an import made. Absent before that. */
  readonly inode?: number;
}

export interface Identities {
  /**
   * `undefined` when nothing is known. Never rejects. `again`: from the disk, because an import may have
   * noted something since.
   */
  read(fingerprint: string, again?: 'again'): Promise<KnownIdentity | undefined>;
  /** This copy counts from now on, even if it is older: it logs in, or was chosen. Never rejects. */
  accept(fingerprint: string, known: Required<KnownIdentity>): Promise<void>;
  /** There is a copy that is this far. Never rejects. */
  raise(fingerprint: string, counters: Counters): Promise<void>;
}

/** A file has about a hundred bytes. */
const largestBytes = 4_096;

const parse = (bytes: Buffer | undefined): KnownIdentity | undefined => {
  try {
    return bytes && format.safeParse(JSON.parse(bytes.toString('utf8'))).data;
  } catch {
    return undefined; // cut short by a power cut
  }
};

interface IdentitiesDeps {
  readonly disk: Disk;
  readonly layout: Layout;
  readonly log: WriteLog;
}

export const createIdentities = ({ disk, layout, log }: IdentitiesDeps): Identities => {
  const once = createOnceLog(log);
  const orWarn = async <T>(work: () => Promise<T>): Promise<T | undefined> => {
    try {
      return await work();
    } catch (fault) {
      if (!(fault instanceof DiskFault)) throw fault;
      once.log('identity.not_noted', fault.code, { path: fault.path, code: fault.code });
      return undefined;
    }
  };
  const remembered = new Map<string, KnownIdentity | undefined>();
  const read: Identities['read'] = async (fingerprint, again) => {
    if (!again && remembered.has(fingerprint)) return remembered.get(fingerprint);
    const known = await orWarn(async () => {
      const path = layout.identity(fingerprint);
      const stat = await disk.stat(path);
      if (stat?.kind !== 'file' || stat.size > largestBytes) return undefined;
      return parse(await disk.read(path));
    });
    remembered.set(fingerprint, known);
    return known;
  };
  const write = (fingerprint: string, known: KnownIdentity): Promise<unknown> =>
    orWarn(async () => {
      remembered.set(fingerprint, known);
      const path = layout.identity(fingerprint);
      const temporary = `${path}.tmp~`;
      const text = `${JSON.stringify(known)}\n`;
      try {
        await disk.writeUnsynced(temporary, text);
      } catch (fault) {
        if (!(fault instanceof DiskFault) || fault.code !== 'ENOENT') throw fault;
        await makeInside(disk, layout.identities); // removed by hand since the start
        await disk.writeUnsynced(temporary, text);
      }
      await disk.rename(temporary, path);
    });
  return {
    read,
    accept: async (fingerprint, known) => {
      const before = await read(fingerprint);
      const now = format.parse(known); // in the order of the schema, so that equal ones give equal texts
      if (JSON.stringify(before) !== JSON.stringify(now)) await write(fingerprint, now);
    },
    raise: async (fingerprint, counters) => {
      const before = await read(fingerprint);
      if (before && !isBehind(before.counters, counters)) return;
      await write(fingerprint, { ...before, counters: highest(before?.counters ?? {}, counters) });
    },
  };
};

/** For an examination. */
export const readOnlyIdentities = ({ read }: Identities): Identities => ({
  read,
  accept: async () => undefined,
  raise: async () => undefined,
});
