import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Environment, lmdbTable, openEnvironment } from '../../src/database/lmdb-table.ts';
import { memoryTable } from '../../src/database/memory-table.ts';
import type { TableKey } from '../../src/database/table.ts';

let directory: string;
let environment: Environment;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'vigia-table-'));
  environment = openEnvironment(directory);
});
afterAll(async () => {
  await environment.close();
  await rm(directory, { recursive: true });
});

/** Ids that are the beginning of others, with the characters that sort before and after letters. */
const org = fc.constantFrom('a', 'a1', 'a.b', 'a-b', 'a@b', 'aa', 'A', 'a+b', 'z'.repeat(128), '2');
const number = fc.oneof(fc.nat(20), fc.constant(Number.POSITIVE_INFINITY), fc.constant(2 ** 40));
const key: fc.Arbitrary<TableKey> = fc.oneof(
  org.map((id) => [id]),
  fc.tuple(org, number),
  fc.tuple(org, fc.constantFrom('x', 'xy')),
);
const changes = fc.array(fc.record({ key, value: fc.option(fc.integer(), { nil: undefined }) }), {
  minLength: 1,
  maxLength: 20,
});
const range = fc.record(
  { atLeast: key, below: key, reverse: fc.boolean(), limit: fc.integer({ min: 1, max: 5 }) },
  { requiredKeys: [] },
);

let names = 0;
it('behaves the same in memory and on disk, for any sequence of operations', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(changes, { maxLength: 4 }),
      fc.array(range, { maxLength: 10 }),
      async (writes, asked) => {
        names = (names + 1) % 5;
        const [memory, disk] = [memoryTable(), lmdbTable(environment, `table ${names}`)];
        await disk.write(disk.range({}).map(([old]) => ({ key: old })));
        for (const write of writes) {
          await memory.write(write);
          await disk.write(write);
          for (const change of write) expect(disk.get(change.key)).toEqual(memory.get(change.key));
        }
        for (const one of asked) expect(disk.range(one)).toEqual(memory.range(one));
      },
    ),
    { numRuns: 100 },
  );
});

it('separates the keys of an id from those of ids that begin with it', async () => {
  for (const table of [memoryTable(), lmdbTable(environment, 'ids')]) {
    const ids = ['a', 'a-b', 'a.b', 'a1', 'aa'];
    await table.write(ids.flatMap((id) => [0, 1].map((n) => ({ key: [id, n], value: id }))));
    for (const id of ids) {
      const mine = table.range({ atLeast: [id], below: [id, Number.POSITIVE_INFINITY], reverse: true });
      expect(mine.map(([, value]) => value)).toEqual([id, id]);
      expect(mine.map(([[, n]]) => n)).toEqual([1, 0]);
    }
  }
});
