import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { memoryTable } from '../../src/database/memory-table.ts';
import { DatabaseFault, type Table } from '../../src/database/table.ts';
import { isHistoryFact } from '../../src/history/entry.ts';
import { type History, openHistory } from '../../src/history/history.ts';
import { pruneEveryMs } from '../../src/history/pruning.ts';
import { viewOf } from '../control/harness.ts';

let table: Table;
let logged: [string, unknown][];
let history: History;
const open = (over: Partial<Table> = {}): History =>
  openHistory({
    table: { ...table, ...over },
    log: (event, fields) => void logged.push([event, fields]),
    isKnown: (org) => org === 'acme',
    now: Date.now,
  });
beforeEach(() => {
  vi.useFakeTimers({ now: Date.UTC(2026, 0, 12) });
  table = memoryTable();
  logged = [];
  history = open();
});
afterEach(() => vi.useRealTimers());

const ping = (liveness: 'healthy' | 'suspect' | null, cause: string) =>
  history.onEvent({
    type: 'session.reported',
    org: 'acme',
    view: viewOf('acme', { state: 'connected', liveness }),
    previousState: 'connected',
    created: false,
    cause,
    durable: true,
  });
const causes = () => history.page('acme', 50).items.map(({ cause }) => cause);

describe('the liveness of a connected session', () => {
  it('is recorded when it changes, and not when it stays', () => {
    ping('healthy', 'proven');
    ping('healthy', 'connection.pinged');
    ping('suspect', 'after.pingDeadline');
    ping('suspect', 'connection.traffic');
    ping('healthy', 'connection.pinged again');
    expect(causes()).toEqual(['connection.pinged again', 'after.pingDeadline', 'proven']);
  });
  it('is forgotten with the session, so the next session of that name has its first one recorded', () => {
    ping('healthy', 'proven');
    history.onEvent({ type: 'session.dropped', org: 'acme', view: viewOf('acme', {}) });
    ping('healthy', 'proven again');
    expect(causes()).toEqual(['proven again', 'directory.removed', 'proven']);
  });
});

describe('a page', () => {
  const add = (count: number) => {
    for (let n = 1; n <= count; n += 1) {
      ping(n % 2 === 0 ? 'healthy' : 'suspect', String(n));
    }
  };
  it('that holds the last entries exactly has no next one', () => {
    add(3);
    expect(history.page('acme', 3).next).toBeNull();
    expect(history.page('acme', 2).next).toBe(2);
  });
  it('begins below the number that the request names, also among entries that wait for the disk', () => {
    add(5);
    expect(history.page('acme', 9, 4).items.map(({ n }) => n)).toEqual([3, 2, 1]);
  });
  it('of an organization without a history is empty', () => {
    expect(history.page('beta', 5)).toEqual({ items: [], next: null });
  });
  it('holds no entry of the organization whose name comes before', async () => {
    await table.write([{ key: ['abc', 1], value: { at: 1 } }]);
    expect(history.page('acme', 5).items).toEqual([]);
  });
});

describe('the regular pruning', () => {
  it('logs nothing when it removed nothing', async () => {
    add1();
    await vi.advanceTimersByTimeAsync(pruneEveryMs * 3);
    expect(logged).toEqual([]);
  });
  it('logs the number of organizations that it removed', async () => {
    await table.write([{ key: ['gone', 1], value: { at: 0 } }]);
    await vi.advanceTimersByTimeAsync(pruneEveryMs);
    expect(logged).toEqual([['history.pruned', { organizations: 1 }]]);
    expect(table.range({})).toEqual([]);
  });
  it('removes an organization whose newest entry has no time that it can read', async () => {
    await table.write([{ key: ['gone', 1], value: 'of another version' }]);
    await vi.advanceTimersByTimeAsync(pruneEveryMs);
    expect(table.range({})).toEqual([]);
  });
  it('logs a disk that refuses, and goes on at its next turn', async () => {
    history = open({
      range: () => {
        throw new DatabaseFault('EIO', undefined);
      },
    });
    await vi.advanceTimersByTimeAsync(pruneEveryMs);
    expect(logged).toEqual([['history.prune_failed', { err: expect.any(DatabaseFault) }]]);
    await vi.advanceTimersByTimeAsync(pruneEveryMs);
    expect(logged).toHaveLength(2);
  });
  const add1 = () => ping('suspect', 'once');
});

it('only transitions and removals belong to the history', () => {
  const types = ['session.reported', 'session.gone', 'session.dropped', 'session.crashed'];
  expect(types.filter((type) => isHistoryFact({ type }))).toEqual(types);
  expect(['pairing.reported', 'outage.began', ''].filter((type) => isHistoryFact({ type }))).toEqual([]);
});
