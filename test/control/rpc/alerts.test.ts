/** Alerts over the control API: who sees which, in what order, and who may silence one. */
import { afterEach, expect, it } from 'vitest';
import type { Alert, AlertName } from '../../../src/protocol/alerts.ts';
import { alertLike, at, type Harness, limitedKeys, startHarness } from '../harness.ts';

let harness: Harness;
afterEach(() => harness.stop());

const iso = (ms: number) => new Date(ms).toISOString();
const alert = (name: AlertName, orgId: string | null, minutesAgo: number, over: Partial<Alert> = {}): Alert =>
  alertLike({
    fingerprint: `${name}-${orgId}`,
    name,
    orgId,
    startsAt: iso(at - minutesAgo * 60_000),
    ...over,
  });
const all = [
  alert('SessionLoggedOut', 'acme', 30),
  alert('SessionLoggedOut', 'beta', 10),
  alert('MassDisconnect', null, 20),
  alert('SessionConflict', 'acme', 90, { status: 'resolved', endsAt: iso(at - 60_000) }),
  alert('SessionConflict', 'beta', 80, { status: 'resolved', endsAt: iso(at - 120_000) }),
];
const keys = limitedKeys({
  tenant: { scopes: ['alerts:read', 'alerts:write'], orgs: ['acme'] },
  reader: { scopes: ['alerts:read'], orgs: '*' },
  other: { scopes: ['sessions:read'], orgs: '*' },
});
const initialized = async (key?: string) => {
  harness = await startHarness(key === undefined ? {} : { keys });
  for (const one of all) harness.stub.alerts.set(one.fingerprint, one);
  return harness.initialized(...(key === undefined ? [] : ([key] as const)));
};
const named = ({ items }: { items?: unknown }) => (items as Alert[]).map(({ fingerprint }) => fingerprint);

it('alert.list returns firing alerts, the latest first, then resolved ones, in pages', async () => {
  const client = await initialized();
  const order = [
    'SessionLoggedOut-beta',
    'MassDisconnect-null',
    'SessionLoggedOut-acme',
    'SessionConflict-acme',
    'SessionConflict-beta',
  ];
  expect(named(await client.request('alert.list'))).toEqual(order);
  expect(named(await client.request('alert.list', { status: 'resolved' }))).toEqual(order.slice(3));
  const seen: string[] = [];
  let cursor: string | null | undefined;
  do {
    const page: { items?: unknown; nextCursor?: unknown } = await client.request('alert.list', {
      limit: 2,
      ...(cursor && { cursor }),
    });
    seen.push(...named(page));
    cursor = page.nextCursor as string | null;
  } while (cursor !== null);
  expect(seen).toEqual(order);
});

it('a key sees the alerts of its organizations and of the server, in the list, the snapshot and the events', async () => {
  const client = await initialized('tenant');
  expect(named(await client.request('alert.list'))).toEqual([
    'MassDisconnect-null',
    'SessionLoggedOut-acme',
    'SessionConflict-acme',
  ]);
  const { snapshot } = await client.request('subscribe', { topics: ['alerts'] });
  expect(snapshot).toMatchObject({ sessions: [], alerts: [{ orgId: 'acme' }, { orgId: null }] });
  for (const one of all.slice(0, 3)) harness.feed.publish({ type: 'alert.firing', id: 'evt_1', alert: one });
  harness.feed.publish({
    type: 'alert.resolved',
    id: 'evt_2',
    alert: { ...all[0], status: 'resolved' } as Alert,
  });
  await client.caughtUp();
  expect(client.events.map(({ type, orgId }) => `${type} ${orgId}`)).toEqual([
    'alert.firing acme',
    'alert.firing null',
    'alert.resolved acme',
  ]);
});

it('alert.silence begins and ends a silence, and refuses an alert that is not firing', async () => {
  const client = await initialized('tenant');
  const until = iso(at + 3_600_000);
  expect(
    await client.request('alert.silence', { fingerprint: 'SessionLoggedOut-acme', until }),
  ).toMatchObject({
    alert: { orgId: 'acme', silencedUntil: until },
  });
  expect(
    await client.request('alert.silence', { fingerprint: 'SessionLoggedOut-acme', until: null }),
  ).toMatchObject({
    alert: { silencedUntil: null },
  });
  // a foreign one, one that ended, one that never was, and the server's, which concerns others too: all alike
  for (const fingerprint of [
    'SessionLoggedOut-beta',
    'SessionConflict-acme',
    'nothing',
    'MassDisconnect-null',
  ])
    expect(await client.fails('alert.silence', { fingerprint, until }), fingerprint).toMatchObject({
      code: -32004,
    });
});

it('the methods of alerts need their scopes', async () => {
  const reader = await initialized('reader');
  expect(
    await reader.fails('alert.silence', { fingerprint: 'SessionLoggedOut-acme', until: null }),
  ).toMatchObject({ code: -32003 });
  const other = await harness.initialized('other');
  expect(await other.fails('alert.list')).toMatchObject({ code: -32003, data: { scope: 'alerts:read' } });
  expect(await other.fails('subscribe', { topics: ['alerts'] })).toMatchObject({ code: -32003 });
});
