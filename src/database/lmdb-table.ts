/**
 * A table of an LMDB environment. Without `overlappingSync` (see `openEnvironment`) a write is committed by
 * the transaction that is flushed, so a resolved write is durable and a failed one is undone (lmdb's README,
 * "Overlapping Sync Options").
 */
import { constants } from 'node:os';
import { setTimeout as wait } from 'node:timers/promises';
import { type Database as LmdbDatabase, type Key as LmdbKey, open, type RootDatabase } from 'lmdb';
import { DatabaseFault, type Table, type TableKey, type TableRange } from './table.ts';

export type Environment = RootDatabase<unknown, LmdbKey>;
/**
 * The library's own batches are off: it starts each with a promise that no caller receives, so its rejection
 * could not be handled.
 */
const options = {
  noSubdir: false,
  encoding: 'json',
  overlappingSync: false,
  eventTurnBatching: false,
  maxDbs: 12,
} as const;
export const openEnvironment = (directory: string): Environment => open<unknown, LmdbKey>(directory, options);

/** The reason of a failed commit arrives a moment after the failure, as a promise of its own. */
const reasonDeadlineMs = 1_000;
const systemCodes = new Map(Object.entries(constants.errno).map(([name, number]) => [number, name]));
const faultOf = async (error: unknown): Promise<DatabaseFault> => {
  const { commitError } = error as { commitError?: Promise<never> };
  const cause: unknown = commitError
    ? await Promise.race([commitError.catch((why: unknown) => why), wait(reasonDeadlineMs)])
    : error;
  return new DatabaseFault(
    systemCodes.get((cause as { code?: number } | undefined)?.code ?? 0) ?? 'EUNKNOWN',
    cause ?? error,
  );
};

const native = (key: TableKey): LmdbKey => [...key];
/** The library writes an array of one element as that element, and reads it so. */
const keyOf = (key: LmdbKey): TableKey => (Array.isArray(key) ? key : [key]) as TableKey;

export const lmdbTable = (environment: Environment, name: string): Table => {
  const table: LmdbDatabase<unknown, LmdbKey> = environment.openDB(name, { encoding: 'json' });
  return {
    get: (key) => table.get(native(key)),
    range: ({ atLeast, below, reverse = false, limit }: TableRange) => {
      const most = limit === undefined ? {} : { limit };
      const [from, to] = [atLeast && native(atLeast), below && native(below)];
      const rows = reverse
        ? table.getRange({
            reverse,
            ...most,
            ...(to && { start: to, exclusiveStart: true }),
            ...(from && { end: from, inclusiveEnd: true }),
          })
        : table.getRange({ ...most, ...(from && { start: from }), ...(to && { end: to }) });
      return [...rows].map(({ key, value }) => [keyOf(key), value] as const);
    },
    write: async (changes) => {
      try {
        await table.batch(() => {
          for (const { key, value } of changes)
            void (value === undefined ? table.remove(native(key)) : table.put(native(key), value));
        });
      } catch (error) {
        throw await faultOf(error);
      }
    },
  };
};
