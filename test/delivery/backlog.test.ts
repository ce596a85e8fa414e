/** Many waiting deliveries cost nothing: each step costs the same with ten of them and with 50,000. */
import { describe, expect, it } from 'vitest';
import { memoryTable } from '../../src/database/memory-table.ts';
import type { Table, TableChange } from '../../src/database/table.ts';
import { bounds } from '../../src/delivery/deliveries-index.ts';
import { EndpointRows, type OutboxRow } from '../../src/delivery/endpoint-rows.ts';
import type { Outcome, Post } from '../../src/delivery/http-post.ts';
import { Outbox } from '../../src/delivery/outbox.ts';
import { until } from '../support/until.ts';
import { eventOf, openDeliveryHarness, webhookAt } from './harness.ts';

const many = 20_000;
const endpoint = webhookAt('https://example.com/hook');
const clocks = { now: () => 1_000, elapsed: () => 5 };

/** Counts what is asked of a table. */
const countingTable = () => {
  const table = memoryTable();
  const counts = { gets: 0, ranges: 0, changes: 0 };
  const counting: Table = {
    get: (key) => {
      counts.gets += 1;
      return table.get(key);
    },
    range: (range) => {
      counts.ranges += 1;
      return table.range(range);
    },
    write: (changes: readonly TableChange[]) => {
      counts.changes += changes.length;
      return table.write(changes);
    },
  };
  const since = () => {
    const before = { ...counts };
    return () => ({
      gets: counts.gets - before.gets,
      ranges: counts.ranges - before.ranges,
      changes: counts.changes - before.changes,
    });
  };
  return { table: counting, since };
};
const backlog = async (table: Table, waiting: number): Promise<void> => {
  const outbox = new Outbox(table, [endpoint], clocks);
  const recordings = Array.from({ length: waiting }, (_, n) => ({
    message: eventOf(`evt_${String(n).padStart(6, '0')}`),
  }));
  await outbox.record(recordings, [endpoint]);
};

describe.each([10, many])('with %i waiting deliveries', (waiting) => {
  it('a delivery costs one read and a bounded number of changes, and nothing is listed', async () => {
    const { table, since } = countingTable();
    await backlog(table, waiting);
    const outbox = new Outbox(table, [endpoint], clocks);
    const spent = since();
    for (let n = 0; n < 10; n += 1) {
      const delivery = outbox.take(endpoint.name);
      expect(delivery?.messageId).toBe(`evt_${String(n).padStart(6, '0')}`); // the oldest first
      if (!delivery) break;
      expect(outbox.messageOf(delivery)?.id).toBe(delivery.messageId);
      await outbox.settle(delivery, { status: 'delivered', attempts: 1, doneAt: 2_000 });
      outbox.counts(endpoint.name);
      outbox.dueAt(endpoint.name);
    }
    expect(spent()).toEqual({ gets: 10, ranges: 0, changes: 10 });
    expect(outbox.counts(endpoint.name).pending).toBe(waiting - 10);
  });

  it('a receiver that refuses gets a few attempts and then single probes, and none of the others is read', async () => {
    const { table, since } = countingTable();
    await backlog(table, waiting);
    let attempts = 0;
    const refusing: Post = {
      send: async (): Promise<Outcome> => {
        attempts += 1;
        return { kind: 'failed', status: 503, error: 'http_503', slow: false };
      },
      close: async () => {},
    };
    let elapsed = 5;
    const spent = since();
    const { delivery } = openDeliveryHarness([endpoint], {
      table,
      post: refusing,
      now: () => 1_000,
      elapsed: () => elapsed,
      divisor: 1,
    });
    await until('the circuit to open', () => attempts >= 4);
    for (let n = 0; n < 50; n += 1) await new Promise(setImmediate);
    const openedAfter = attempts;
    expect(openedAfter).toBeLessThan(10);
    for (let n = 0; n < 5; n += 1) await delivery.record(eventOf(`evt_new_${n}`)); // each wakes the sender
    expect(attempts).toBe(openedAfter);
    elapsed += 5_000;
    await delivery.record(eventOf('evt_last'));
    await until('a probe', () => attempts > openedAfter);
    for (let n = 0; n < 50; n += 1) await new Promise(setImmediate);
    expect(attempts).toBe(openedAfter + 1);
    const { gets, ranges } = spent();
    expect(gets).toBeLessThanOrEqual(attempts + 1);
    expect(ranges).toBe(3); // at the start: the deliveries, the announced states, the channels' alerts
    await delivery.close();
  });
});

const rowOf = (over: Partial<OutboxRow> = {}): OutboxRow => ({
  status: 'pending',
  type: 'session.updated',
  attempts: 0,
  createdAt: 1,
  nextAt: 1,
  doneAt: null,
  lastStatus: null,
  lastError: null,
  ...over,
});

describe('the rows of an endpoint', () => {
  it('count each status, and know the one that has had it longest', () => {
    const rows = new EndpointRows();
    for (const id of ['a', 'b', 'c']) rows.set(id, rowOf(), 0);
    rows.set('a', rowOf({ status: 'dead' }), 0);
    rows.set('c', rowOf({ status: 'dead' }), 0);
    rows.set('a', rowOf(), 0); // delivered again by hand
    expect((['pending', 'dead', 'delivered'] as const).map((status) => rows.count(status))).toEqual([
      2, 1, 0,
    ]);
    expect([rows.oldest('pending')?.[0], rows.oldest('dead')?.[0]]).toEqual(['b', 'c']);
    rows.remove('b');
    rows.remove('nothing');
    expect([rows.oldest('pending')?.[0], rows.count('pending')]).toEqual(['a', 1]);
  });
  it('give the one that is due first, and none that is taken, delivered or removed', () => {
    const rows = new EndpointRows();
    for (const [id, dueAt] of [
      ['a', 9],
      ['b', 3],
      ['c', 5],
      ['d', 1],
    ] as const)
      rows.set(id, rowOf(), dueAt);
    rows.remove('d');
    const first = rows.next();
    expect(first?.[0]).toBe('b');
    if (first) first[1].isTaken = true;
    expect(rows.next()?.[0]).toBe('c');
    rows.set('c', rowOf({ status: 'delivered' }), 5);
    rows.set('b', rowOf({ attempts: 1 }), 20);
    expect(rows.next()?.[0]).toBe('a');
    rows.set('a', rowOf({ attempts: 1 }), 30);
    expect(rows.next()?.[0]).toBe('b');
  });
  it('stay exact while one is tried again and again beside thousands that come and go', () => {
    const rows = new EndpointRows();
    rows.set('stuck', rowOf(), 0);
    for (let n = 1; n <= 10_000; n += 1) {
      rows.set(`evt_${n}`, rowOf(), n);
      rows.set('stuck', rowOf({ attempts: n }), n);
      rows.set(`evt_${n}`, rowOf({ status: 'delivered' }), n);
      rows.remove(`evt_${n}`);
    }
    expect(rows.count('pending')).toBe(1);
    expect(rows.oldest('pending')?.[0]).toBe('stuck');
    expect(rows.next()?.[1].row.attempts).toBe(10_000);
  });
});

it('the oldest beyond the bound become dead, one for each that comes, and the message goes with its last delivery', async () => {
  const { table, since } = countingTable();
  await backlog(table, bounds.pending);
  const outbox = new Outbox(table, [endpoint], clocks);
  const spent = since();
  await outbox.record([{ message: eventOf('evt_new') }], [endpoint]);
  expect(spent()).toEqual({ gets: 0, ranges: 0, changes: 3 }); // the message, its delivery, and the dead one
  expect(outbox.counts(endpoint.name).pending).toBe(bounds.pending);
  expect(outbox.find(endpoint.name, 'evt_000000')).toMatchObject({ status: 'dead', lastError: 'overflow' });
});
