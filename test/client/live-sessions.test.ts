/** The present sessions, and a wait for one of them. */
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { changed, openOnline, session, subscribed } from './harness.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => {
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});
it('live sessions keep the highest revision, apply removals, and take over the snapshot after a gap', async () => {
  const { client, now, again } = await openOnline();
  const live = client.live();
  const changes: string[] = [];
  live.onChange(({ orgId, session: s, previous }) =>
    changes.push(`${orgId} ${previous?.revision ?? '-'} → ${s?.revision ?? '-'}`),
  );
  now().answers('subscribe', subscribed(1, [session('acme', 5), session('beta', 1)]));
  await live.ready;
  now().event(2, 'session.updated', 'acme', changed('acme', 6));
  now().event(3, 'session.updated', 'acme', changed('acme', 4)); // older, so ignored
  now().event(4, 'session.removed', 'beta', { revision: 2 });
  now().event(5, 'session.created', 'gamma', changed('gamma', 1));
  expect([...live.sessions.values()].map((s) => [s.orgId, s.revision])).toEqual([
    ['acme', 6],
    ['gamma', 1],
  ]);
  await again();
  now().accepts();
  now().answers('subscribe', subscribed(1, [session('acme', 3), session('delta', 1)], 'e2'));
  expect([...live.sessions.keys()]).toEqual(['acme', 'delta']);
  // the server lost its last writes, and is right nevertheless
  expect(live.sessions.get('acme')?.revision).toBe(3);
  expect(changes).toEqual([
    'acme - → 5',
    'beta - → 1',
    'acme 5 → 6',
    'beta 1 → -',
    'gamma - → 1',
    'gamma 1 → -',
    'acme 6 → 3',
    'delta - → 1',
  ]);
  client.close();
});
it('waitFor resolves now, later or after a lost connection, or times out; all waits share one subscription', async () => {
  const { client, now, again } = await openOnline();
  const connected = client.waitFor('acme', (s) => s?.state === 'connected', { timeoutMs: 120_000 });
  const gone = client.waitFor('beta', (s) => s === undefined, { timeoutMs: 120_000 });
  const vain = expect(
    client.waitFor('acme', (s) => s?.state === 'idle', { timeoutMs: 1_000 }),
  ).rejects.toMatchObject({
    reason: 'timeout',
    data: { session: { state: 'retrying' } },
  });
  expect(now().sent.filter(({ method }) => method === 'subscribe')).toHaveLength(1);
  now().answers('subscribe', subscribed(1, [session('acme', 1, 'retrying')]));
  expect(await gone).toBeUndefined();
  await vi.advanceTimersByTimeAsync(1_000);
  await vain;
  await again();
  now().accepts();
  now().answers('subscribe', subscribed(1, [session('acme', 2)], 'e2'));
  expect(await connected).toMatchObject({ revision: 2 });
  expect(now().sent.filter(({ method }) => method === 'unsubscribe')).toHaveLength(1);
  const lost = expect(client.waitFor('acme', () => false, { timeoutMs: 1_000 })).rejects.toMatchObject({
    reason: 'client_closed',
  });
  client.close();
  await lost;
});
