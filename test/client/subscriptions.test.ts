/** Subscriptions: one bookmark over all connections; a gap is told, and nothing else is ever missing. */
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { connect, type Update } from '../../src/client/client.ts';
import { switchboard } from './fake-socket.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => {
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});
const open = async () => {
  const board = switchboard();
  const client = connect({ url: 'http://127.0.0.1:3000', apiKey: 'a-key', WebSocket: board.WebSocket, random: () => 1 });
  await vi.advanceTimersByTimeAsync(0);
  board.now().accepts();
  const again = async (code = 1006) => {
    const before = board.sockets.length;
    board.now().ends(code);
    while (board.sockets.length === before) await vi.advanceTimersByTimeAsync(100);
  };
  return { ...board, client, again };
};
const session = (orgId: string, revision: number, state = 'connected') => ({ orgId, revision, state });
const subscribed = (seq: number, sessions: object[] | null, epoch = 'e1') => ({
  subscriptionId: `sub_${seq}`,
  recovered: sessions === null,
  position: { epoch, seq },
  snapshot: sessions && { sessions },
});
const listen = () => {
  const told: Update[] = [];
  const brief = () =>
    told.map((u) => (u.kind === 'event' ? `${u.event.seq}` : u.kind === 'resumed' ? 'resumed' : u.first ? 'snapshot' : 're-sync'));
  return { told, brief, listener: (update: Update) => void told.push(update) };
};
const changed = (orgId: string, revision: number, state?: string) => ({ session: session(orgId, revision, state) });

it('a snapshot, then events; unknown types are left alone but move the bookmark', async () => {
  const { client, now, again } = await open();
  const { listener, brief } = listen();
  client.subscribe({ topics: ['sessions'] }, listener);
  now().answers('subscribe', subscribed(5, [session('acme', 1)]));
  now().event(6, 'session.updated', 'acme', changed('acme', 2));
  now().event(7, 'session.danced', 'acme');
  expect(brief()).toEqual(['snapshot', '6']);
  await again();
  now().accepts();
  expect(now().last('subscribe').params).toMatchObject({ since: { epoch: 'e1', seq: 7 } });
  client.close();
});
it('goes on from its bookmark, which heartbeats move, and tells a resume from a re-sync', async () => {
  const { client, now, again } = await open();
  const { listener, brief } = listen();
  client.subscribe({ topics: ['sessions'] }, listener);
  now().answers('subscribe', subscribed(5, []));
  now().heartbeat('e1', 40);
  await again();
  now().accepts();
  expect(now().last('subscribe').params).toEqual({ topics: ['sessions'], orgs: '*', since: { epoch: 'e1', seq: 40 } });
  now().answers('subscribe', subscribed(42, null));
  now().event(41, 'session.updated', 'acme', changed('acme', 2));
  await again(); // in the middle of what was missed
  now().accepts();
  now().heartbeat('e1', 99); // before the answer: it must not move the bookmark over what was missed
  expect(now().last('subscribe').params).toMatchObject({ since: { epoch: 'e1', seq: 41 } });
  await again();
  now().accepts();
  expect(now().last('subscribe').params).toMatchObject({ since: { epoch: 'e1', seq: 41 } });
  now().answers('subscribe', subscribed(3, [session('acme', 9)], 'e2'));
  now().event(4, 'session.updated', 'acme', changed('acme', 10));
  expect(brief()).toEqual(['snapshot', 'resumed', '41', 're-sync', '4']);
  await again();
  now().accepts();
  expect(now().last('subscribe').params).toMatchObject({ since: { epoch: 'e2', seq: 4 } });
  client.close();
});
it('several subscriptions: each hears what it asked for; after a loss one request asks for all of them', async () => {
  const { client, now, again } = await open();
  const [a, b] = [listen(), listen()];
  client.subscribe({ topics: ['sessions'], orgs: ['acme'] }, a.listener);
  now().answers('subscribe', subscribed(1, [session('acme', 1)]));
  const second = client.subscribe({ topics: ['pairing'], orgs: ['beta'] }, b.listener);
  now().event(2, 'session.updated', 'acme', changed('acme', 2)); // before the second is answered
  now().answers('subscribe', subscribed(2, []));
  now().event(3, 'session.updated', 'acme', changed('acme', 3));
  now().event(4, 'pairing.updated', 'beta', { status: 'qr', qr: 'a-qr' });
  now().event(4, 'pairing.updated', 'beta', { status: 'qr', qr: 'a-qr' }); // a latecomer’s
  now().event(5, 'pairing.updated', 'acme', { status: 'qr', qr: 'another' });
  now().event(6, 'server.draining', null, { deadline: 'x' });
  expect(a.brief()).toEqual(['snapshot', '2', '3', '6']);
  expect(b.brief()).toEqual(['snapshot', '4', '4', '6']);
  await again();
  now().accepts();
  expect(now().sent.filter(({ method }) => method === 'subscribe')).toHaveLength(1);
  expect(now().last('subscribe').params).toEqual({
    topics: ['sessions', 'pairing'],
    orgs: ['acme', 'beta'],
    since: { epoch: 'e1', seq: 6 },
  });
  now().answers('subscribe', subscribed(7, null));
  now().event(7, 'session.updated', 'acme', changed('acme', 4));
  expect(a.brief().slice(-2)).toEqual(['resumed', '7']);
  expect(b.brief().slice(-1)).toEqual(['resumed']);
  second.close();
  expect(now().sent.some(({ method }) => method === 'unsubscribe')).toBe(false); // the other needs it
  client.close();
});
it('closing one ends it on the server, also when its answer was still on its way', async () => {
  const { client, now } = await open();
  const one = client.subscribe({ topics: ['sessions'] });
  one.close();
  now().answers('subscribe', subscribed(1, []));
  expect(now().last('unsubscribe').params).toEqual({ subscriptionId: 'sub_1' });
  expect(await one.ended).toBeUndefined();
  client.close();
});
it('one that is refused ends with the reason; those that were followed are asked for one by one when all together are refused', async () => {
  const { client, now, again } = await open();
  const a = listen();
  client.subscribe({ topics: ['sessions'] }, a.listener);
  now().answers('subscribe', subscribed(1, []));
  const other = client.subscribe({ topics: ['pairing'] });
  now().answers('subscribe', subscribed(1, []));
  await again();
  now().accepts();
  now().refuses('subscribe', 'forbidden');
  await vi.advanceTimersByTimeAsync(0);
  const [, , sessions, pairing] = now().sent;
  expect([sessions?.params, pairing?.params]).toEqual([
    { topics: ['sessions'], orgs: '*' },
    { topics: ['pairing'], orgs: '*' },
  ]);
  now().says({ id: sessions?.id, result: subscribed(9, [session('acme', 4)]) });
  now().refuses('subscribe', 'forbidden');
  expect(await other.ended).toMatchObject({ reason: 'forbidden' });
  expect(a.brief()).toEqual(['snapshot', 're-sync']);
  client.close();
});
it('refused for now, it is asked for again from the same place, whatever else is subscribed to meanwhile', async () => {
  const { client, now, again } = await open();
  const a = listen();
  client.subscribe({ topics: ['sessions'] }, a.listener);
  now().answers('subscribe', subscribed(5, []));
  await again();
  now().accepts();
  now().refuses('subscribe', 'rate_limited', true);
  await vi.advanceTimersByTimeAsync(0);
  client.subscribe({ topics: ['pairing'] });
  now().answers('subscribe', subscribed(9, []));
  now().heartbeat('e1', 9); // must not move the bookmark over what the first has missed
  await vi.advanceTimersByTimeAsync(999);
  expect(now().sent.filter(({ method }) => method === 'subscribe')).toHaveLength(2);
  await vi.advanceTimersByTimeAsync(1);
  expect(now().last('subscribe').params).toMatchObject({ topics: ['sessions'], since: { epoch: 'e1', seq: 5 } });
  await again(); // before it is answered
  now().accepts();
  expect(now().last('subscribe').params).toMatchObject({ since: { epoch: 'e1', seq: 5 } });
  now().answers('subscribe', subscribed(9, null));
  now().event(6, 'session.updated', 'acme', changed('acme', 2));
  expect(a.brief()).toEqual(['snapshot', 'resumed', '6']);
  now().ends(1006); // with a request for later under way nothing must be left either
  client.close();
});
it('can be read with for await, which ends with it, throws what ended it, and unsubscribes when it is left', async () => {
  const { client, now } = await open();
  const reading = (async () => {
    const seen: string[] = [];
    for await (const update of client.subscribe({ topics: ['sessions'] })) {
      seen.push(update.kind);
      if (seen.length === 2) break;
    }
    return seen;
  })();
  now().answers('subscribe', subscribed(1, []));
  now().event(2, 'session.removed', 'acme', { revision: 3 });
  expect(await reading).toEqual(['snapshot', 'event']);
  expect(now().last('unsubscribe').params).toEqual({ subscriptionId: 'sub_1' });
  const iterator = client.subscribe({ topics: ['sessions'] })[Symbol.asyncIterator]();
  const next = iterator.next();
  now().ends(4401);
  await expect(next).rejects.toMatchObject({ reason: 'refused', closeCode: 4401 });
  client.close();
});
it('a reader that does not read is told that it lost its place', async () => {
  const { client, now } = await open();
  const iterator = client.subscribe({ topics: ['sessions'] })[Symbol.asyncIterator]();
  now().answers('subscribe', subscribed(0, []));
  for (let seq = 1; seq <= 10_000; seq += 1) now().event(seq, 'session.removed', 'acme', { revision: seq });
  await expect(iterator.next()).rejects.toMatchObject({ reason: 'reader_too_slow' });
  expect(now().last('unsubscribe').params).toEqual({ subscriptionId: 'sub_0' });
  client.close();
});

it('live sessions: the highest revision, removals, and the truth after a gap', async () => {
  const { client, now, again } = await open();
  const live = client.live();
  const changes: string[] = [];
  live.onChange(({ orgId, session: s, previous }) => changes.push(`${orgId} ${previous?.revision ?? '-'} → ${s?.revision ?? '-'}`));
  now().answers('subscribe', subscribed(1, [session('acme', 5), session('beta', 1)]));
  await live.ready;
  now().event(2, 'session.updated', 'acme', changed('acme', 6));
  now().event(3, 'session.updated', 'acme', changed('acme', 4)); // older: of no interest
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
  expect(live.sessions.get('acme')?.revision).toBe(3); // a server that lost its last writes is the truth nevertheless
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
it('waitFor: now, later, over a loss, in vain; all that wait share one subscription', async () => {
  const { client, now, again } = await open();
  const connected = client.waitFor('acme', (s) => s?.state === 'connected', { timeoutMs: 120_000 });
  const gone = client.waitFor('beta', (s) => s === undefined, { timeoutMs: 120_000 });
  const vain = expect(client.waitFor('acme', (s) => s?.state === 'idle', { timeoutMs: 1_000 })).rejects.toMatchObject({
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
  const lost = expect(client.waitFor('acme', () => false, { timeoutMs: 1_000 })).rejects.toMatchObject({ reason: 'client_closed' });
  client.close();
  await lost;
});
