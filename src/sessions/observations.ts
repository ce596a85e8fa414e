import type { Org } from '../../machines/domain/ports.ts';
import { versionOf } from '../base/file-identity.ts';
import { type Disk, DiskFault, type Stat } from '../disk/disk.ts';
import { type Classified, classify } from './credentials.ts';
import type { Layout } from './layout.ts';

/** Two equal looks at least this far apart say that nobody is writing (WHATSAPP-FACTS.md#being-written). */
export const settleMs = 250;
/** Content that cannot be a creds.json is called corrupt only after it has lain unchanged this long. */
export const corruptAfterMs = 60_000;
/** A creds.json has a few kilobytes; what is larger than this is not read. */
export const largestCredentialsBytes = 4 * 1024 * 1024;

export type Observation =
  | { readonly kind: 'nothing' } // no directory
  | { readonly kind: 'symlink' }
  | { readonly kind: 'empty'; readonly directory: Stat } // a directory without creds.json
  | { readonly kind: 'notAFile'; readonly directory: Stat; readonly creds: Stat }
  | { readonly kind: 'fault'; readonly fault: DiskFault }
  | { readonly kind: 'file'; readonly directory: Stat; readonly creds: Stat };

/** What the looks at one organization's creds.json add up to. Times are our own monotonic ones: those of a disk may jump. */
export interface RememberedObservation {
  readonly signature: string;
  readonly wholeSignature: string;
  /** How long creds.json, and it together with its directory, are known to be unchanged. */
  readonly unchangedMs: number;
  readonly quietMs: number;
  readonly creds: Stat;
  /** Of this very content; undefined until it was read. */
  readonly classified: Classified | undefined;
  /** The identity read last, of this content or of an earlier one. */
  readonly fingerprint: string;
}
type Kept = Omit<RememberedObservation, 'unchangedMs' | 'quietMs'> & { readonly since: number; readonly wholeSince: number };

export interface Observations {
  /** Looks, and remembers. `live`: our own session writes keys into the directory, whose time then says nothing. Never rejects. */
  observe(org: Org, live: boolean): Promise<Observation>;
  recall(org: Org): RememberedObservation | undefined;
  /**
   * Reads and classifies what the last look saw, and remembers it unless `trust` says no. undefined: it has changed since.
   * Never rejects.
   */
  read(org: Org, trust?: (read: Classified) => boolean): Promise<Classified | DiskFault | undefined>;
  /** What we wrote there ourselves needs no second look. */
  know(org: Org, creds: Stat, classified: Classified): void;
  /** Keeps only what these organizations' looks said. */
  retain(orgs: ReadonlySet<Org>): void;
}

const corrupt: Classified = { stored: 'corrupt', fingerprint: '' };

export const createObservations = (disk: Disk, layout: Layout, monotonicMs: () => number): Observations => {
  const kept = new Map<Org, Kept & { seen: number }>();

  const seenAs = async (org: Org): Promise<Observation> => {
    try {
      const directory = await disk.stat(layout.organization(org));
      if (directory?.kind === 'symlink') return { kind: 'symlink' };
      if (directory?.kind !== 'directory') return { kind: 'nothing' };
      const creds = await disk.stat(layout.credentials(org));
      if (!creds) return { kind: 'empty', directory };
      return { kind: creds.kind === 'file' ? 'file' : 'notAFile', directory, creds };
    } catch (fault) {
      if (fault instanceof DiskFault) return { kind: 'fault', fault };
      throw fault;
    }
  };

  const keep = (
    org: Org,
    { signature, wholeSignature, creds }: Pick<Kept, 'signature' | 'wholeSignature' | 'creds'>,
    began: number,
  ): void => {
    const before = kept.get(org);
    const same = before?.signature === signature ? before : undefined;
    const after = monotonicMs();
    kept.set(org, {
      signature,
      wholeSignature,
      creds,
      classified: same?.classified,
      fingerprint: before?.fingerprint ?? '',
      since: same?.since ?? after,
      wholeSince: before?.wholeSignature === wholeSignature ? before.wholeSince : after,
      seen: began,
    });
  };

  return {
    observe: async (org, live) => {
      const began = monotonicMs();
      const observation = await seenAs(org);
      if (observation.kind === 'file') {
        const signature = versionOf(observation.creds);
        const wholeSignature = live ? signature : `${signature}/${versionOf(observation.directory)}`;
        keep(org, { signature, wholeSignature, creds: observation.creds }, began);
      } else if (observation.kind !== 'fault') kept.delete(org);
      return observation;
    },
    recall: (org) => {
      const memory = kept.get(org);
      // From the end of the first look to the beginning of the last one: the time that surely lies between the two.
      return memory && { ...memory, unchangedMs: memory.seen - memory.since, quietMs: memory.seen - memory.wholeSince };
    },
    read: async (org, trust = () => true) => {
      const memory = kept.get(org);
      if (!memory) return undefined;
      try {
        const bytes = memory.creds.size > largestCredentialsBytes ? undefined : await disk.read(layout.credentials(org));
        const now = await disk.stat(layout.credentials(org));
        if (!now || versionOf(now) !== memory.signature) return undefined;
        const classified = bytes ? classify(bytes) : corrupt;
        if (trust(classified)) kept.set(org, { ...memory, classified, fingerprint: classified.fingerprint || memory.fingerprint });
        return classified;
      } catch (fault) {
        if (fault instanceof DiskFault) return fault;
        throw fault;
      }
    },
    know: (org, creds, classified) => {
      const signature = versionOf(creds);
      const now = monotonicMs();
      const { fingerprint } = classified;
      kept.set(org, { signature, wholeSignature: signature, creds, classified, fingerprint, since: now, wholeSince: now, seen: now });
    },
    retain: (orgs) => {
      for (const org of kept.keys()) if (!orgs.has(org)) kept.delete(org);
    },
  };
};
