/** Exports and imports one organization, with or without a running supervisor. */
import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import type { Org } from '../../machines/domain/ports.ts';
import { type Disk, DiskFault } from '../disk/disk.ts';
import { nodeDisk } from '../disk/node-disk.ts';
import { masked } from '../log/log.ts';
import { createArchive } from '../sessions/archive.ts';
import { type Exported, exportSession } from '../sessions/bundle/export.ts';
import { ChangedMeanwhile } from '../sessions/bundle/format.ts';
import { checkBundle, type Imported, importSession } from '../sessions/bundle/import.ts';
import { type BundleRefusal, refuseBundle } from '../sessions/bundle/refusal.ts';
import { parseOrg, probeCaseFolding } from '../sessions/ids.ts';
import { type Layout, layoutOf, prepareLayout } from '../sessions/layout.ts';
import { type Lock, LockHeld, LockUnavailable, takeLock } from '../sessions/lock.ts';
import { createPairings } from '../sessions/pairing.ts';
import { createRecords } from '../sessions/records.ts';
import { JournalUnreadable } from '../whatsapp/journal/replay.ts';
import { settleJournal } from './journal.ts';

export { writeNewFile } from '../disk/new-file.ts';
export type { Manifest } from '../sessions/bundle/format.ts';

export const isOrg = (name: string): boolean => parseOrg(name) !== undefined;

const messages: Readonly<Record<string, string>> = {
  EEXIST: 'it already exists; use --force to overwrite it',
  ENOENT: 'it does not exist',
  EACCES: 'this user has no permission',
  ENOSPC: 'the disk is full',
  EISDIR: 'it is a directory',
};
/** The code and the message of an expected failure; undefined for an error that is a bug. */
export const expectedFault = (
  error: unknown,
): { readonly code: string; readonly message: string } | undefined => {
  if (error instanceof LockUnavailable) return { code: 'lock_unavailable', message: `${error.message}.` };
  if (error instanceof JournalUnreadable) return { code: 'journal_unreadable', message: error.message };
  if (error instanceof ChangedMeanwhile) return { code: 'changed_meanwhile', message: error.message };
  const { code, path } = error as NodeJS.ErrnoException;
  const operation = error instanceof DiskFault ? error.operation : 'read';
  if (code === undefined || path === undefined || !/^E[A-Z0-9]+$/u.test(code)) return undefined;
  return {
    code: code === 'EEXIST' ? 'file_exists' : 'disk',
    message: `cannot ${operation} ${path}: ${messages[code] ?? code} (${code}).`,
  };
};

const now = (): number => Date.now();

/**
 * Takes the lock, so that no supervisor starts meanwhile. `supervised`: a running supervisor holds it.
 * Rejects with `LockUnavailable`.
 */
const lockIfFree = async (
  root: string,
): Promise<{ readonly lock: Lock | undefined; readonly supervised: boolean }> => {
  try {
    return { lock: await takeLock(root), supervised: false };
  } catch (error) {
    if (error instanceof LockHeld) return { lock: undefined, supervised: true };
    throw error;
  }
};

/** A command has messages of its own, and no log. */
const silent = () => undefined;
const partsOf = (disk: Disk, layout: Layout) => {
  const records = createRecords({ disk, layout, now });
  const archive = createArchive({ disk, layout, records, now });
  return { disk, layout, records, archive };
};

/**
 * `use` consumes the bundle while the lock is held; its errors are passed on. A directory on which no
 * supervisor ever ran stays unchanged. Rejects with `LockUnavailable`, `DiskFault`, `JournalUnreadable`,
 * `ChangedMeanwhile`.
 */
export const exportOrganization = async <T>(
  root: string,
  org: Org,
  build: string,
  use: (exported: Exported) => Promise<T>,
  disk: Disk = nodeDisk(),
): Promise<{ readonly ok: true; readonly exported: Exported; readonly used: T } | BundleRefusal> => {
  const layout = layoutOf(root);
  const wasUsed = (await disk.stat(layout.lock)) !== undefined;
  const { lock, supervised } = wasUsed ? await lockIfFree(root) : { lock: undefined, supervised: false };
  try {
    const unsettled = lock ? await settleJournal({ disk, layout, lock, now, log: silent }) : [];
    if (unsettled.includes(org)) {
      return refuseBundle(
        'journal_left',
        `Some keys of "${org}" are only in the journal, and cannot be written. Run "vigia doctor".`,
      );
    }
    const exported = await exportSession(
      { ...partsOf(disk, layout), now, build, mask: masked, supervised },
      org,
    );
    return exported.ok ? { ok: true, exported, used: await use(exported) } : exported;
  } finally {
    lock?.release();
  }
};

/** The server could not read files that another user writes. */
const wrongUserIn = async (disk: Disk, layout: Layout): Promise<BundleRefusal | undefined> => {
  const uid = process.geteuid?.();
  const directory = (await disk.stat(layout.own)) ?? (await disk.stat(layout.root));
  if (!directory || uid === undefined || directory.uid === uid) return undefined;
  return refuseBundle(
    'wrong_user',
    `${layout.root} belongs to uid ${directory.uid}, and this process has uid ${uid}. Run it as that user.`,
  );
};

export interface ImportOptions {
  readonly root: string;
  /** Called twice; each call reads the bundle from its beginning. */
  readonly source: () => AsyncIterable<Uint8Array>;
  /** Another name for the organization. */
  readonly as?: Org | undefined;
  readonly force: boolean;
}

/** Rejects with `LockUnavailable`, `DiskFault`, `JournalUnreadable`. */
export const importOrganization = async (
  { root, source, as, force }: ImportOptions,
  disk: Disk = nodeDisk(),
): Promise<(Imported & { readonly supervised: boolean; readonly stopped: boolean }) | BundleRefusal> => {
  const checked = await checkBundle(source());
  if (!checked.ok) return checked;
  const layout = layoutOf(root);
  const wrongUser = await wrongUserIn(disk, layout);
  if (wrongUser) return wrongUser;
  const { lock, supervised } = await lockIfFree(root);
  try {
    const parts = partsOf(disk, layout);
    if (lock) {
      await prepareLayout(disk, layout);
      await settleJournal({ disk, layout, lock, now, log: silent });
      // As at a start: finishes interrupted imports and pairings before anything is compared.
      const foldsCase = await probeCaseFolding(disk, layout.own);
      await createPairings({ ...parts, foldsCase, now, log: silent }).finishInterrupted(new Set());
    }
    const imported = await importSession(
      { ...parts, supervised, force, wait: (ms) => wait(ms), now, id: randomUUID() },
      checked.manifest,
      source,
      as,
    );
    if (!imported.ok) return imported;
    const record = await parts.records.read(imported.org);
    return {
      ...imported,
      supervised,
      stopped: record.kind === 'record' && record.record.desired === 'stopped',
    };
  } finally {
    lock?.release();
  }
};
