/** Calls that are answered, refused, lost or late. A command is never sent twice. */
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { connect } from '../../src/client/client.ts';
import { fakeSockets } from './fake-socket.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => {
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});
const open = async () => {
  const fake = fakeSockets();
  const client = connect({
    url: 'http://127.0.0.1:3000',
    apiKey: 'a-key',
    WebSocket: fake.WebSocket,
    random: () => 1,
  });
  await vi.advanceTimersByTimeAsync(0);
  return { ...fake, client };
};
const methods = (socket: { sent: readonly { method: string }[] }) => socket.sent.map(({ method }) => method);

it('a call resolves with the result, and the client ignores frames that it does not know', async () => {
  const { client, now } = await open();
  now().accepts();
  const answer = client.call('session.stop', { orgId: 'acme' });
  now().sends({ method: 'a.later.invention', params: {} });
  now().sends({ id: 4711, result: {} });
  now().sends({ id: null, error: { code: -32700, message: 'Not an answer to any request.' } });
  now().answers('session.stop', { changed: true, durable: true, session: { orgId: 'acme', newField: 1 } });
  expect(await answer).toMatchObject({ changed: true, session: { orgId: 'acme', newField: 1 } });
  expect(now().last('session.stop').params).toEqual({ orgId: 'acme' });
  client.close();
});
it('a refused call rejects with the reason of the server, also with one that the client does not know', async () => {
  const { client, now } = await open();
  now().accepts();
  const refused = client.call('session.retry', { orgId: 'acme' });
  const { id } = now().last('session.retry');
  const data = { reason: 'of_a_newer_server', retryable: true, requestId: 'r_9', allowed: ['failed'] };
  now().sends({ id, error: { code: -32099, message: 'Not now.', data } });
  await expect(refused).rejects.toMatchObject({
    name: 'VigiaError',
    reason: 'of_a_newer_server',
    message: 'Not now.',
    retryable: true,
    requestId: 'r_9',
    data: { allowed: ['failed'] },
    sent: true,
  });
  client.close();
});
it('calls without a connection wait for one, and keep their order', async () => {
  const { client, now } = await open();
  const calls = [client.call('session.stop', { orgId: 'a' }), client.call('session.restore', { orgId: 'a' })];
  now().ends(1006);
  await vi.advanceTimersByTimeAsync(500);
  now().accepts();
  expect(methods(now())).toEqual(['initialize', 'session.stop', 'session.restore']);
  now().answers('session.stop', { changed: true });
  now().answers('session.restore', { changed: false });
  expect(await Promise.all(calls)).toEqual([{ changed: true }, { changed: false }]);
  client.close();
});
it('a call that was sent before the connection was lost is rejected, and never repeated', async () => {
  const { client, now } = await open();
  now().accepts();
  const lost = client.call('session.logout', { orgId: 'acme' });
  const rejected = expect(lost).rejects.toMatchObject({ reason: 'disconnected', sent: true });
  now().ends(1006);
  await rejected;
  await vi.advanceTimersByTimeAsync(500);
  now().accepts();
  await vi.advanceTimersByTimeAsync(20_000);
  expect(methods(now())).toEqual(['initialize']);
  client.close();
});
it('a call that is not answered in time is rejected, the error says whether it was sent, and a late answer is ignored', async () => {
  const { client, now } = await open();
  const unsent = expect(client.call('ping', {}, { timeoutMs: 100 })).rejects.toMatchObject({
    reason: 'no_answer',
    sent: false,
  });
  await vi.advanceTimersByTimeAsync(100);
  await unsent;
  now().accepts();
  expect(methods(now())).toEqual(['initialize']); // it is no longer sent
  const late = expect(client.call('ping', {}, { timeoutMs: 100 })).rejects.toMatchObject({
    reason: 'no_answer',
    sent: true,
  });
  await vi.advanceTimersByTimeAsync(100);
  await late;
  now().answers('ping', { time: 'x' });
  client.close();
});
it('a call can be aborted before and after it was sent', async () => {
  const { client, now } = await open();
  await expect(client.call('ping', {}, { signal: AbortSignal.abort() })).rejects.toMatchObject({
    reason: 'aborted',
    sent: false,
  });
  now().accepts();
  const controller = new AbortController();
  const aborted = expect(client.call('ping', {}, { signal: controller.signal })).rejects.toMatchObject({
    reason: 'aborted',
    sent: true,
  });
  controller.abort();
  await aborted;
  expect(methods(now())).toEqual(['initialize', 'ping']);
  client.close();
});
it('the client keeps to the number of calls in flight that the server allows', async () => {
  const { client, now } = await open();
  now().accepts({ maxInFlight: 2 });
  const calls = ['a', 'b', 'c'].map((orgId) => client.call('session.get', { orgId }));
  expect(methods(now())).toEqual(['initialize', 'session.get', 'session.get']);
  now().sends({ id: now().sent[1]?.id, result: { session: 1 } });
  expect(now().last('session.get').params).toEqual({ orgId: 'c' });
  for (const { id } of now().sent.slice(2)) now().sends({ id, result: { session: 1 } });
  expect(await Promise.all(calls)).toHaveLength(3);
  client.close();
});
it('the number of waiting calls is bounded', async () => {
  const { client } = await open();
  const waiting = Array.from({ length: 1_000 }, () =>
    client.call('ping').catch((error: { reason: string }) => error.reason),
  );
  await expect(client.call('ping')).rejects.toMatchObject({ reason: 'too_many_waiting', sent: false });
  client.close();
  expect(new Set(await Promise.all(waiting))).toEqual(new Set(['client_closed']));
});
