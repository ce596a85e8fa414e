import type { Org, SaveRecordInput } from '../../machines/domain/ports.ts';
import type { Disk } from '../disk/disk.ts';
import { removeLeftovers } from '../disk/replace-file.ts';
import { parseOrg } from './ids.ts';
import type { Layout } from './layout.ts';
import { RecordFile, type RecordRead, readRecordFile } from './record-file.ts';

/**
 * The records of the organizations, which outlive the process: one small file each, `.vigia/orgs/<org>.json`.
 */
export interface Records {
  /** The organizations that have a record. Rejects with `DiskFault`. */
  names(): Promise<ReadonlySet<Org>>;
  /**
   * Reads the record. Its `revision` is the number reserved on disk: the next revision must not be lower.
   * Never rejects.
   */
  read(org: Org): Promise<RecordRead>;
  /**
   * Resolves when the record is durable; rejects with `DiskFault`. Writes of one organization follow each
   * other, and saves that wait for a write share the next one. Nothing is written when only the revision
   * changed and it is below the reserved number. A malformed file is copied to quarantine before it is
   * replaced. A file that cannot be read is not replaced: the fault is the answer.
   */
  save(input: SaveRecordInput): Promise<void>;
  /**
   * Writes again each newest record that could not be written. A record that fails again waits for the next
   * call.
   */
  retrySaves(): Promise<void>;
  /** Moves the record, after all earlier saves. No error when there is none. */
  moveAway(org: Org, to: string): Promise<void>;
  /** Resolves when no write is running or waiting. */
  drained(): Promise<void>;
}

const extension = '.json';

export const createRecords = (deps: { disk: Disk; layout: Layout; now: () => number }): Records => {
  const files = new Map<Org, RecordFile>();
  const fileOf = (org: Org): RecordFile => {
    const file = files.get(org) ?? new RecordFile(deps, org);
    files.set(org, file);
    return file;
  };
  const busyFiles = (): RecordFile[] => [...files.values()].filter((file) => !file.isIdle());
  return {
    names: async () => {
      const names = ((await deps.disk.list(deps.layout.orgs)) ?? []).filter((name) =>
        name.endsWith(extension),
      );
      const orgs = names.map((name) => parseOrg(name.slice(0, -extension.length)));
      return new Set(orgs.filter((org) => org !== undefined));
    },
    read: (org) => readRecordFile(deps, org),
    save: ({ org, record }) => fileOf(org).save(record),
    retrySaves: async () => {
      await Promise.all([...files.values()].map((file) => file.retrySave()));
    },
    moveAway: (org, to) => fileOf(org).moveAway(to),
    drained: async () => {
      while (busyFiles().length > 0) await Promise.all(busyFiles().map((file) => file.idle()));
    },
  };
};

/**
 * Removes the half-written files that a killed process left among the records. Called once, at start, under
 * the lock.
 */
export const tidyRecords = (disk: Disk, layout: Layout): Promise<number> =>
  removeLeftovers(disk, layout.orgs);
