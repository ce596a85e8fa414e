import type { ArrivedMessage } from '../messages/port.ts';
import { type FileChange, StoreFault } from './types.ts';

interface Caller {
  left: number;
  /** A message rides along: without it being durable there is no answer. */
  readonly hasMessages: boolean;
  readonly resolve: () => void;
}
interface PendingChange extends FileChange {
  readonly callers: Caller[];
}
export type Taken = FileChange;

/** Five times the largest batch known (the 812 pre-keys of a first pairing, WHATSAPP-FACTS.md#pre-keys). */
const mostWaiting = 4096;

/** How much waits with a caller, and the end of each wait. */
const waitingCallers = () => {
  let waiting = 0;
  return {
    add: (left: number, hasMessages: boolean, resolve: () => void): Caller => {
      waiting += left;
      return { left, hasMessages, resolve };
    },
    settle: (caller: Caller): void => {
      waiting -= 1;
      caller.left -= 1;
      if (caller.left === 0) caller.resolve();
    },
    /** Undefined when `more` fit in. */
    fault: (more: number): StoreFault | undefined =>
      waiting > 0 && waiting + more > mostWaiting
        ? new StoreFault('full', `${waiting} key writes are waiting for the disk; no more are taken`)
        : undefined,
    forget: (): void => {
      waiting = 0;
    },
  };
};

/**
 * Key files that are not durable yet, with the newest content for each name. Reads consult them first. A
 * later change of a file replaces an earlier one whose write has not begun, and the callers of the earlier
 * one wait for the later one. A change that is being written stays until it is settled. At most 4,096 changes
 * may have waiting callers; then `add` rejects (`full`). Messages that arrived ride along, and are durable
 * with the changes of their own call.
 */
export const pendingChanges = () => {
  const entries = new Map<string, PendingChange>();
  const inFlight = new Set<PendingChange>();
  const riders = new Map<ArrivedMessage, Caller>();
  const callers = waitingCallers();

  const settleCallers = (entry: PendingChange): void => {
    for (const caller of entry.callers.splice(0)) callers.settle(caller);
  };

  return {
    get size(): number {
      return entries.size + riders.size;
    },
    /** The content that will be there, `null` for a removal, `undefined` when nothing is pending. */
    peek: (name: string): string | null | undefined => entries.get(name)?.content,
    add: (changes: readonly FileChange[], messages: readonly ArrivedMessage[] = []): Promise<void> => {
      const count = changes.length + messages.length;
      if (count === 0) return Promise.resolve();
      const fault = callers.fault(count);
      if (fault) return Promise.reject(fault);
      return new Promise((resolve) => {
        const caller = callers.add(count, messages.length > 0, resolve);
        for (const message of messages) riders.set(message, caller);
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
    /** The messages that ride along, to be written now. They stay until `settleMessages`. */
    takeMessages: (): readonly ArrivedMessage[] => [...riders.keys()],
    /** These messages are durable. */
    settleMessages: (messages: readonly ArrivedMessage[]): void => {
      for (const message of messages) {
        const caller = riders.get(message);
        if (riders.delete(message) && caller) callers.settle(caller);
      }
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
    /** Gives everything up, and answers all callers except those with messages. Between rounds only. */
    drop: (): void => {
      for (const entry of entries.values())
        for (const caller of entry.callers.splice(0)) if (!caller.hasMessages) callers.settle(caller);
      entries.clear();
      riders.clear();
      callers.forget();
    },
  };
};
export type Pending = ReturnType<typeof pendingChanges>;
