import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Environment, lmdbTable, openEnvironment } from '../../src/database/lmdb-table.ts';
import { compareKeys, memoryTable } from '../../src/database/memory-table.ts';
import { DatabaseFault, type TableKey } from '../../src/database/table.ts';

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

it('orders numbers before strings, and a key before the longer ones that begin with it', async () => {
  const ordered: readonly TableKey[] = [
    [-1],
    [0],
    [0, 1],
    [0, 'a'],
    [2],
    [10],
    [Number.POSITIVE_INFINITY],
    ['10'],
    ['a'],
    ['a', 0],
    ['a', 0, 0],
    ['a', 'a'],
    ['b'],
  ];
  for (const table of [memoryTable(), lmdbTable(environment, 'order')]) {
    await table.write(ordered.toReversed().map((one) => ({ key: one, value: 1 })));
    expect(table.range({}).map(([one]) => one)).toEqual(ordered);
    expect(table.range({ reverse: true }).map(([one]) => one)).toEqual(ordered.toReversed());
  }
  for (const [n, one] of ordered.entries())
    for (const [m, other] of ordered.entries())
      expect(Math.sign(compareKeys(one, other)), JSON.stringify([one, other])).toBe(Math.sign(n - m));
});

it('an end before the beginning encloses nothing, and a missing key has no value', async () => {
  for (const table of [memoryTable(), lmdbTable(environment, 'ends')]) {
    await table.write([1, 2, 3].map((n) => ({ key: ['a', n], value: n })));
    for (const reverse of [false, true])
      expect(table.range({ atLeast: ['a', 3], below: ['a', 1], reverse })).toEqual([]);
    expect(table.range({ below: ['a', 3], reverse: true, limit: 1 })).toEqual([[['a', 2], 2]]);
    expect(table.range({ atLeast: ['a', 2], limit: 1 })).toEqual([[['a', 2], 2]]);
    expect([table.get(['a', 4]), table.get(['a'])]).toEqual([undefined, undefined]);
  }
});

describe('a write that the database refuses', () => {
  /** An environment whose commits fail so. */
  const refusing = (error: () => unknown) =>
    lmdbTable(
      { openDB: () => ({ batch: async () => Promise.reject(error()) }) } as unknown as Environment,
      'any',
    );
  const faultOf = (error: () => unknown): Promise<unknown> =>
    refusing(error)
      .write([{ key: ['a'], value: 1 }])
      .catch((fault: unknown) => fault);
  it.each([
    [28, 'ENOSPC'],
    [5, 'EIO'],
    [122, 'EDQUOT'],
    [-30_000, 'EUNKNOWN'],
  ])('with the number %d has the code %s and the reason as its cause', async (code, name) => {
    const reason = Object.assign(new Error('the reason'), { code });
    for (const error of [
      () => reason,
      () => Object.assign(new Error('Commit failed'), { commitError: Promise.reject(reason) }),
    ]) {
      const fault = await faultOf(error);
      expect(fault).toBeInstanceOf(DatabaseFault);
      expect(fault).toMatchObject({ name: 'DatabaseFault', code: name, cause: reason });
      expect((fault as DatabaseFault).message).toContain(name);
    }
  });
  it('without a reason is a fault of an unknown code, also when the reason never arrives', async () => {
    const plain = new Error('refused');
    expect(await faultOf(() => plain)).toMatchObject({ code: 'EUNKNOWN', cause: plain });
    const silent = Object.assign(new Error('refused'), { commitError: new Promise(() => undefined) });
    expect(await faultOf(() => silent)).toMatchObject({ code: 'EUNKNOWN', cause: silent });
  });
});
