/**
 * The register of all sockets. Whatever the machines assume, no organization and no identity has two sockets
 * at once, and a new one opens only after the TCP connection of the old one is closed.
 */
import type { Org } from '../../machines/domain/ports.ts';
import { monotonicMs } from '../base/monotonic.ts';
import { retryCounters } from './caches.ts';

/** Our own choice: a refused message may come with every send. */
const restrictionEveryMs = 600_000;

export interface ConnectionRegister {
  /** Resolves when the organization has no socket and nothing left to write. */
  closed(org: Org): Promise<void>;
  allClosed(): Promise<void>;
  /** Notes that `org` is ending its socket: its next one waits for this and for all earlier endings. */
  ending(org: Org, disposed: Promise<void>): void;
  /**
   * Takes the identity for `org`. Returns the organization that already has it, and undefined on success. ''
   * is no identity.
   */
  claim(identity: string, org: Org): Org | undefined;
  release(identity: string, org: Org): void;
  /** Sockets that were opened and not yet closed. */
  readonly sockets: { opened(): void; closed(): void; count(): number };
  /**
   * For the next socket. It survives reconnects, so that a message that cannot be decrypted is not retried
   * without end; an attempt that the last connection may have lost does not count.
   */
  retriesOf(org: Org): ReturnType<typeof retryCounters>;
  /** True at most once in ten minutes for each organization: each question about a restriction counts. */
  mayAskForRestriction(org: Org): boolean;
}

export const createRegister = (): ConnectionRegister => {
  const endings = new Map<Org, Promise<void>>();
  const retries = new Map<Org, ReturnType<typeof retryCounters>>();
  const identities = new Map<string, Org>();
  const asked = new Map<Org, number>();
  let sockets = 0;
  return {
    closed: async (org) => endings.get(org),
    allClosed: async () => {
      while (endings.size > 0) await Promise.all(endings.values());
    },
    ending: (org, disposed) => {
      const ending = Promise.all([endings.get(org), disposed]).then(() => {
        if (endings.get(org) === ending) endings.delete(org);
      });
      endings.set(org, ending);
    },
    claim: (identity, org) => {
      if (identity === '') return undefined;
      const holder = identities.get(identity);
      if (holder === undefined) identities.set(identity, org);
      return holder;
    },
    release: (identity, org) => {
      if (identities.get(identity) === org) identities.delete(identity);
    },
    sockets: {
      opened: () => void (sockets += 1),
      closed: () => void (sockets -= 1),
      count: () => sockets,
    },
    retriesOf: (org) => {
      const counters = retries.get(org) ?? retryCounters();
      retries.set(org, counters);
      counters.forgiveLost();
      return counters;
    },
    mayAskForRestriction: (org) => {
      const now = monotonicMs();
      if (now - (asked.get(org) ?? Number.NEGATIVE_INFINITY) < restrictionEveryMs) return false;
      asked.set(org, now);
      return true;
    },
  };
};
