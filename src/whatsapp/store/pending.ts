import { type FileChange, StoreFault } from './types.ts';

interface Caller {
  left: number;
  readonly resolve: () => void;
}
interface PendingChange extends FileChange {
  readonly callers: Caller[];
}
export type Taken = FileChange;

/** Five times the largest batch known (the 812 pre-keys of a first pairing, WHATSAPP-FACTS.md#pre-keys). */
const mostWaiting = 4096;

/**
 * Key files that are not durable yet, with the newest content for each name. Reads consult them first. A
 * later change of a file replaces an earlier one whose write has not begun, and the callers of the earlier
 * one wait for the later one. A change that is being written stays until it is settled. At most 4,096 changes
 * may have waiting callers; then `add` rejects (`full`).
 */
export const pendingChanges = () => {
  const entries = new Map<string, PendingChange>();
  const inFlight = new Set<PendingChange>();
  let waiting = 0;

  const settleCallers = (entry: PendingChange): void => {
    for (const caller of entry.callers) {
      waiting -= 1;
      caller.left -= 1;
      if (caller.left === 0) caller.resolve();
    }
    entry.callers.length = 0;
  };

  return {
    get size(): number {
      return entries.size;
    },
    /** The content that will be there, `null` for a removal, `undefined` when nothing is pending. */
    peek: (name: string): string | null | undefined => entries.get(name)?.content,
    add: (changes: readonly FileChange[]): Promise<void> => {
      if (changes.length === 0) return Promise.resolve();
      if (waiting > 0 && waiting + changes.length > mostWaiting) {
        return Promise.reject(
          new StoreFault('full', `${waiting} key writes are waiting for the disk; no more are taken`),
        );
      }
      return new Promise((resolve) => {
        const caller: Caller = { left: changes.length, resolve };
        waiting += changes.length;
        for (const change of changes) {
          const earlier = entries.get(change.name);
          const inherited = earlier && !inFlight.has(earlier) ? earlier.callers : [];
          entries.set(change.name, { ...change, callers: [...inherited, caller] });
        }
      });
    },
    /** Everything pending, to be written now. Each change must come back by `settle` or `putBack`. */
    take: (): readonly Taken[] => {
      for (const entry of entries.values()) inFlight.add(entry);
      return [...entries.values()];
    },
    /** The change is durable. */
    settle: (taken: Taken): void => {
      const entry = taken as PendingChange;
      inFlight.delete(entry);
      if (entries.get(entry.name) === entry) entries.delete(entry.name);
      settleCallers(entry);
    },
    /** The change is not durable. It stays pending, unless a newer one arrived for the same file. */
    putBack: (taken: Taken): void => {
      const entry = taken as PendingChange;
      inFlight.delete(entry);
      const present = entries.get(entry.name);
      if (present && present !== entry) present.callers.push(...entry.callers);
    },
    /** Gives everything up, and answers all callers. Between rounds only. */
    drop: (): void => {
      for (const entry of entries.values()) settleCallers(entry);
      entries.clear();
    },
  };
};
export type Pending = ReturnType<typeof pendingChanges>;
