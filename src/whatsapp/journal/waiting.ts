import type { FileChange } from '../store/types.ts';
import type { JournalRecord } from './record.ts';

/** What is durable in the journal for one organization, and not in its files yet: the newest content per name. */
export interface Waiting {
  readonly org: string;
  readonly fingerprint: string;
  readonly names: Map<string, FileChange>;
  /** Why the last try to put it into the files failed; undefined when it did not. */
  stuck?: string;
}

/** All of it, in memory. Reads look here before they look at the files. */
export const waitingChanges = () => {
  const organizations = new Map<string, Waiting>();
  let size = 0;
  const forget = (waiting: Waiting): void => {
    if (organizations.get(waiting.org) !== waiting) return;
    organizations.delete(waiting.org);
    size -= waiting.names.size;
  };
  return {
    /** Names, of all organizations. */
    size: (): number => size,
    all: (): readonly Waiting[] => [...organizations.values()],
    of: (org: string): Waiting | undefined => organizations.get(org),
    /** A record of another identity, or one that says so, takes the place of what was there. */
    add: ({ org, fingerprint, changes, isNewCopy }: JournalRecord): void => {
      const before = organizations.get(org);
      if (before && (isNewCopy || before.fingerprint !== fingerprint)) forget(before);
      if (changes.length === 0) return;
      const waiting = organizations.get(org) ?? { org, fingerprint, names: new Map<string, FileChange>() };
      organizations.set(org, waiting);
      size -= waiting.names.size;
      for (const change of changes) waiting.names.set(change.name, change);
      size += waiting.names.size;
    },
    /** These are in the files now, unless something newer came for the same name. */
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
