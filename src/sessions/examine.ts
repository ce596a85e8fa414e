import type { Found, Org, Scan } from '../../machines/domain/ports.ts';
import { inBatches } from '../base/batches.ts';
import { isSameFile } from '../base/file-identity.ts';
import type { WriteLog } from '../base/log.ts';
import type { LogEvent } from '../base/log-events.ts';
import { monotonicMs } from '../base/monotonic.ts';
import { type Disk, DiskFault, type Stat } from '../disk/disk.ts';
import { readOnly } from '../disk/read-only.ts';
import { createIdentities, readOnlyIdentities } from './identities.ts';
import { parseOrg } from './ids.ts';
import { inspectLock, type LockState } from './inspect-lock.ts';
import { type Inventory, takeInventory } from './inventory.ts';
import { type Layout, layoutOf } from './layout.ts';
import { corruptAfterMs } from './observations.ts';
import { fateOf, readPairing } from './pairing-directory.ts';
import { createRecords, type Records } from './records.ts';
import { wouldRestoreFromBackup } from './recovery.ts';
import { createScanner, type Scanner } from './scan.ts';

/** A pairing (or an import) that was not finished, and what the next start would do with it. */
export interface OpenPairing {
  readonly id: string;
  readonly org: Org | null;
  readonly startedAt: number | null;
  readonly imported: boolean;
  readonly fate: 'finish' | 'remove' | 'archive' | 'unreadable';
}

/** A line that the scan would log. */
export interface LoggedWarning {
  readonly event: LogEvent;
  readonly fields: Readonly<Record<string, unknown>>;
}

export interface Examination {
  readonly root: { readonly path: string; readonly stat: Stat | undefined };
  readonly lock: LockState;
  readonly ownStat: Stat | undefined;
  /** `undefined` when the root cannot be listed: then nothing else is known. */
  readonly found: readonly Found[] | undefined;
  /** What the `unsettled` organizations are if nothing changes for a minute. */
  readonly later: ReadonlyMap<Org, Found>;
  readonly inventories: ReadonlyMap<Org, Inventory | DiskFault>;
  readonly pairings: readonly OpenPairing[];
  /** Records of organizations without a directory. */
  readonly orphanRecords: readonly Org[];
  readonly logged: readonly LoggedWarning[];
}

export interface ExamineInput {
  readonly root: string;
  readonly disk: Disk;
  /** Epoch milliseconds. */
  readonly now: () => number;
  readonly wait: (ms: number) => Promise<void>;
  readonly uid: number | undefined;
  readonly proc?: string;
}

/** On a disk that folds case another spelling of a name leads to the same file. This check writes no file. */
const seemsToFold = async (disk: Disk, layout: Layout): Promise<boolean> => {
  const own = await disk.stat(layout.own);
  const spelled = await disk.stat(layout.own.replace(/\.vigia$/u, '.VIGIA'));
  return isSameFile(own, spelled);
};

const inspectPairings = async (disk: Disk, layout: Layout): Promise<readonly OpenPairing[]> => {
  const ids = ((await disk.list(layout.pairing)) ?? []).filter((name) => parseOrg(name) !== undefined);
  const pairings: OpenPairing[] = [];
  for (const id of ids) {
    try {
      const pairing = await readPairing(disk, layout, id);
      const { note } = pairing;
      const fate = fateOf(pairing);
      pairings.push({
        id,
        org: note?.org ?? null,
        startedAt: note?.startedAt ?? null,
        imported: note?.imported === true,
        fate,
      });
    } catch (fault) {
      if (!(fault instanceof DiskFault)) throw fault;
      pairings.push({ id, org: null, startedAt: null, imported: false, fate: 'unreadable' });
    }
  }
  return pairings;
};

/**
 * Organizations that may have a socket in the running supervisor, which then writes to their directories all
 * the time.
 */
const probablyLive = async (
  orgs: Iterable<Org>,
  records: Records,
  wait: ExamineInput['wait'],
): Promise<Set<Org>> => {
  const live = new Set<Org>();
  await inBatches([...orgs], wait, async (org) => {
    const read = await records.read(org);
    if (read.kind === 'record' && read.record.desired === 'running' && !read.record.verdict) live.add(org);
  });
  return live;
};

interface Clock {
  /** How far the clock of the scan is ahead. */
  aheadMs: number;
}
interface Context {
  readonly disk: Disk;
  readonly layout: Layout;
  readonly records: Records;
  readonly input: ExamineInput;
}

/** A scanner that changes nothing. */
const scannerOf = async (
  { disk, layout, records, input }: Context,
  clock: Clock,
  log: WriteLog,
): Promise<Scanner> =>
  createScanner({
    root: input.root,
    disk,
    records,
    pairings: { finishInterrupted: async () => [], owned: () => new Set() },
    lock: { stillOurs: async () => true }, // also when another process holds it
    foldsCase: await seemsToFold(disk, layout),
    now: input.now,
    monotonicMs: () => monotonicMs() + clock.aheadMs,
    wait: input.wait,
    log,
    recover: wouldRestoreFromBackup({ disk, layout }),
    identities: readOnlyIdentities(createIdentities({ disk, layout, log })),
  });

/** What the `unsettled` organizations are if nothing changes for a minute. */
const assessLater = async (
  found: readonly Found[],
  scan: () => Promise<Scan>,
  clock: Clock,
): Promise<ReadonlyMap<Org, Found>> => {
  const unsettled = found.filter(({ stored }) => stored === 'unsettled').map(({ org }) => org);
  if (unsettled.length === 0) return new Map();
  clock.aheadMs = corruptAfterMs;
  const again = new Map((await scan()).found.map((one) => [one.org, one]));
  return new Map(
    unsettled.flatMap((org) => {
      const later = again.get(org);
      return later ? [[org, later] as const] : [];
    }),
  );
};

const takeInventories = async (
  { disk, layout, records, input: { wait, uid } }: Context,
  found: readonly Found[],
  recorded: ReadonlySet<Org>,
): Promise<ReadonlyMap<Org, Inventory | DiskFault>> => {
  const inventories = new Map<Org, Inventory | DiskFault>();
  await inBatches(found, wait, async ({ org }) => {
    const record = recorded.has(org) ? await records.read(org) : ({ kind: 'absent' } as const);
    const inventory = takeInventory({ disk, layout, uid }, org, record).catch((fault: unknown) => {
      if (fault instanceof DiskFault) return fault;
      throw fault;
    });
    inventories.set(org, await inventory);
  });
  return inventories;
};

const findOrphanRecords = async (
  { disk, layout }: Context,
  found: readonly Found[],
  recorded: ReadonlySet<Org>,
): Promise<readonly Org[]> => {
  const present = new Set(found.filter(({ stored }) => stored !== 'absent').map(({ org }) => org));
  const orphans: Org[] = [];
  for (const org of recorded)
    if (!present.has(org) && (await disk.stat(layout.organization(org))) === undefined) orphans.push(org);
  return orphans;
};

/**
 * Examines the whole directory as a scan does (the same observations and assessments), and changes nothing. A
 * scan trusts some results only after a minute: these are assessed a second time with the clock a minute
 * ahead. Rejects with `DiskFault` when the records cannot be listed.
 */
export const examine = async (input: ExamineInput): Promise<Examination> => {
  const disk = readOnly(input.disk);
  const layout = layoutOf(input.root);
  const records = createRecords({ disk, layout, now: input.now });
  const context: Context = { disk, layout, records, input };
  const logged: LoggedWarning[] = [];
  const stat = await disk.stat(layout.root);
  const ownStat = await disk.stat(layout.own);
  const lock = await inspectLock(disk, layout, input.proc);
  const root = { path: layout.root, stat };
  const nothing = { root, lock, ownStat, later: new Map(), inventories: new Map(), logged };
  if (stat?.kind !== 'directory') return { ...nothing, found: undefined, pairings: [], orphanRecords: [] };

  const pairings = await inspectPairings(disk, layout);
  const recorded = await records.names();
  const clock = { aheadMs: 0 };
  const scanner = await scannerOf(
    context,
    clock,
    (event, fields = {}) => void logged.push({ event, fields }),
  );
  const live = lock.is === 'held' ? await probablyLive(recorded, records, input.wait) : new Set<Org>();
  const scan = () => scanner({ loaded: new Set<Org>(), live });
  const { found, rootSeen } = await scan();
  if (!rootSeen) return { ...nothing, found: undefined, pairings, orphanRecords: [] };
  const later = await assessLater(found, scan, clock);
  const inventories = await takeInventories(context, found, recorded);
  const orphanRecords = await findOrphanRecords(context, found, recorded);
  return { ...nothing, found, later, inventories, pairings, orphanRecords };
};
