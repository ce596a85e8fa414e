/**
 * The outbox over the control API: in order, in pages, and only for a key that may see every organization.
 */
import { afterEach, expect, it } from 'vitest';
import { at, deliveryLike, type Harness, limitedKeys, startHarness } from '../harness.ts';

let harness: Harness;
afterEach(() => harness.stop());
const keys = limitedKeys({
  admin: { scopes: ['webhooks:admin'], orgs: '*' },
  tenant: { scopes: ['webhooks:admin'], orgs: ['acme'] },
  reader: { scopes: ['sessions:read', 'alerts:read'], orgs: '*' },
});
const minutesAgo = (n: number) => ({ createdAt: new Date(at - n * 60_000).toISOString() });
const initialized = async (key: string) => {
  harness = await startHarness({ keys });
  harness.stub.deliveries = [3, 1, 4, 2].map((n) =>
    deliveryLike({ id: `django/evt_${n}`, status: n === 2 ? 'dead' : 'pending', ...minutesAgo(n) }),
  );
  return harness.initialized(key);
};

it('webhook.deliveries returns the newest first, in pages, and can filter by status', async () => {
  const client = await initialized('admin');
  const ids = (page: { items?: unknown }) => (page.items as { id: string }[]).map(({ id }) => id.slice(-1));
  expect(ids(await client.request('webhook.deliveries'))).toEqual(['1', '2', '3', '4']);
  expect(ids(await client.request('webhook.deliveries', { status: 'dead' }))).toEqual(['2']);
  const first = await client.request('webhook.deliveries', { limit: 3 });
  expect(ids(first)).toEqual(['1', '2', '3']);
  const second = await client.request('webhook.deliveries', { limit: 3, cursor: first.nextCursor });
  expect(ids(second)).toEqual(['4']);
  expect(second.nextCursor).toBeNull();
});

it('webhook.redeliver and webhook.test act on a known delivery and endpoint', async () => {
  const client = await initialized('admin');
  expect(await client.request('webhook.redeliver', { deliveryId: 'django/evt_2' })).toMatchObject({
    delivery: { id: 'django/evt_2' },
  });
  expect(await client.request('webhook.test', { endpoint: 'django' })).toEqual({
    status: 200,
    error: null,
    durationMs: 12,
  });
  expect(await client.fails('webhook.redeliver', { deliveryId: 'django/none' })).toMatchObject({
    code: -32004,
  });
  expect(await client.fails('webhook.test', { endpoint: 'unknown-org' })).toMatchObject({ code: -32004 });
});

it('the methods of webhooks need the scope, and a key for all organizations', async () => {
  const reader = await initialized('reader');
  const tenant = await harness.initialized('tenant');
  for (const [method, params] of [
    ['webhook.deliveries', {}],
    ['webhook.redeliver', { deliveryId: 'django/evt_2' }],
    ['webhook.test', { endpoint: 'django' }],
  ] as const)
    for (const client of [reader, tenant])
      expect(await client.fails(method, params), method).toMatchObject({
        code: -32003,
        data: { scope: 'webhooks:admin' },
      });
});
