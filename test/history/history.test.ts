import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { SessionView } from '../../machines/domain/view.ts';
import { memoryTable } from '../../src/database/memory-table.ts';
import { DatabaseFault, type Table } from '../../src/database/table.ts';
import { type History, openHistory } from '../../src/history/history.ts';
import { keptGone, keptGoneMs, pruneEveryMs } from '../../src/history/pruning.ts';
import { keptPerOrg } from '../../src/history/writer.ts';
import { viewOf } from '../control/harness.ts';

let table: Table;
let logged: string[];
let known: Set<string>;
let history: History;
const open = (over: Partial<Table> = {}) =>
  openHistory({
    table: { ...table, ...over },
    log: (event) => void logged.push(event),
    isKnown: (org) => known.has(org),
    now: Date.now,
  });
beforeEach(() => {
  vi.useFakeTimers({ now: Date.UTC(2026, 0, 12) });
  table = memoryTable();
  logged = [];
  known = new Set(['acme']);
  history = open();
});
afterEach(() => vi.useRealTimers());

type State = SessionView['state'];
const notify = (
  previousState: State | null,
  state: State,
  cause: string,
  over: Partial<SessionView> = {},
  org = 'acme',
) =>
  history.onEvent({
    type: 'session.reported',
    org,
    view: viewOf(org, {
      state,
      liveness: state === 'connected' ? 'healthy' : null,
      since: Date.now(),
      ...over,
    }),
    previousState,
    created: false,
    cause,
    durable: true,
  });
const lost = {
  lastError: { reason: 'server_busy', statusCode: 503, at: 1 },
  attempt: 1,
  nextRetryAt: Date.UTC(2026, 0, 12, 1),
} as const;
const written = () => vi.advanceTimersByTimeAsync(1_000);
const causes = (org = 'acme') => history.page(org, 500).items.map(({ cause }) => cause);

it('has each transition once, newest first, with cause and time, and no details of the same state', async () => {
  notify(null, 'restoring', 'adopted', { step: 'queued', revision: 1 });
  notify('restoring', 'restoring', 'permit.granted', { step: 'connecting', revision: 2 });
  await vi.advanceTimersByTimeAsync(500);
  notify('restoring', 'connected', 'connection.caughtUp', { revision: 3, lastError: null });
  notify('connected', 'connected', 'after.pingDeadline', { liveness: 'suspect', revision: 4 });
  notify('connected', 'retrying', 'connection.closed', { ...lost, revision: 5 });
  notify('retrying', 'restoring', 'after.backoff', { ...lost, nextRetryAt: null, revision: 6 });
  const at = Date.UTC(2026, 0, 12);
  const { items, next } = history.page('acme', 10);
  expect(items.map(({ n, from, to, cause }) => [n, from, to, cause])).toEqual([
    [5, 'retrying', 'restoring', 'after.backoff'],
    [4, 'connected', 'retrying', 'connection.closed'],
    [3, 'connected', 'connected', 'after.pingDeadline'],
    [2, 'restoring', 'connected', 'connection.caughtUp'],
    [1, null, 'restoring', 'adopted'],
  ]);
  expect(next).toBeNull();
  const common = { at: at + 500, desired: 'running' };
  expect(items[1]).toMatchObject({
    ...common,
    reason: 'server_busy',
    statusCode: 503,
    attempt: 1,
    revision: 5,
    nextRetryAt: at + 3_600_000,
  });
  expect(items[2]).toMatchObject({ ...common, liveness: 'suspect', reason: null });
  expect(items[0]).toMatchObject({ reason: null, nextRetryAt: null }); // the error is of the state before
  expect(items[0]).not.toHaveProperty('statusCode');
});

it('tells a command that changed only what is desired, and how a session was let go', () => {
  notify('connected', 'failed', 'connection.closed', { lastError: { reason: 'exhausted', at: 1 } });
  notify('failed', 'failed', 'session.stop', {
    desired: 'stopped',
    lastError: { reason: 'exhausted', at: 1 },
  });
  const view = viewOf('acme', { state: 'failed', liveness: null });
  history.onEvent({ type: 'session.gone', org: 'acme', view, unlinked: true });
  history.onEvent({ type: 'session.dropped', org: 'acme', view });
  history.onEvent({ type: 'session.crashed', org: 'acme', view, error: new Error('x') });
  expect(
    history.page('acme', 10).items.map(({ to, cause, reason, desired }) => [to, cause, reason, desired]),
  ).toEqual([
    [null, 'session.crashed', 'crashed', 'running'],
    [null, 'directory.removed', null, 'running'],
    [null, 'session.logout', 'logged_out', 'running'],
    ['failed', 'session.stop', 'exhausted', 'stopped'],
    ['failed', 'connection.closed', 'exhausted', 'running'],
  ]);
});

it('reads the same before and after it was written, and after a restart; the numbers go on', async () => {
  for (const n of [1, 2, 3, 4, 5]) notify('retrying', 'restoring', `cause ${n}`);
  const before = history.page('acme', 3);
  await written();
  expect(table.range({})).toHaveLength(5);
  expect(history.page('acme', 3)).toEqual(before);
  notify('restoring', 'retrying', 'cause 6');
  expect(causes()).toEqual(['cause 6', 'cause 5', 'cause 4', 'cause 3', 'cause 2', 'cause 1']);
  await history.close();
  history = open();
  notify(null, 'restoring', 'adopted');
  expect(history.page('acme', 2).items.map(({ n, cause }) => [n, cause])).toEqual([
    [7, 'adopted'],
    [6, 'cause 6'],
  ]);
});

it('is read a page at a time, without a gap or a repetition, also while more comes', async () => {
  for (let n = 1; n <= 25; n += 1) notify('retrying', 'restoring', String(n));
  await written();
  for (let n = 26; n <= 30; n += 1) notify('retrying', 'restoring', String(n));
  const read: string[] = [];
  let below: number | undefined;
  do {
    const { items, next } = history.page('acme', 7, below);
    read.push(...items.map(({ cause }) => cause));
    below = next ?? undefined;
    notify('retrying', 'restoring', 'later');
    await written();
  } while (below !== undefined);
  expect(read).toEqual(Array.from({ length: 30 }, (_, i) => String(30 - i)));
});

it(`keeps ${keptPerOrg} entries of each organization, at once in the answer and later on disk`, async () => {
  for (let n = 1; n <= keptPerOrg + 50; n += 1) notify('retrying', 'restoring', String(n));
  notify('retrying', 'restoring', 'of beta', {}, 'beta');
  expect(causes()).toHaveLength(keptPerOrg);
  expect(causes().at(-1)).toBe('51');
  await written();
  expect(causes()).toHaveLength(keptPerOrg);
  expect(table.range({ atLeast: ['acme'], below: ['acme', Number.POSITIVE_INFINITY] })).toHaveLength(
    keptPerOrg,
  );
  expect(causes('beta')).toEqual(['of beta']);
});

it('a failing disk is logged once, loses nothing meanwhile, and is logged when it works again', async () => {
  let isFull = true;
  let tries = 0;
  history = open({
    write: async (changes) => {
      tries += 1;
      if (isFull) throw new DatabaseFault('ENOSPC', undefined);
      await table.write(changes);
    },
  });
  for (let n = 1; n <= 30; n += 1) {
    notify('retrying', 'restoring', String(n));
    await vi.advanceTimersByTimeAsync(1_000);
  }
  expect(logged).toEqual(['history.write_failed']);
  expect(tries).toBeLessThan(6); // one at once, then every ten seconds
  expect(causes()).toHaveLength(30);
  isFull = false;
  await vi.advanceTimersByTimeAsync(11_000);
  expect(logged).toEqual(['history.write_failed', 'history.written']);
  expect(table.range({})).toHaveLength(30);
});

it('an end on a full disk ends', async () => {
  history = open({ write: () => Promise.reject(new DatabaseFault('ENOSPC', undefined)) });
  notify('retrying', 'restoring', 'x');
  await history.close();
  expect(logged).toEqual(['history.write_failed']);
});

it('what cannot be read as an entry is passed over', async () => {
  notify('retrying', 'restoring', 'good');
  await written();
  await table.write([{ key: ['acme', 2], value: { from: 'a later version', to: 'knows more' } }]);
  expect(causes()).toEqual(['good']);
});

it(`keeps the history of those that are gone for a while, of the last ${keptGone} of them`, async () => {
  const entry = { at: Date.now() - keptGoneMs - 1_000, to: null };
  const old = ['acme', 'long gone'].flatMap((org) => [1, 2].map((n) => ({ key: [org, n], value: entry })));
  const crowd = Array.from({ length: keptGone + 2 }, (_, n) => ({
    key: [`gone ${n}`, 1],
    value: { at: Date.now() - n, to: null },
  }));
  await table.write([...old, ...crowd]);
  await vi.advanceTimersByTimeAsync(pruneEveryMs);
  vi.useRealTimers(); // it lets other work have its turn
  await vi.waitFor(() => expect(logged).toEqual(['history.pruned']));
  const left = new Set(table.range({}).map(([[org]]) => org));
  expect(left.has('acme')).toBe(true); // it is there: only its own bound holds
  expect(left.has('long gone')).toBe(false);
  expect(left.has(`gone ${keptGone - 1}`)).toBe(true);
  expect(left.has(`gone ${keptGone}`)).toBe(false);
  expect(left.size).toBe(keptGone + 1);
});
