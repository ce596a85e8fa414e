import type { Found, Org, Scan } from '../../machines/domain/ports.ts';
import { inBatches } from '../base/batches.ts';
import type { WriteLog } from '../base/log.ts';
import { monotonicMs } from '../base/monotonic.ts';
import { createSerialQueue } from '../base/serial-queue.ts';
import { type Disk, DiskFault } from '../disk/disk.ts';
import { createAssess } from './assess.ts';
import type { Classified } from './credentials.ts';
import { escapeName, sortNames } from './ids.ts';
import { layoutOf } from './layout.ts';
import type { Lock } from './lock.ts';
import { sayOnce } from './log-once.ts';
import { createObservations, type Observation, settleMs } from './observations.ts';
import type { Pairings } from './pairing.ts';
import type { Records } from './records.ts';
import { type Recover, restoreFromBackup } from './recovery.ts';

export interface ScannerInput {
  readonly root: string;
  readonly disk: Disk;
  readonly records: Records;
  readonly pairings: Pick<Pairings, 'finishInterrupted' | 'owned'>;
  readonly lock: Pick<Lock, 'stillOurs'>;
  /** From `probeCaseFolding`, once at start. */
  readonly foldsCase: boolean;
  /** Epoch milliseconds. */
  readonly now: () => number;
  /** Never jumps; what is "unchanged" is measured by it alone. */
  readonly monotonicMs?: () => number;
  readonly wait: (ms: number) => Promise<void>;
  readonly log: WriteLog;
  /** What is done for corrupt credentials: by default their backup takes their place. Whoever only looks says what would be done. */
  readonly recover?: Recover;
}
export interface ScanRequest {
  readonly loaded: ReadonlySet<Org>;
  /** Those that have a socket: nothing in their directories is touched. */
  readonly live: ReadonlySet<Org>;
  /** Pairings that a running session owns; without it, all that this process prepared and did not end. */
  readonly pairings?: ReadonlySet<string>;
}
/** One at a time; rejects with `DiskFault` when the root or the records cannot be listed, so that nothing can be said at all. */
export type Scanner = (request: ScanRequest) => Promise<Scan>;

/** A timer may fire a little early; the second look must not. */
const timerSlackMs = 10;

/**
 * Looks at every directory of the root and says what each is worth, without reading again what has not changed. Newcomers of one
 * scan share one wait between their two looks. Writes only three things: what an interrupted pairing left to do, records that
 * could not be written before, and a backup in place of corrupt credentials of an organization without a socket.
 */
export const createScanner = (input: ScannerInput): Scanner => {
  const { disk, records, pairings, lock, now, wait } = input;
  const layout = layoutOf(input.root);
  const observations = createObservations(disk, layout, input.monotonicMs ?? monotonicMs);
  const once = sayOnce(input.log);
  const recover = input.recover ?? restoreFromBackup({ disk, layout, now });
  const assess = createAssess({ observations, records, recover, once, log: input.log });

  const warnOfNames = (odd: readonly string[], sameAs: ReadonlyMap<string, Org>): void => {
    once.logTogether('directory.name_invalid', odd.map(escapeName));
    for (const [name, org] of sameAs) once.log('directory.name_folded', name, { name, sameAs: org });
  };
  const warnOfModes = (seen: ReadonlyMap<Org, Observation>): void => {
    const exposed = [...seen].filter(
      ([, observation]) => observation.kind === 'file' && ((observation.directory.mode | observation.creds.mode) & 0o077) !== 0,
    );
    once.logTogether(
      'directory.exposed',
      exposed.map(([org]) => org),
    );
  };

  /** A live session replaces its own creds.json all the time: whole, and of the identity that we know, it needs no second look. */
  const isOwnWriting = async (org: Org): Promise<boolean> => {
    const kept =
      observations.recall(org)?.fingerprint || (await records.read(org).then((read) => read.kind === 'record' && read.record.fingerprint));
    const isSame = ({ stored, fingerprint }: Classified): boolean => stored === 'restorable' && fingerprint === kept;
    const read = await observations.read(org, isSame);
    return read !== undefined && !(read instanceof DiskFault) && isSame(read);
  };

  const observeAll = async (orgs: readonly Org[], live: ReadonlySet<Org>): Promise<Map<Org, Observation>> => {
    const seen = new Map<Org, Observation>();
    const newOrgs: Org[] = [];
    await inBatches(orgs, wait, async (org) => {
      const observation = await observations.observe(org, live.has(org));
      seen.set(org, observation);
      const memory = observations.recall(org);
      if (observation.kind !== 'file' || memory?.classified || (memory && memory.quietMs >= settleMs)) return;
      if (!(live.has(org) && (await isOwnWriting(org)))) newOrgs.push(org);
    });
    if (newOrgs.length > 0) await wait(settleMs + timerSlackMs);
    await inBatches(newOrgs, wait, async (org) => void seen.set(org, await observations.observe(org, live.has(org))));
    return seen;
  };

  const scan: Scanner = async (request) => {
    const startedAt = now();
    const nothing: Scan = { rootSeen: false, startedAt, found: [] };
    if (!(await lock.stillOurs())) return nothing;
    const promoted = await pairings.finishInterrupted(request.pairings ?? pairings.owned());
    const names = await disk.list(layout.root);
    if (!names) return nothing;
    await records.retrySaves();
    const recorded = await records.names();
    const { orgs, odd, sameAs } = sortNames(names, input.foldsCase, request.loaded);
    warnOfNames(odd, sameAs);

    const found = new Map<Org, Found>(promoted.map((one) => [one.org, one]));
    const unknown = orgs.filter((org) => !found.has(org)); // what was just put in place is known: nobody else writes there
    const seen = await observeAll(unknown, request.live);
    observations.retain(new Set(seen.keys()));
    warnOfModes(seen);
    await inBatches([...seen], wait, async ([org, observation]) => {
      const known = { loaded: request.loaded.has(org), live: request.live.has(org), recorded: recorded.has(org) };
      const one = await assess(org, observation, known);
      if (one) found.set(org, one);
    });
    // Unmounted in the meantime: then everything seems to have vanished.
    return (await lock.stillOurs()) ? { rootSeen: true, startedAt, found: orgs.flatMap((org) => found.get(org) ?? []) } : nothing;
  };

  const queue = createSerialQueue();
  return (request) => queue.run(() => scan(request));
};
