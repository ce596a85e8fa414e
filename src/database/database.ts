/**
 * The embedded database. It stores everything except the records: the history, the alerts and the deliveries.
 * It never stops the sessions: a damaged database is moved aside as evidence and an empty one takes its
 * place; one that cannot be used at all is replaced by memory.
 */
import { join } from 'node:path';
import type { WriteLog } from '../base/log.ts';
import { type Disk, DiskFault } from '../disk/disk.ts';
import { checkDatabase } from './check.ts';
import { lmdbTable, openEnvironment } from './lmdb-table.ts';
import { memoryTable } from './memory-table.ts';
import type { Table } from './table.ts';

export interface DatabaseOptions {
  readonly disk: Disk;
  /**
   * `.vigia/state.lmdb`, whose parent exists. Only one process may have it open; the lock of the sessions'
   * directory ensures that.
   */
  readonly directory: string;
  /** A free path, for a database that cannot be used. */
  readonly aside: () => Promise<string>;
  readonly log: WriteLog;
}
/**
 * `emptied`: durable, and started empty at this start. `memory`: some of the content ends with the process.
 */
export type DatabaseStatus = 'durable' | 'emptied' | 'memory';
export interface Database {
  status(): DatabaseStatus;
  /** The path of the damaged database that was moved aside, if there was one. */
  readonly movedAside: string | null;
  /** Returns the same table for the same name. */
  table(name: string): Table;
  /** Waits for pending writes. Afterwards nothing may be read or written. */
  close(): Promise<void>;
}

/**
 * LMDB makes its lock file sparse and writes into it through memory: on a full disk that is a SIGBUS. So the
 * file gets its bytes before.
 */
const lockBytes = 16 * 1024;

const messageOfReason = (error: unknown): string => (error instanceof Error ? error.message : String(error));

const remembering = (make: (name: string) => Table) => {
  const tables = new Map<string, Table>();
  return (name: string): Table => {
    const table = tables.get(name) ?? make(name);
    tables.set(name, table);
    return table;
  };
};
const inMemory = (movedAside: string | null): Database => ({
  status: () => 'memory',
  movedAside,
  table: remembering(memoryTable),
  close: async () => undefined,
});

/** Creates missing files with our modes; resolves with whether there was a database before. */
const prepare = async (disk: Disk, directory: string): Promise<boolean> => {
  await disk.makeDirectory(directory, 0o700);
  const [data, lock] = [join(directory, 'data.mdb'), join(directory, 'lock.mdb')];
  const there = await disk.stat(data);
  if (there && there.kind !== 'file') throw new DiskFault('open', data, { code: 'EISDIR' });
  const had = (there?.size ?? 0) > 0;
  if (!had) await disk.write(data, '');
  if (((await disk.stat(lock))?.size ?? 0) < lockBytes) await disk.write(lock, Buffer.alloc(lockBytes));
  return had;
};
/** The directory is a file, or a file in it a directory: only a replacement helps. */
const misshapen: ReadonlySet<string> = new Set(['EEXIST', 'ENOTDIR', 'EISDIR', 'ELOOP']);
const check = async (disk: Disk, directory: string): ReturnType<typeof checkDatabase> => {
  try {
    return (await prepare(disk, directory)) ? await checkDatabase(directory) : { kind: 'sound' };
  } catch (error) {
    if (!(error instanceof DiskFault)) throw error;
    return { kind: misshapen.has(error.code) ? 'damaged' : 'unusable', why: error.message };
  }
};

/** Never rejects because of the content of the disk. */
export const openDatabase = async ({ disk, directory, aside, log }: DatabaseOptions): Promise<Database> => {
  let movedAside: string | null = null;
  let verdict = await check(disk, directory);
  try {
    if (verdict.kind === 'damaged') {
      const path = await aside();
      await disk.rename(directory, path);
      movedAside = path;
      log('database.damaged', { directory, movedTo: path, why: verdict.why });
      verdict = await check(disk, directory);
    }
    if (verdict.kind === 'sound') {
      const environment = openEnvironment(directory);
      let status: DatabaseStatus = movedAside === null ? 'durable' : 'emptied';
      const table = (name: string): Table => {
        try {
          return lmdbTable(environment, name);
        } catch (error) {
          // a table that was never there is made with a write, which a full disk refuses
          log('database.unusable', { directory, table: name, why: messageOfReason(error) });
          status = 'memory';
          return memoryTable();
        }
      };
      return {
        status: () => status,
        movedAside,
        table: remembering(table),
        close: () => environment.close(),
      };
    }
    log('database.unusable', { directory, why: verdict.why });
  } catch (error) {
    log('database.unusable', { directory, why: messageOfReason(error) });
  }
  return inMemory(movedAside);
};
