import { join } from 'node:path';
import type { Org, SaveRecordInput, SessionRecord } from '../../machines/domain/ports.ts';
import { createSerialQueue, type SerialQueue } from '../base/serial-queue.ts';
import { type Disk, DiskFault } from '../disk/disk.ts';
import { removeLeftovers, replaceFile } from '../disk/replace-file.ts';
import { parseOrg } from './ids.ts';
import { freePath, type Layout, makeInside } from './layout.ts';
import { inOrder, parseRecord } from './record-format.ts';

/** So many revisions are promised by one write: a crash goes on from the reserved number, so a revision never comes twice. */
export const reservedRevisions = 1_000;

export type RecordRead =
  | { readonly kind: 'absent' }
  | { readonly kind: 'record'; readonly record: SessionRecord }
  /** `code`: the system's, or `malformed` for content that is not a record. */
  | { readonly kind: 'unreadable'; readonly code: string };

/** What outlives the process of every organization: one small file each, `.vigia/orgs/<org>.json`. */
export interface Records {
  /** The organizations that have one. Rejects with `DiskFault`. */
  names(): Promise<ReadonlySet<Org>>;
  /** `revision` of what it returns is the number reserved on disk: go on from there. Never rejects. */
  read(org: Org): Promise<RecordRead>;
  /**
   * Resolves when the record is durable; rejects with `DiskFault`. Writes of one organization follow each other, and those that
   * wait are one. Nothing is written when only the revision changed and the reserved one is still ahead. A malformed file is
   * copied to quarantine before it is replaced; one that the system will not let us read is not replaced: the fault is the answer.
   */
  save(input: SaveRecordInput): Promise<void>;
  /** Tries once more whatever could not be written and was not followed by anything newer; what fails again stays for the next time. */
  retrySaves(): Promise<void>;
  /** Moves the record, after all writes asked for so far. No error when there is none. */
  moveAway(org: Org, to: string): Promise<void>;
  /** Resolves when nothing is being written any more. */
  drained(): Promise<void>;
}

interface Known {
  /** '' never equals a body: write in any case. */
  readonly body: string;
  readonly reserved: number;
}
interface Lane {
  readonly queue: SerialQueue;
  waiting: { record: SessionRecord; readonly written: Promise<void> } | undefined;
  known: Known | undefined;
  /** The last one, if it could not be written. */
  unwritten: SessionRecord | undefined;
}
type Raw = RecordRead & { readonly bytes?: Buffer; readonly fault?: DiskFault };

const bodyOf = (record: SessionRecord): string => JSON.stringify({ ...record, revision: undefined });

export const createRecords = ({ disk, layout, now }: { disk: Disk; layout: Layout; now: () => number }): Records => {
  const lanes = new Map<Org, Lane>();
  const laneOf = (org: Org): Lane => {
    const existing = lanes.get(org);
    if (existing) return existing;
    const lane: Lane = { queue: createSerialQueue(), waiting: undefined, known: undefined, unwritten: undefined };
    lanes.set(org, lane);
    return lane;
  };

  const readRaw = async (org: Org): Promise<Raw> => {
    try {
      const bytes = await disk.read(layout.record(org));
      if (!bytes) return { kind: 'absent' };
      const record = parseRecord(bytes);
      return record ? { kind: 'record', record } : { kind: 'unreadable', code: 'malformed', bytes };
    } catch (fault) {
      if (fault instanceof DiskFault) return { kind: 'unreadable', code: fault.code, fault };
      throw fault;
    }
  };

  /** A copy, not a move: at no moment may a crash leave the organization without a record. */
  const quarantine = async (org: Org, bytes: Buffer): Promise<void> => {
    const directory = layout.quarantineOf(org);
    await makeInside(disk, directory);
    await replaceFile(disk, await freePath(disk, directory, 'record', now()), bytes);
  };
  const learn = async (org: Org): Promise<Known> => {
    const raw = await readRaw(org);
    if (raw.kind === 'record') return { body: bodyOf(raw.record), reserved: raw.record.revision };
    if (raw.fault) throw raw.fault;
    if (raw.bytes) await quarantine(org, raw.bytes);
    return { body: '', reserved: 0 };
  };
  const write = async (org: Org, lane: Lane, given: SessionRecord): Promise<void> => {
    lane.unwritten = given;
    const record = inOrder(given);
    const body = bodyOf(record);
    const known = lane.known ?? (await learn(org));
    lane.known = known;
    if (body === known.body && record.revision < known.reserved) {
      lane.unwritten = undefined;
      return;
    }
    const reserved = Math.max(record.revision + reservedRevisions, known.reserved);
    lane.known = { body: '', reserved }; // until it is durable, nobody may rely on it
    await replaceFile(disk, layout.record(org), `${JSON.stringify({ ...record, revision: reserved }, null, 2)}\n`);
    lane.known = { body, reserved };
    lane.unwritten = undefined;
  };

  return {
    names: async () => {
      const names = (await disk.list(layout.orgs)) ?? [];
      const orgs = names.flatMap((name) => (name.endsWith('.json') ? [parseOrg(name.slice(0, -'.json'.length))] : []));
      return new Set(orgs.filter((org) => org !== undefined));
    },
    read: async (org) => {
      const raw = await readRaw(org);
      return raw.kind === 'unreadable' ? { kind: 'unreadable', code: raw.code } : raw;
    },
    save: ({ org, record }) => {
      const lane = laneOf(org);
      if (lane.waiting) {
        lane.waiting.record = record;
        return lane.waiting.written;
      }
      const written = lane.queue.run(async () => {
        const last = waiting.record;
        if (lane.waiting === waiting) lane.waiting = undefined;
        await write(org, lane, last);
      });
      const waiting = { record, written };
      lane.waiting = waiting;
      return written;
    },
    retrySaves: async () => {
      const again = async ([org, lane]: [Org, Lane]): Promise<void> => {
        if (lane.unwritten === undefined) return;
        const job = async () => {
          if (lane.unwritten !== undefined) await write(org, lane, lane.unwritten);
        };
        await lane.queue.run(job).catch((fault: unknown) => {
          if (!(fault instanceof DiskFault)) throw fault;
        });
      };
      await Promise.all([...lanes].map(again));
    },
    moveAway: (org, to) => {
      const lane = laneOf(org);
      lane.waiting = undefined; // a record kept after this is another one
      return lane.queue.run(async () => {
        lane.known = undefined;
        lane.unwritten = undefined;
        if ((await disk.stat(layout.record(org))) === undefined) return;
        await disk.rename(layout.record(org), to);
        await disk.syncDirectory(join(to, '..'));
        await disk.syncDirectory(layout.orgs);
      });
    },
    drained: async () => {
      await Promise.all([...lanes.values()].map(({ queue }) => queue.idle()));
    },
  };
};

/** Removes what a killed process left half-written among the records. Once, at start, under the lock. */
export const tidyRecords = (disk: Disk, layout: Layout): Promise<number> => removeLeftovers(disk, layout.orgs);
