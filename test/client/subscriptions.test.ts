/**
 * Subscriptions share one bookmark over all connections. A gap is reported, and nothing else is ever missing.
 */
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { Update } from '../../src/client/client.ts';
import { changed, openOnline, session, subscribed } from './harness.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => {
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});
const briefly = (update: Update): string => {
  if (update.kind === 'event') return String(update.event.seq);
  if (update.kind === 'resumed') return 'resumed';
  return update.first ? 'snapshot' : 're-sync';
};
const listen = () => {
  const updates: string[] = [];
  return { brief: () => updates, listener: (update: Update) => void updates.push(briefly(update)) };
};

it('a subscription gets a snapshot, then events; unknown types are ignored but move the bookmark', async () => {
  const { client, now, again } = await openOnline();
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
it('a new connection resumes from the bookmark, which heartbeats move, and reports either a resume or a re-sync', async () => {
  const { client, now, again } = await openOnline();
  const { listener, brief } = listen();
  client.subscribe({ topics: ['sessions'] }, listener);
  now().answers('subscribe', subscribed(5, []));
  now().heartbeat('e1', 40);
  await again();
  now().accepts();
  expect(now().last('subscribe').params).toEqual({
    topics: ['sessions'],
    orgs: '*',
    since: { epoch: 'e1', seq: 40 },
  });
  now().answers('subscribe', subscribed(42, null));
  now().event(41, 'session.updated', 'acme', changed('acme', 2));
  await again(); // in the middle of the missed events
  now().accepts();
  now().heartbeat('e1', 99); // before the answer: it must not move the bookmark past the missed events
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
it('each of several subscriptions gets its own events, and one request resumes all of them after a loss', async () => {
  const { client, now, again } = await openOnline();
  const [a, b] = [listen(), listen()];
  client.subscribe({ topics: ['sessions'], orgs: ['acme'] }, a.listener);
  now().answers('subscribe', subscribed(1, [session('acme', 1)]));
  const second = client.subscribe({ topics: ['pairing'], orgs: ['beta'] }, b.listener);
  now().event(2, 'session.updated', 'acme', changed('acme', 2)); // before the second is answered
  now().answers('subscribe', subscribed(2, []));
  now().event(3, 'session.updated', 'acme', changed('acme', 3));
  now().event(4, 'pairing.updated', 'beta', { status: 'qr', qr: 'a-qr' });
  // sent again, for a late subscriber
  now().event(4, 'pairing.updated', 'beta', { status: 'qr', qr: 'a-qr' });
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
it('closing a subscription also ends it on the server, even when its answer was still on its way', async () => {
  const { client, now } = await openOnline();
  const one = client.subscribe({ topics: ['sessions'] });
  one.close();
  now().answers('subscribe', subscribed(1, []));
  expect(now().last('unsubscribe').params).toEqual({ subscriptionId: 'sub_1' });
  expect(await one.ended).toBeUndefined();
  client.close();
});
it('when resuming all subscriptions is refused, each is requested by itself, and only the refused one ends', async () => {
  const { client, now, again } = await openOnline();
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
  expect(sessions?.params).toEqual({ topics: ['sessions'], orgs: '*' });
  expect(pairing?.params).toEqual({ topics: ['pairing'], orgs: '*' });
  now().sends({ id: sessions?.id, result: subscribed(9, [session('acme', 4)]) });
  now().refuses('subscribe', 'forbidden');
  expect(await other.ended).toMatchObject({ reason: 'forbidden' });
  expect(a.brief()).toEqual(['snapshot', 're-sync']);
  client.close();
});
it('a resume that is refused for now is repeated from the same bookmark, whatever else is subscribed to meanwhile', async () => {
  const { client, now, again } = await openOnline();
  const a = listen();
  client.subscribe({ topics: ['sessions'] }, a.listener);
  now().answers('subscribe', subscribed(5, []));
  await again();
  now().accepts();
  now().refuses('subscribe', 'rate_limited', true);
  await vi.advanceTimersByTimeAsync(0);
  client.subscribe({ topics: ['pairing'] });
  now().answers('subscribe', subscribed(9, []));
  now().heartbeat('e1', 9); // must not move the bookmark past the events that the first has missed
  await vi.advanceTimersByTimeAsync(999);
  expect(now().sent.filter(({ method }) => method === 'subscribe')).toHaveLength(2);
  await vi.advanceTimersByTimeAsync(1);
  expect(now().last('subscribe').params).toMatchObject({
    topics: ['sessions'],
    since: { epoch: 'e1', seq: 5 },
  });
  await again(); // before it is answered
  now().accepts();
  expect(now().last('subscribe').params).toMatchObject({ since: { epoch: 'e1', seq: 5 } });
  now().answers('subscribe', subscribed(9, null));
  now().event(6, 'session.updated', 'acme', changed('acme', 2));
  expect(a.brief()).toEqual(['snapshot', 'resumed', '6']);
  now().ends(1006); // with a repeated request outstanding, no timer must be left either
  client.close();
});
it('the bookmark moves on when the subscriptions that wait to be resumed are closed', async () => {
  const { client, now, again } = await openOnline();
  const first = client.subscribe({ topics: ['sessions'] });
  now().answers('subscribe', subscribed(5, []));
  await again();
  now().accepts();
  now().refuses('subscribe', 'rate_limited', true);
  await vi.advanceTimersByTimeAsync(0);
  client.subscribe({ topics: ['pairing'] });
  now().answers('subscribe', subscribed(9, []));
  first.close();
  await vi.advanceTimersByTimeAsync(1_000);
  // the refused one is not repeated
  expect(now().sent.filter(({ method }) => method === 'subscribe')).toHaveLength(2);
  now().heartbeat('e1', 12);
  await again();
  now().accepts();
  expect(now().last('subscribe').params).toEqual({
    topics: ['pairing'],
    orgs: '*',
    since: { epoch: 'e1', seq: 12 },
  });
  client.close();
});
it('for await reads the updates, unsubscribes when the loop is left, and throws the error that ended the subscription', async () => {
  const { client, now } = await openOnline();
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
it('a reader that does not read gets an error', async () => {
  const { client, now } = await openOnline();
  const iterator = client.subscribe({ topics: ['sessions'] })[Symbol.asyncIterator]();
  now().answers('subscribe', subscribed(0, []));
  for (let seq = 1; seq <= 10_000; seq += 1) now().event(seq, 'session.removed', 'acme', { revision: seq });
  await expect(iterator.next()).rejects.toMatchObject({ reason: 'reader_too_slow' });
  expect(now().last('unsubscribe').params).toEqual({ subscriptionId: 'sub_0' });
  client.close();
});
