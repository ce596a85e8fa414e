/** The findings about the directory as a whole. Pure: `src/offline/doctor-facts.ts` gathers the facts. */
import { type Finding, finding } from './finding.ts';
import { quoted } from './organization.ts';

/** Bytes and inodes, from `statfs`. Inodes are 0 where the file system has no fixed number of them. */
export interface Space {
  readonly freeBytes: number;
  readonly totalBytes: number;
  readonly freeInodes: number;
  readonly totalInodes: number;
}
export interface DirectoryFacts {
  readonly path: string;
  /** Undefined when the directory does not exist. `fault` is set when it exists and cannot be read. */
  readonly stat: { readonly mode: number; readonly uid: number } | undefined;
  readonly fault: string | undefined;
  readonly uid: number | undefined;
  readonly lock: {
    readonly is: 'never' | 'free' | 'held' | 'unclear';
    readonly holder?: { readonly pid: number; readonly since: string; readonly host: string } | undefined;
  };
  readonly restorable: number;
  /** The last change of any credentials, in epoch milliseconds; null without credentials. */
  readonly changedAt: number | null;
  readonly now: number;
  readonly space: Space | undefined;
  readonly skippedNames: { readonly count: number; readonly examples: readonly string[] };
  /** Credentials where no organization is. */
  readonly misplaced: { readonly count: number; readonly examples: readonly string[] };
  readonly foldedNames: readonly string[];
  readonly pairings: readonly {
    readonly id: string;
    readonly org: string | null;
    readonly imported: boolean;
    readonly fate: 'finish' | 'remove' | 'archive' | 'unreadable';
  }[];
  readonly orphanRecords: number;
  /**
   * The keys that a killed supervisor had not moved from its journal to the files. Undefined while a
   * supervisor runs.
   */
  readonly journal:
    | {
        readonly organizations: number;
        readonly changes: number;
        readonly messages: number;
        readonly lostBytes: number;
        readonly newerFiles: number;
      }
    | { readonly problem: string }
    | undefined;
}

const gib = (bytes: number): string => `${(bytes / 2 ** 30).toFixed(1)} GiB`;
/** Below this share of free bytes or inodes, the doctor warns. WHATSAPP-FACTS.md#inodes. */
const lowShare = 0.05;
/** Below these, writing fails. */
const goneBytes = 16 * 2 ** 20;
const goneInodes = 100;
/** After a change this recent, another program may still run: a live session writes at every message. */
const busyMs = 120_000;

function* spaceFindings({ space }: DirectoryFacts): Generator<Finding> {
  if (!space) return;
  const { freeBytes, totalBytes, freeInodes, totalInodes } = space;
  const hasInodes = totalInodes > 0;
  const inodes = hasInodes ? `, ${freeInodes} inodes` : '';
  const details = `${gib(freeBytes)} of ${gib(totalBytes)} free${inodes}`;
  if (freeBytes < goneBytes || (hasInodes && freeInodes < goneInodes))
    return yield finding('space_gone', details);
  const isLow = freeBytes < totalBytes * lowShare || (hasInodes && freeInodes < totalInodes * lowShare);
  yield finding(isLow ? 'space_low' : 'space', details);
}

const lockFinding = ({ lock }: DirectoryFacts): Finding => {
  const { holder } = lock;
  const who = holder ? `process ${holder.pid} on ${holder.host} since ${holder.since}` : 'an unknown process';
  if (lock.is === 'held') return finding('lock_held', who);
  if (lock.is === 'unclear') return finding('lock_unclear', `the lock file names ${who}`);
  return finding('lock_free');
};

function* takeoverFindings({ lock, restorable, changedAt, now }: DirectoryFacts): Generator<Finding> {
  if (lock.is !== 'never' || restorable === 0) return;
  const isBusy = changedAt !== null && Math.abs(now - changedAt) < busyMs;
  yield isBusy ? finding('takeover_busy') : finding('takeover_ready', `${restorable} restorable`);
}

const codeOfPairing = {
  finish: 'pairing_finished',
  remove: 'pairing_leftover',
  archive: 'pairing_unclear',
  unreadable: 'pairing_unclear',
} as const;
function* pairingFindings({ pairings, lock }: DirectoryFacts): Generator<Finding> {
  for (const { id, org, imported, fate } of pairings) {
    const details = `${org === null ? 'of an unknown organization' : `of "${org}"`}, .vigia/pairing/${id}`;
    // While a supervisor runs, a pairing is not interrupted: it may be waiting for a phone.
    if (imported) yield finding('import_leftover', details);
    else if (lock.is !== 'held') yield finding(codeOfPairing[fate], details);
  }
}

function* journalFindings({ journal }: DirectoryFacts): Generator<Finding> {
  if (!journal) return;
  if ('problem' in journal) return yield finding('journal_unreadable', journal.problem);
  const { changes, messages, organizations, lostBytes, newerFiles } = journal;
  if (lostBytes > 0) yield finding('journal_damaged', `${lostBytes} bytes`);
  if (newerFiles > 0) yield finding('journal_files_newer', `${newerFiles} keys`);
  if (messages > 0) yield finding('journal_messages', `${messages} messages`);
  if (changes > 0) yield finding('journal_left', `${changes} changes of ${organizations} organizations`);
}

export const directoryFindings = (facts: DirectoryFacts): readonly Finding[] => [...findingsIn(facts)];

function* findingsIn(facts: DirectoryFacts): Generator<Finding> {
  const { path, stat, fault, uid, skippedNames, misplaced, foldedNames, orphanRecords } = facts;
  if (fault !== undefined) return yield finding('directory_unreadable', `${path}: ${fault}`);
  if (!stat) {
    yield finding('directory_missing', path);
    return yield* spaceFindings(facts);
  }
  yield finding('directory', path);
  if ((stat.mode & 0o077) !== 0)
    yield finding('directory_exposed', `mode ${stat.mode.toString(8)}`, `chmod 700 ${quoted(path)}`);
  if (uid !== undefined && stat.uid !== uid)
    yield finding('directory_foreign', `the directory has uid ${stat.uid}, and this process has uid ${uid}`);
  yield lockFinding(facts);
  yield* journalFindings(facts);
  yield* takeoverFindings(facts);
  yield* spaceFindings(facts);
  if (skippedNames.count > 0) {
    const examples = skippedNames.examples.map((name) => `"${name}"`).join(', ');
    yield finding('name_skipped', `${skippedNames.count}: ${examples}`);
  }
  if (misplaced.count > 0) {
    const examples = misplaced.examples.map((name) => `"${name}"`).join(', ');
    yield finding('credentials_misplaced', `${misplaced.count}: ${examples}`);
  }
  for (const name of foldedNames) yield finding('name_folded', `"${name}"`);
  yield* pairingFindings(facts);
  if (orphanRecords > 0) yield finding('record_orphaned', `${orphanRecords}`);
}
