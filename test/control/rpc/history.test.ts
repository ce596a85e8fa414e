/** The history and the explanation over a real socket: pages, who may see them, and what they say of whom. */
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Past, PastEntry } from '../../../src/control/rpc/handlers/history.ts';
import { methods } from '../../../src/protocol/methods.ts';
import { at, type Harness, limitedKeys, startHarness, viewOf } from '../harness.ts';

const entry = (n: number, over: Partial<PastEntry> = {}): PastEntry => ({
  n,
  at: at + n * 1_000,
  from: 'connected',
  to: 'retrying',
  cause: 'connection.closed',
  reason: 'network',
  attempt: n,
  desired: 'running',
  liveness: null,
  revision: n,
  nextRetryAt: at + 60_000,
  ...over,
});
const past: Readonly<Record<string, readonly PastEntry[]>> = {
  acme: [
    entry(5, {
      from: 'restoring',
      to: 'connected',
      cause: 'connection.caughtUp',
      reason: null,
      nextRetryAt: null,
    }),
    entry(4, { statusCode: 503, reason: 'server_busy' }),
    ...[3, 2, 1].map((n) => entry(n)),
  ],
  gone: [entry(1, { to: null, cause: 'session.logout', reason: 'logged_out' })],
};
const history: Past = {
  page: (org, limit, below = Number.POSITIVE_INFINITY) => {
    const left = (past[org] ?? []).filter(({ n }) => n < below);
    return { items: left.slice(0, limit), next: left.length > limit ? (left[limit - 1]?.n ?? null) : null };
  },
};
let harness: Harness;
beforeEach(async () => {
  const mine = { scopes: ['sessions:read'], orgs: ['beta'] };
  const keys = limitedKeys({
    all: { scopes: ['admin'], orgs: '*' },
    mine,
    blind: { scopes: ['sessions:pair'], orgs: '*' },
  });
  harness = await startHarness({ history, keys });
});
afterEach(() => harness.stop());

it('session.history returns pages, newest first, in the shapes of the registry', async () => {
  const client = await harness.initialized('all');
  const ids: number[] = [];
  let cursor: string | null | undefined;
  do {
    const result = await client.request('session.history', {
      orgId: 'acme',
      limit: 2,
      ...(cursor && { cursor }),
    });
    const page = methods['session.history'].result.parse(result);
    ids.push(...page.items.map(({ id }) => id));
    cursor = page.nextCursor;
  } while (cursor);
  expect(ids).toEqual([5, 4, 3, 2, 1]);
  const result = await client.request('session.history', { orgId: 'acme', limit: 1, cursor: '5' });
  expect(result).toEqual({
    items: [
      {
        id: 4,
        at: '2026-11-24T03:40:04.000Z',
        from: 'connected',
        to: 'retrying',
        cause: 'connection.closed',
        reason: 'server_busy',
        statusCode: 503,
        attempt: 4,
        desired: 'running',
        liveness: null,
        revision: 4,
        nextRetryAt: '2026-11-24T03:41:00.000Z',
      },
    ],
    nextCursor: '4',
  });
});

it('session.history exists for a removed organization, is empty for a new one, and is not found for an unknown one', async () => {
  const client = await harness.initialized('all');
  expect(await client.request('session.history', { orgId: 'gone' })).toMatchObject({
    items: [{ id: 1, to: null }],
  });
  expect(await client.request('session.history', { orgId: 'beta' })).toEqual({ items: [], nextCursor: null });
  expect((await client.fails('session.history', { orgId: 'never' })).data.reason).toBe('not_found');
  expect((await client.fails('session.explain', { orgId: 'gone' })).data.reason).toBe('not_found');
});

it('session.history needs the scope, and the organization in the key', async () => {
  const blind = await harness.initialized('blind');
  for (const method of ['session.history', 'session.explain'])
    expect((await blind.fails(method, { orgId: 'acme' })).data.reason).toBe('forbidden');
  const mine = await harness.initialized('mine');
  for (const method of ['session.history', 'session.explain']) {
    const [foreign, unknown] = [
      await mine.fails(method, { orgId: 'acme' }),
      await mine.fails(method, { orgId: 'never' }),
    ];
    expect(foreign.data.reason).toBe('not_found');
    expect(foreign.message.replace('acme', 'never')).toBe(unknown.message);
  }
  expect((await mine.fails('session.history', { orgId: 'gone' })).data.reason).toBe('not_found');
});

it('session.history refuses an invalid cursor', async () => {
  const client = await harness.initialized('all');
  for (const cursor of ['', 'x', '-1', '1e3', '9'.repeat(20)])
    expect((await client.fails('session.history', { orgId: 'acme', cursor })).data.reason, cursor).toBe(
      'invalid_params',
    );
});

it('session.explain gives the state and its cause, as text and as slugs', async () => {
  harness.sessions.set('acme', viewOf('acme', { liveness: 'suspect' }));
  const client = await harness.initialized('all');
  const result = await client.request('session.explain', { orgId: 'acme' });
  const { text, lines, ...slugs } = methods['session.explain'].result.parse(result);
  expect(slugs).toEqual({
    orgId: 'acme',
    state: 'connected',
    since: '2026-11-24T03:40:00.000Z',
    reason: null,
    cause: 'connection.caughtUp',
    next: { what: 'is_checked', at: null },
    canDo: [
      { method: 'session.stop', force: false, advised: false },
      { method: 'session.logout', force: false, advised: false },
    ],
  });
  expect(text).toMatch(
    /^"acme" is connected, but may not be healthy \(since 2026-11-24 03:40:00 UTC, for a moment\)\. /,
  );
  expect(text).toBe(`${lines.what} ${lines.next} ${lines.you}`);
});
