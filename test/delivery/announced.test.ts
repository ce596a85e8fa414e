/** Which changes of a session a webhook gets, and what a restart finds. */
import { describe, expect, it } from 'vitest';
import { memoryTable } from '../../src/database/memory-table.ts';
import { Announced, hiccupAttempts, settledStateOf } from '../../src/delivery/announced.ts';
import type { ProgramEvent } from '../../src/delivery/message.ts';
import type { Session } from '../../src/protocol/session.ts';

const at = '2026-01-15T03:35:00.000Z';
const sessionOf = (over: Partial<Session> = {}): Session => ({
  orgId: 'acme',
  state: 'connected',
  step: null,
  desired: 'running',
  credentials: 'restorable',
  liveness: null,
  revision: 1,
  since: at,
  attempt: 0,
  maxAttempts: 10,
  nextRetryAt: null,
  lastConnectedAt: null,
  lastError: null,
  account: { id: '34600000001', name: null },
  duplicateOf: null,
  pairing: null,
  attention: null,
  ...over,
});
const updated = (
  over: Partial<Session> = {},
  type: 'session.created' | 'session.updated' = 'session.updated',
) =>
  ({
    id: 'evt_1',
    type,
    timestamp: at,
    orgId: over.orgId ?? 'acme',
    data: { session: sessionOf(over), previousState: null, cause: 'test', durable: true },
  }) satisfies ProgramEvent;
const removed = (orgId: string): ProgramEvent => ({
  id: 'evt_2',
  type: 'session.removed',
  timestamp: at,
  orgId,
  data: { revision: 9 },
});
const error = (reason: 'network' | 'revoked' | 'conflict') => ({ lastError: { reason, message: '', at } });
const details = (announced: Announced, ...changes: readonly Partial<Session>[]) =>
  changes.map((over) => announced.note(updated(over)).isDetail);

const restart: readonly Partial<Session>[] = [
  { state: 'restoring', step: 'queued' },
  { state: 'restoring', step: 'connecting' },
  { state: 'restoring', step: 'verifying' },
  { state: 'connected', liveness: 'healthy' },
];

describe('a webhook for settled states', () => {
  it('gets nothing for a restart of a session that comes back', async () => {
    const table = memoryTable();
    const first = new Announced(table);
    const { change } = first.note(updated());
    if (change) await table.write([change]);
    expect(details(new Announced(table), ...restart)).toEqual([true, true, true, true]);
  });
  it('gets one event when an organization is new to it, also when only a restart shows it', () => {
    expect(details(new Announced(memoryTable()), ...restart)).toEqual([true, true, true, false]);
    expect(
      new Announced(memoryTable()).note(updated({ state: 'restoring' }, 'session.created')),
    ).toMatchObject({
      isDetail: false,
    });
  });
  it('gets nothing for a loss that ends within a few attempts', () => {
    const announced = new Announced(memoryTable());
    const hiccup = [{ state: 'retrying', attempt: hiccupAttempts - 1, ...error('network') }] as const;
    expect(details(announced, {}, ...hiccup, ...restart)).toEqual([false, true, true, true, true, true]);
  });
  it('gets one event when a loss lasts, and one when it is over', () => {
    const announced = new Announced(memoryTable());
    const lasting = [3, 4, 5].flatMap((attempt) => [
      { state: 'retrying', attempt, ...error('network') } as const,
      { state: 'restoring', attempt } as const,
    ]);
    expect(details(announced, {}, ...lasting, {})).toEqual([
      false, // connected
      false, // retrying, for the third time
      ...lasting.slice(1).map(() => true),
      false, // connected again
    ]);
  });
  it('gets every end, every other end, and what the operator wants', () => {
    const announced = new Announced(memoryTable());
    expect(
      details(
        announced,
        {},
        { liveness: 'suspect' },
        { liveness: 'deaf', attention: { action: 'restart', message: '' } },
        {},
        { state: 'failed', ...error('revoked') },
        { state: 'failed', ...error('revoked'), credentials: 'revoked' },
        { state: 'failed', ...error('conflict') },
        { state: 'idle', desired: 'stopped' },
        { state: 'idle', desired: 'running', duplicateOf: 'beta' },
        { state: 'connected' },
        { state: 'connected', account: { id: '34600000002', name: null } },
      ),
    ).toEqual([false, true, false, false, false, true, false, false, false, false, false]);
  });
  it('gets every removal, and the next appearance', () => {
    const announced = new Announced(memoryTable());
    announced.note(updated());
    expect(announced.note(removed('acme'))).toEqual({
      isDetail: false,
      change: { key: ['announced', 'acme'] },
    });
    expect(details(announced, {})).toEqual([false]);
  });
  it('gets no event of a pairing less', () => {
    const { note } = new Announced(memoryTable());
    const data = { status: 'completed', pairingId: 'pair-1', reason: null } as const;
    expect(note({ id: 'e', type: 'pairing.updated', timestamp: at, orgId: 'acme', data })).toEqual({
      isDetail: false,
    });
  });
});

it('no state on the way is a settled one', () => {
  const states = ['restoring', 'pairing'] as const;
  expect(states.map((state) => settledStateOf(sessionOf({ state, attempt: 9 })))).toEqual([
    undefined,
    undefined,
  ]);
});

it('a damaged row of one organization does not hide the others', async () => {
  const table = memoryTable();
  await table.write([
    { key: ['announced', 'acme'], value: { revision: 'seven' } },
    { key: ['announced', 'beta'], value: null },
    { key: ['announced', 'gamma'], value: { revision: 4, settled: null } },
  ]);
  expect([...new Announced(table).all()]).toEqual([['gamma', { revision: 4, settled: null }]]);
});
