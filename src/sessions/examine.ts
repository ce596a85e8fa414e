import type { Found, Org } from '../../machines/domain/ports.ts';
import { inBatches } from '../base/batches.ts';
import { isSameFile } from '../base/file-identity.ts';
import type { LogEvent } from '../base/log-events.ts';
import { monotonicMs } from '../base/monotonic.ts';
import { type Disk, DiskFault, type Stat } from '../disk/disk.ts';
import { readOnly } from '../disk/read-only.ts';
import { parseOrg } from './ids.ts';
import { inspectLock, type LockState } from './inspect-lock.ts';
import { type Inventory, takeInventory } from './inventory.ts';
import { type Layout, layoutOf } from './layout.ts';
import { corruptAfterMs } from './observations.ts';
import { fateOf, readPairing } from './pairing-directory.ts';
import { createRecords, type Records } from './records.ts';
import { wouldRestoreFromBackup } from './recovery.ts';
import { createScanner } from './scan.ts';

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

/**
 * Examines the whole directory as a scan does (the same observations and assessments), and changes nothing. A
 * scan trusts some results only after a minute: these are assessed a second time with the clock a minute
 * ahead. Rejects with `DiskFault` when the records cannot be listed.
 */
export const examine = async ({
  root,
  disk: real,
  now,
  wait,
  uid,
  proc,
}: ExamineInput): Promise<Examination> => {
  const disk = readOnly(real);
  const layout = layoutOf(root);
  const records = createRecords({ disk, layout, now });
  const logged: LoggedWarning[] = [];
  const stat = await disk.stat(layout.root);
  const ownStat = await disk.stat(layout.own);
  const lock = await inspectLock(disk, layout, proc);
  const nothing = {
    root: { path: layout.root, stat },
    lock,
    ownStat,
    later: new Map(),
    inventories: new Map(),
    logged,
  };
  if (stat?.kind !== 'directory') return { ...nothing, found: undefined, pairings: [], orphanRecords: [] };

  const pairings = await inspectPairings(disk, layout);
  const recorded = await records.names();
  let aheadMs = 0;
  const scan = createScanner({
    root,
    disk,
    records,
    pairings: { finishInterrupted: async () => [], owned: () => new Set() },
    lock: { stillOurs: async () => true }, // also when another process holds it
    foldsCase: await seemsToFold(disk, layout),
    now,
    monotonicMs: () => monotonicMs() + aheadMs,
    wait,
    log: (event, fields = {}) => void logged.push({ event, fields }),
    recover: wouldRestoreFromBackup({ disk, layout }),
  });
  const request = {
    loaded: new Set<Org>(),
    live: lock.is === 'held' ? await probablyLive(recorded, records, wait) : new Set<Org>(),
  };
  const { found, rootSeen } = await scan(request);
  if (!rootSeen) return { ...nothing, found: undefined, pairings, orphanRecords: [] };
  const later = new Map<Org, Found>();
  if (found.some(({ stored }) => stored === 'unsettled')) {
    aheadMs = corruptAfterMs;
    const again = new Map((await scan(request)).found.map((one) => [one.org, one]));
    for (const { org, stored } of found) {
      const then = stored === 'unsettled' ? again.get(org) : undefined;
      if (then) later.set(org, then);
    }
  }

  const inventories = new Map<Org, Inventory | DiskFault>();
  await inBatches(found, wait, async ({ org }) => {
    const record = recorded.has(org) ? await records.read(org) : ({ kind: 'absent' } as const);
    inventories.set(
      org,
      await takeInventory({ disk, layout, uid }, org, record).catch((fault: unknown) => {
        if (fault instanceof DiskFault) return fault;
        throw fault;
      }),
    );
  });
  const present = new Set(found.filter(({ stored }) => stored !== 'absent').map(({ org }) => org));
  const orphanRecords: Org[] = [];
  for (const org of recorded)
    if (!present.has(org) && (await disk.stat(layout.organization(org))) === undefined)
      orphanRecords.push(org);
  return { ...nothing, found, later, inventories, pairings, orphanRecords };
};
