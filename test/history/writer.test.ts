import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { memoryTable } from '../../src/database/memory-table.ts';
import { DatabaseFault, type Table } from '../../src/database/table.ts';
import { type HistoryRow, openWriting } from '../../src/history/writer.ts';

/** Documented in the writer: at most this many entries wait for the disk. */
const mostWaiting = 10_000;

let table: Table;
let isFull: boolean;
let sizes: number[];
let logged: [string, unknown][];
let writing: ReturnType<typeof openWriting>;

const row = (n: number, org = 'acme'): HistoryRow => ({
  org,
  n,
  entry: {
    at: 1,
    from: 'retrying',
    to: 'restoring',
    cause: String(n),
    reason: null,
    attempt: 0,
    desired: 'running',
    revision: n,
    liveness: null,
    nextRetryAt: null,
  },
});
const storedNumbers = () => table.range({}).map(([[, n]]) => n);
const afterMs = (ms: number) => vi.advanceTimersByTimeAsync(ms);

beforeEach(() => {
  vi.useFakeTimers();
  table = memoryTable();
  isFull = false;
  sizes = [];
  logged = [];
  const write: Table['write'] = async (changes) => {
    sizes.push(changes.filter((change) => 'value' in change).length);
    if (isFull) throw new DatabaseFault('ENOSPC', undefined);
    await table.write(changes);
  };
  writing = openWriting({ ...table, write }, (event, fields) => void logged.push([event, fields]));
});
afterEach(() => vi.useRealTimers());

describe('the entries that wait for the disk', () => {
  it('are written in one transaction when they come at one moment', async () => {
    for (let n = 1; n <= 50; n += 1) writing.add(row(n));
    await afterMs(1_000);
    expect(sizes).toEqual([50]);
  });
  it('are written once, and no transaction follows without an entry', async () => {
    writing.add(row(1));
    await afterMs(60_000);
    expect(sizes).toEqual([1]);
    writing.add(row(2));
    await afterMs(60_000);
    expect(sizes).toEqual([1, 1]);
  });
  it('are written in parts of two thousand after a storm', async () => {
    for (let n = 1; n <= 4_500; n += 1) writing.add(row(n, `org ${n}`));
    await afterMs(1_000);
    expect(sizes).toEqual([2_000, 2_000, 500]);
  });
  it('of one organization are read without those of others', () => {
    writing.add(row(1));
    writing.add(row(1, 'beta'));
    expect(writing.of('beta').map(({ org }) => org)).toEqual(['beta']);
    expect(writing.of('gamma')).toEqual([]);
  });
  it('are not read twice once they are on disk', async () => {
    writing.add(row(1));
    await afterMs(1_000);
    expect(writing.of('acme')).toEqual([]);
    expect(storedNumbers()).toEqual([1]);
  });
});

describe('on a disk that refuses', () => {
  beforeEach(() => {
    isFull = true;
  });
  it('the newest ten thousand wait, the oldest are dropped, and their number is logged afterwards', async () => {
    for (let n = 1; n <= mostWaiting; n += 1) writing.add(row(n));
    expect(writing.of('acme')).toHaveLength(mostWaiting);
    for (let n = mostWaiting + 1; n <= mostWaiting + 3; n += 1) writing.add(row(n));
    expect(writing.of('acme')).toHaveLength(mostWaiting);
    expect(writing.of('acme')[0]?.n).toBe(4);
    await afterMs(1_000);
    isFull = false;
    await afterMs(11_000);
    expect(logged.at(-1)).toEqual(['history.written', { lost: 3 }]);
  });
  it('one line has the fault, and a second outage has a line and a number of its own', async () => {
    writing.add(row(1));
    await afterMs(35_000);
    expect(logged).toEqual([['history.write_failed', { err: expect.any(DatabaseFault) }]]);
    isFull = false;
    await afterMs(11_000);
    isFull = true;
    writing.add(row(2));
    await afterMs(1_000);
    isFull = false;
    await afterMs(11_000);
    expect(logged.map(([event]) => event)).toEqual([
      'history.write_failed',
      'history.written',
      'history.write_failed',
      'history.written',
    ]);
    expect(logged.at(-1)?.[1]).toEqual({ lost: 0 });
  });
  it('an end tries once and leaves the rest', async () => {
    for (let n = 1; n <= 5_000; n += 1) writing.add(row(n, `org ${n}`));
    await writing.flush();
    expect(sizes).toEqual([2_000]);
    await afterMs(0);
    expect(writing.of('org 1')).toHaveLength(1);
  });
});

it('an end writes everything that waits, in as many transactions as it takes', async () => {
  for (let n = 1; n <= 4_500; n += 1) writing.add(row(n, `org ${n}`));
  await writing.flush();
  expect(sizes).toEqual([2_000, 2_000, 500]);
  expect(vi.getTimerCount()).toBe(0);
});
