import type { Org } from '../../machines/domain/ports.ts';
import { versionOf } from '../base/file-identity.ts';
import { sha256 } from '../base/sha256.ts';
import { type Disk, DiskFault, type Stat } from '../disk/disk.ts';
import { type CountedCredentials, countCredentials } from './counters.ts';
import type { Classified } from './credentials.ts';
import { type Layout, largestCredentialsBytes } from './layout.ts';

/**
 * Two equal observations at least this far apart mean that no program is writing
 * (WHATSAPP-FACTS.md#being-written).
 */
export const settleMs = 250;
/** Content that cannot be a creds.json counts as corrupt only after it stayed unchanged for this long. */
export const corruptAfterMs = 60_000;

export type Observation =
  | { readonly kind: 'nothing' } // no directory
  | { readonly kind: 'symlink' }
  | { readonly kind: 'empty'; readonly directory: Stat } // a directory without creds.json
  | { readonly kind: 'notAFile'; readonly directory: Stat; readonly creds: Stat }
  | { readonly kind: 'fault'; readonly fault: DiskFault }
  | { readonly kind: 'file'; readonly directory: Stat; readonly creds: Stat };

interface Seen {
  /** The version of creds.json. */
  readonly version: string;
  /** The version of creds.json together with its directory. */
  readonly wholeVersion: string;
  readonly creds: Stat;
  /** What this version of the content is worth; `undefined` until it was read. */
  readonly classified: CountedCredentials | undefined;
  /** SHA-256 of the content that was classified; `undefined` while there is none. */
  readonly digest: string | undefined;
  /** The identity read last, from this version or an earlier one. */
  readonly fingerprint: string;
}
/** What the observations of one organization's creds.json add up to. */
export interface Remembered extends Seen {
  /** How long creds.json is known to be unchanged. */
  readonly unchangedMs: number;
  /** How long creds.json and its directory are known to be unchanged. */
  readonly quietMs: number;
  /** Whether creds.json or its directory changed since the first observation. */
  readonly hasChanged: boolean;
}
/** Times are our own monotonic ones, because the clock of a disk may jump. */
interface ObservationMemory extends Seen {
  readonly since: number;
  readonly wholeSince: number;
  /** When the last observation began. */
  readonly observedAt: number;
  readonly hasChanged: boolean;
  readonly isWhole: boolean;
}

/**
 * A `creds.json` that stayed unchanged for long enough and is restorable, for the store that opens it next.
 */
export interface ObservedCredentials {
  readonly stat: Stat;
  readonly digest: string;
  readonly fingerprint: string;
}

export interface Observations {
  /**
   * Observes the directory and remembers the result. `live`: our own session writes keys into the directory,
   * so the time of the directory means nothing. Never rejects.
   */
  observe(org: Org, live: boolean): Promise<Observation>;
  recall(org: Org): Remembered | undefined;
  /** The restorable credentials that were read last, unless a later observation found another file. */
  credentialsOf(org: Org): ObservedCredentials | undefined;
  /**
   * Reads and classifies the content of the last observation, and remembers the result unless `trust` returns
   * false. `undefined`: the file has changed since. Never rejects.
   */
  read(org: Org, trust?: (read: Classified) => boolean): Promise<CountedCredentials | DiskFault | undefined>;
  /** Remembers a file that this process wrote, so that no second observation is needed. */
  remember(org: Org, creds: Stat, classified: CountedCredentials): void;
  /** Whether this version of creds.json lies in a directory that was found to be complete. */
  isWhole(org: Org): boolean;
  noteWhole(org: Org): void;
  /** Forgets every other organization. */
  retain(orgs: ReadonlySet<Org>): void;
}

const corrupt: CountedCredentials = { stored: 'corrupt', fingerprint: '', counters: {} };

const statOf = async (disk: Disk, layout: Layout, org: Org): Promise<Observation> => {
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

/** What is remembered after one more observation of a file. */
const memoryAfter = (
  before: ObservationMemory | undefined,
  seen: Pick<Seen, 'version' | 'wholeVersion' | 'creds'>,
  { began, ended }: { readonly began: number; readonly ended: number },
): ObservationMemory => {
  const same = before?.version === seen.version ? before : undefined;
  return {
    ...seen,
    classified: same?.classified,
    digest: same?.digest,
    fingerprint: before?.fingerprint ?? '',
    since: same?.since ?? ended,
    wholeSince: before?.wholeVersion === seen.wholeVersion ? before.wholeSince : ended,
    observedAt: began,
    isWhole: same?.isWhole ?? false,
    hasChanged: before !== undefined && (before.hasChanged || before.wholeVersion !== seen.wholeVersion),
  };
};

type Read = Pick<Seen, 'digest'> & { readonly classified: CountedCredentials };

/** Reads the file that was observed; `undefined` when it is another one now. Rejects with `DiskFault`. */
const classifyFile = async (
  disk: Disk,
  path: string,
  { creds, version }: ObservationMemory,
): Promise<Read | undefined> => {
  const bytes = creds.size > largestCredentialsBytes ? undefined : await disk.read(path);
  const after = await disk.stat(path);
  if (!after || versionOf(after) !== version) return undefined;
  return bytes
    ? { classified: countCredentials(bytes), digest: sha256(bytes) }
    : { classified: corrupt, digest: undefined };
};

/** What is remembered of a file that this process wrote. */
const written = (creds: Stat, classified: CountedCredentials, now: number): ObservationMemory => ({
  version: versionOf(creds),
  wholeVersion: versionOf(creds),
  creds,
  classified,
  digest: undefined,
  fingerprint: classified.fingerprint,
  hasChanged: false,
  isWhole: true,
  since: now,
  wholeSince: now,
  observedAt: now,
});

export const createObservations = (disk: Disk, layout: Layout, monotonicMs: () => number): Observations => {
  const memories = new Map<Org, ObservationMemory>();
  return {
    observe: async (org, live) => {
      const began = monotonicMs();
      const observation = await statOf(disk, layout, org);
      if (observation.kind === 'file') {
        const { creds, directory } = observation;
        const version = versionOf(creds);
        const wholeVersion = live ? version : `${version}/${versionOf(directory)}`;
        const seen = { version, wholeVersion, creds };
        memories.set(org, memoryAfter(memories.get(org), seen, { began, ended: monotonicMs() }));
      } else if (observation.kind !== 'fault') memories.delete(org);
      return observation;
    },
    recall: (org) => {
      const memory = memories.get(org);
      if (!memory) return undefined;
      // From the end of the first observation to the beginning of the last one: the time that surely lies
      // between the two.
      const { observedAt, since, wholeSince } = memory;
      return { ...memory, unchangedMs: observedAt - since, quietMs: observedAt - wholeSince };
    },
    credentialsOf: (org) => {
      const memory = memories.get(org);
      if (memory?.digest === undefined || memory.classified?.stored !== 'restorable') return undefined;
      return { stat: memory.creds, digest: memory.digest, fingerprint: memory.classified.fingerprint };
    },
    read: async (org, trust = () => true) => {
      const memory = memories.get(org);
      if (!memory) return undefined;
      try {
        const read = await classifyFile(disk, layout.credentials(org), memory);
        if (!read || !trust(read.classified)) return read?.classified;
        memories.set(org, {
          ...memory,
          ...read,
          fingerprint: read.classified.fingerprint || memory.fingerprint,
        });
        return read.classified;
      } catch (fault) {
        if (fault instanceof DiskFault) return fault;
        throw fault;
      }
    },
    remember: (org, creds, classified) => void memories.set(org, written(creds, classified, monotonicMs())),
    isWhole: (org) => memories.get(org)?.isWhole === true,
    noteWhole: (org) => {
      const memory = memories.get(org);
      if (memory) memories.set(org, { ...memory, isWhole: true });
    },
    retain: (orgs) => {
      for (const org of memories.keys()) if (!orgs.has(org)) memories.delete(org);
    },
  };
};
