import type { FileChange } from '../store/types.ts';
import type { JournalChange, JournalRecord } from './record.ts';
import { digestOf } from './seen-files.ts';

/**
 * Changes of one organization that are durable in the journal and not in its files yet: the newest content
 * for each name.
 */
export interface Waiting {
  readonly org: string;
  readonly fingerprint: string;
  readonly names: Map<string, JournalChange>;
  /**
   * The code of the fault with which the last attempt to write the files failed; `undefined` when it did not.
   */
  stuck?: string;
}

/** The file may hold what any change before this one left in it: put back, or not yet. */
const after = (before: JournalChange | undefined, change: JournalChange): JournalChange => {
  if (!before) return change;
  const isRecovered = before.isRecovered || change.isRecovered ? { isRecovered: true as const } : {};
  if (!before.bases || !change.bases) return { name: change.name, content: change.content, ...isRecovered };
  const left = before.content === null ? [] : [digestOf(before.content)];
  return { ...change, bases: [...new Set([...before.bases, ...left, ...change.bases])], ...isRecovered };
};

/** Records of a process that was killed. */
export const recovered = (record: JournalRecord): JournalRecord => ({
  ...record,
  changes: record.changes.map((change) => ({ ...change, isRecovered: true })),
});

/** The waiting changes of all organizations, in memory. Reads consult them before the files. */
export const waitingChanges = () => {
  const organizations = new Map<string, Waiting>();
  let size = 0;
  const forget = (waiting: Waiting): void => {
    if (organizations.get(waiting.org) !== waiting) return;
    organizations.delete(waiting.org);
    size -= waiting.names.size;
  };
  return {
    /** The number of names, over all organizations. */
    size: (): number => size,
    all: (): readonly Waiting[] => [...organizations.values()],
    of: (org: string): Waiting | undefined => organizations.get(org),
    /** A record of another identity, or of another copy of the same one, replaces everything before it. */
    add: ({ org, fingerprint, changes, isNewCopy }: JournalRecord): void => {
      if (changes.length === 0 && !isNewCopy) return; // only messages, of whatever identity
      const before = organizations.get(org);
      if (before && (isNewCopy || before.fingerprint !== fingerprint)) forget(before);
      if (changes.length === 0) return;
      const waiting = organizations.get(org) ?? { org, fingerprint, names: new Map<string, JournalChange>() };
      organizations.set(org, waiting);
      size -= waiting.names.size;
      for (const change of changes)
        waiting.names.set(change.name, after(waiting.names.get(change.name), change));
      size += waiting.names.size;
    },
    /** These changes are in the files now. A newer one of the same name stays. */
    settle: (waiting: Waiting, changes: readonly FileChange[]): void => {
      for (const change of changes) {
        if (waiting.names.get(change.name) !== change) continue;
        waiting.names.delete(change.name);
        if (organizations.get(waiting.org) === waiting) size -= 1;
      }
      if (waiting.names.size === 0) forget(waiting);
    },
    forget,
  };
};
export type WaitingChanges = ReturnType<typeof waitingChanges>;
