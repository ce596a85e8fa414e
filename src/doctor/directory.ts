/** What is to be said of the directory as a whole. */
import { type Finding, finding } from './codes.ts';
import { quoted } from './organization.ts';

/** Bytes and inodes, as `statfs` tells them; inodes are 0 where the file system has no fixed number of them. */
export interface Space {
  readonly freeBytes: number;
  readonly totalBytes: number;
  readonly freeInodes: number;
  readonly totalInodes: number;
}
export interface DirectoryFacts {
  readonly path: string;
  /** undefined when it is not there; `fault` when it is and cannot be read. */
  readonly stat: { readonly mode: number; readonly uid: number } | undefined;
  readonly fault: string | undefined;
  readonly uid: number | undefined;
  readonly lock: {
    readonly is: 'never' | 'free' | 'held' | 'unclear';
    readonly holder?: { readonly pid: number; readonly since: string; readonly host: string } | undefined;
  };
  readonly restorable: number;
  /** When any credentials were changed last; null without any. Epoch milliseconds. */
  readonly changedAt: number | null;
  readonly now: number;
  readonly space: Space | undefined;
  readonly skippedNames: { readonly count: number; readonly examples: readonly string[] };
  readonly foldedNames: readonly string[];
  readonly pairings: readonly {
    readonly id: string;
    readonly org: string | null;
    readonly imported: boolean;
    readonly fate: 'finish' | 'remove' | 'archive' | 'unreadable';
  }[];
  readonly orphanRecords: number;
  /** What a supervisor that was killed had not put into the files yet; undefined while one is at work. */
  readonly journal: { readonly organizations: number; readonly changes: number } | { readonly problem: string } | undefined;
}

/** A number of digits that are worth reading. */
const gib = (bytes: number): string => `${(bytes / 2 ** 30).toFixed(1)} GiB`;
/** Under either, writing will soon fail; at the second it does. WHATSAPP-FACTS.md#inodes. */
const lowShare = 0.05;
const goneBytes = 16 * 2 ** 20;
const goneInodes = 100;
/** So long after the last change another program may well be at work: a live session writes at every message. */
const busyMs = 120_000;

const spaceFindings = ({ space }: DirectoryFacts): Finding[] => {
  if (!space) return [];
  const { freeBytes, totalBytes, freeInodes, totalInodes } = space;
  const seen = `${gib(freeBytes)} of ${gib(totalBytes)} free${totalInodes > 0 ? `, ${freeInodes} inodes` : ''}`;
  const hasInodes = totalInodes > 0;
  if (freeBytes < goneBytes || (hasInodes && freeInodes < goneInodes)) return [finding('space_gone', seen)];
  const isLow = freeBytes < totalBytes * lowShare || (hasInodes && freeInodes < totalInodes * lowShare);
  return [finding(isLow ? 'space_low' : 'space', seen)];
};

const lockFinding = ({ lock }: DirectoryFacts): Finding[] => {
  const who = lock.holder
    ? `process ${lock.holder.pid} on ${lock.holder.host} since ${lock.holder.since}`
    : 'it has not written down who it is';
  if (lock.is === 'held') return [finding('lock_held', who)];
  if (lock.is === 'unclear') return [finding('lock_unclear', `the file names ${who}`)];
  return [finding('lock_free')];
};

const takeoverFinding = ({ lock, restorable, changedAt, now }: DirectoryFacts): Finding[] => {
  if (lock.is !== 'never' || restorable === 0) return [];
  if (changedAt !== null && Math.abs(now - changedAt) < busyMs) return [finding('takeover_busy')];
  return [finding('takeover_ready', `${restorable} restorable`)];
};

const pairingFindings = ({ pairings, lock }: DirectoryFacts): Finding[] =>
  pairings.flatMap(({ id, org, imported, fate }) => {
    const seen = `${org === null ? 'of an unknown organization' : `of "${org}"`}, .vigia/pairing/${id}`;
    if (lock.is === 'held' && !imported) return []; // perhaps a person is looking for a phone just now
    if (imported) return [finding('import_leftover', seen)];
    const code = {
      finish: 'pairing_finished',
      remove: 'pairing_leftover',
      archive: 'pairing_unclear',
      unreadable: 'pairing_unclear',
    } as const;
    return [finding(code[fate], seen)];
  });

const journalFinding = ({ journal }: DirectoryFacts): Finding[] => {
  if (!journal) return [];
  if ('problem' in journal) return [finding('journal_unreadable', journal.problem)];
  return journal.changes === 0 ? [] : [finding('journal_left', `${journal.changes} changes of ${journal.organizations}`)];
};

export const directoryFindings = (facts: DirectoryFacts): readonly Finding[] => {
  const { path, stat, fault, uid, skippedNames, foldedNames, orphanRecords } = facts;
  if (fault !== undefined) return [finding('directory_unreadable', `${path}: ${fault}`)];
  if (!stat) return [finding('directory_missing', path), ...spaceFindings(facts)];
  return [
    finding('directory', path),
    ...((stat.mode & 0o077) === 0 ? [] : [finding('directory_exposed', `mode ${stat.mode.toString(8)}`, `chmod 700 ${quoted(path)}`)]),
    ...(uid === undefined || stat.uid === uid ? [] : [finding('directory_foreign', `it is uid ${stat.uid}, this is uid ${uid}`)]),
    ...lockFinding(facts),
    ...journalFinding(facts),
    ...takeoverFinding(facts),
    ...spaceFindings(facts),
    ...(skippedNames.count > 0
      ? [finding('name_skipped', `${skippedNames.count}: ${skippedNames.examples.map((name) => `"${name}"`).join(', ')}`)]
      : []),
    ...foldedNames.map((name) => finding('name_folded', `"${name}"`)),
    ...pairingFindings(facts),
    ...(orphanRecords > 0 ? [finding('record_orphaned', `${orphanRecords}`)] : []),
  ];
};
