import { type Counters, highest } from '../../machines/domain/counters.ts';
import { defaultPolicy } from '../../machines/domain/policy.ts';
import type { Found, Org, Scan } from '../../machines/domain/ports.ts';
import { inBatches } from '../base/batches.ts';
import type { WriteLog } from '../base/log.ts';
import { monotonicMs } from '../base/monotonic.ts';
import { createSerialQueue } from '../base/serial-queue.ts';
import { type Disk, DiskFault } from '../disk/disk.ts';
import { createAssess } from './assess.ts';
import type { Classified } from './credentials.ts';
import { createIdentities, type Identities, type KnownIdentity } from './identities.ts';
import { escapeName, type SortedNames, sortNames } from './ids.ts';
import { layoutOf } from './layout.ts';
import type { Lock } from './lock.ts';
import { createOnceLog, type OnceLog } from './log-once.ts';
import { createFindMisplaced } from './misplaced.ts';
import { createObservations, type Observation, type Observations, settleMs } from './observations.ts';
import type { Pairings } from './pairing.ts';
import type { Records } from './records.ts';
import { type Recover, restoreFromBackup } from './recovery.ts';

export interface ScannerDeps {
  readonly root: string;
  readonly disk: Disk;
  readonly records: Records;
  readonly pairings: Pick<Pairings, 'finishInterrupted' | 'owned'>;
  readonly lock: Pick<Lock, 'stillOurs'>;
  /** From `probeCaseFolding`, once at start. */
  readonly foldsCase: boolean;
  /** Epoch milliseconds. */
  readonly now: () => number;
  /** A clock that never jumps. It alone measures how long a file stays unchanged. */
  readonly monotonicMs?: () => number;
  readonly wait: (ms: number) => Promise<void>;
  readonly log: WriteLog;
  /** Given when another part of the program uses what the scans observed. */
  readonly observations?: Observations;
  /**
   * What to do for corrupt credentials. By default their backup takes their place; an examination only
   * returns what would happen.
   */
  readonly recover?: Recover;
  /** Given when another part of the program notes identities, or when none may be noted. */
  readonly identities?: Identities;
  /** A directory that changed within this time may still be copied, and does not log in. */
  readonly wholeAfterMs?: number;
}
export interface ScanRequest {
  /** The organizations that the supervisor has. */
  readonly loaded: ReadonlySet<Org>;
  /** The organizations that have a socket: nothing in their directories is touched. */
  readonly live: ReadonlySet<Org>;
  /** Pairings that a running session owns. By default all that this process prepared and did not end. */
  readonly pairings?: ReadonlySet<string>;
}
/**
 * One scan at a time. Rejects with `DiskFault` when the root or the records cannot be listed: then nothing is
 * known.
 */
export type Scanner = (request: ScanRequest) => Promise<Scan>;

/** A timer may fire a little early; the second observation must not come too early. */
const timerSlackMs = 10;

const warnOfNames = (once: OnceLog, { odd, sameAs }: SortedNames): void => {
  once.logTogether('directory.name_invalid', odd.map(escapeName));
  for (const [name, org] of sameAs) once.log('directory.name_folded', name, { name, sameAs: org });
};

const isExposed = (observation: Observation): boolean =>
  observation.kind === 'file' && ((observation.directory.mode | observation.creds.mode) & 0o077) !== 0;
const warnOfModes = (once: OnceLog, observed: ReadonlyMap<Org, Observation>): void => {
  const exposed = [...observed].filter(([, observation]) => isExposed(observation)).map(([org]) => org);
  once.logTogether('directory.exposed', exposed);
};

interface ObserverDeps {
  readonly observations: Observations;
  readonly records: Records;
  readonly wait: (ms: number) => Promise<void>;
}

/**
 * A live session often replaces its own creds.json. A whole file with the known identity needs no second
 * observation.
 */
const isOwnWrite = async ({ observations, records }: ObserverDeps, org: Org): Promise<boolean> => {
  const recorded = async (): Promise<string | undefined> => {
    const read = await records.read(org);
    return read.kind === 'record' ? read.record.fingerprint : undefined;
  };
  const known = observations.recall(org)?.fingerprint || (await recorded());
  const isKnown = ({ stored, fingerprint }: Classified): boolean =>
    stored === 'restorable' && fingerprint === known;
  const read = await observations.read(org, isKnown);
  return read !== undefined && !(read instanceof DiskFault) && isKnown(read);
};

/**
 * Observes every directory, and those that may still be written to a second time. All of them share one wait.
 */
const observeAll = async (
  deps: ObserverDeps,
  orgs: readonly Org[],
  live: ReadonlySet<Org>,
): Promise<Map<Org, Observation>> => {
  const { observations, wait } = deps;
  const observed = new Map<Org, Observation>();
  const unsettled: Org[] = [];
  await inBatches(orgs, wait, async (org) => {
    const observation = await observations.observe(org, live.has(org));
    observed.set(org, observation);
    const memory = observations.recall(org);
    if (observation.kind !== 'file' || memory?.classified || (memory && memory.quietMs >= settleMs)) return;
    if (!(live.has(org) && (await isOwnWrite(deps, org)))) unsettled.push(org);
  });
  if (unsettled.length > 0) await wait(settleMs + timerSlackMs);
  await inBatches(
    unsettled,
    wait,
    async (org) => void observed.set(org, await observations.observe(org, live.has(org))),
  );
  return observed;
};

interface Scanned {
  readonly found: Iterable<Found>;
  readonly observed: ReadonlyMap<Org, Observation>;
  readonly live: ReadonlySet<Org>;
}
/**
 * Notes how far the identities are. The copy that has a socket counts, also when an operator chose an older
 * one. Otherwise the newest one counts.
 */
const noteIdentities = async (
  identities: Identities,
  wait: (ms: number) => Promise<void>,
  { found, observed, live }: Scanned,
): Promise<void> => {
  const inUse = new Map<string, Required<KnownIdentity>>();
  const newest = new Map<string, Counters>();
  for (const { org, stored, fingerprint, counters } of found) {
    if (stored !== 'restorable' || !counters) continue;
    newest.set(fingerprint, highest(newest.get(fingerprint) ?? {}, counters));
    const observation = observed.get(org);
    if (live.has(org) && observation?.kind === 'file')
      inUse.set(fingerprint, { counters, inode: observation.directory.ino });
  }
  await inBatches([...newest], wait, async ([fingerprint, counters]) => {
    const used = inUse.get(fingerprint);
    await (used ? identities.accept(fingerprint, used) : identities.raise(fingerprint, counters));
  });
};

/**
 * Observes every directory of the root and assesses each, without reading unchanged content again. It writes
 * only three things: the result of an interrupted pairing, records that could not be written before, and a
 * backup in place of corrupt credentials of an organization without a socket.
 */
export const createScanner = (deps: ScannerDeps): Scanner => {
  const { disk, records, pairings, lock, now, wait, log, foldsCase } = deps;
  const layout = layoutOf(deps.root);
  const observations = deps.observations ?? createObservations(disk, layout, deps.monotonicMs ?? monotonicMs);
  const once = createOnceLog(log);
  const recover = deps.recover ?? restoreFromBackup({ disk, layout, now });
  const identities = deps.identities ?? createIdentities({ disk, layout, log });
  const wholeAfterMs = deps.wholeAfterMs ?? defaultPolicy.copyQuietMs;
  const assess = createAssess({ observations, records, recover, once, log, identities, now, wholeAfterMs });

  const findMisplaced = createFindMisplaced(disk, layout);

  const scan: Scanner = async ({ loaded, live, pairings: active = pairings.owned() }) => {
    const startedAt = now();
    const nothing: Scan = { rootSeen: false, startedAt, found: [] };
    if (!(await lock.stillOurs())) return nothing;
    const promoted = await pairings.finishInterrupted(active);
    const names = await disk.list(layout.root);
    if (!names) return nothing;
    await records.retrySaves();
    const recorded = await records.names();
    const sorted = sortNames(names, foldsCase, loaded);
    warnOfNames(once, sorted);

    const found = new Map<Org, Found>(promoted.map((one) => [one.org, one]));
    // a directory that was just put in place is known
    const others = sorted.orgs.filter((org) => !found.has(org));
    const observed = await observeAll({ observations, records, wait }, others, live);
    observations.retain(new Set(observed.keys()));
    warnOfModes(once, observed);
    const empty = [...observed].filter(
      ([org, { kind }]) => kind === 'empty' && !loaded.has(org) && !recorded.has(org),
    );
    once.logTogether(
      'credentials.misplaced',
      await findMisplaced(
        names,
        empty.map(([org]) => org),
      ),
    );
    await inBatches([...observed], wait, async ([org, observation]) => {
      const facts = { loaded: loaded.has(org), live: live.has(org), recorded: recorded.has(org) };
      const one = await assess(org, observation, facts);
      if (one) found.set(org, one);
    });
    await noteIdentities(identities, wait, { found: found.values(), observed, live });
    // If the volume was unmounted during the scan, every directory seems to have vanished.
    if (!(await lock.stillOurs())) return nothing;
    return { rootSeen: true, startedAt, found: sorted.orgs.flatMap((org) => found.get(org) ?? []) };
  };

  const queue = createSerialQueue();
  return (request) => queue.run(() => scan(request));
};
