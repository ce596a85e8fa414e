import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Client } from '../client.ts';
import { type Harness, startHarness, viewOf } from '../harness.ts';

let harness: Harness;
let client: Client;
beforeEach(async () => {
  harness = await startHarness({ limits: { maxInFlight: 3 } });
  client = await harness.initialized();
});
afterEach(() => harness.stop());

/**
 * The examples of JSON-RPC 2.0, section 7, as far as we speak it: no positional params, no notifications, no
 * batches.
 */
describe('the examples of JSON-RPC 2.0', () => {
  it('a call with named params is answered under its id, whatever the order of the members', async () => {
    await client.send('{"id": 3, "params": {"orgId": "acme"}, "method": "session.get", "jsonrpc": "2.0"}');
    expect((await client.frame((frame) => frame.id === 3)).result.session.orgId).toBe('acme');
    await client.send('{"jsonrpc": "2.0", "method": "ping", "id": "four"}');
    expect((await client.frame((frame) => frame.id === 'four')).result.time).toBeTypeOf('string');
  });
  it('a call with positional params is refused', async () => {
    expect((await client.fails('session.get', ['acme'])).data.reason).toBe('invalid_params');
  });
  it('a notification is refused', async () => {
    for (const text of [
      '{"jsonrpc": "2.0", "method": "update", "params": [1,2,3,4,5]}',
      '{"jsonrpc": "2.0", "method": "ping"}',
    ]) {
      expect(await client.failsWith(text)).toMatchObject({
        id: null,
        code: -32600,
        data: { reason: 'invalid_request' },
      });
    }
  });
  it('a call of an unknown method is method_not_found', async () => {
    for (const method of ['foobar', '__proto__', 'constructor', 'toString', 'hasOwnProperty']) {
      expect((await client.fails(method)).code).toBe(-32601);
    }
  });
  it('a message that is not JSON is a parse error, then 4400', async () => {
    const text = '{"jsonrpc": "2.0", "method": "foobar, "params": "bar", "baz]';
    expect(await client.failsWith(text)).toMatchObject({
      id: null,
      code: -32700,
      data: { reason: 'parse_error' },
    });
    expect(await client.closed).toBe(4400);
  });
  it('an invalid request object is refused, under its id if that can be read', async () => {
    expect(
      await client.failsWith('{"jsonrpc": "2.0", "id": 1.5, "method": 1, "params": "bar"}'),
    ).toMatchObject({ id: null, code: -32600 });
    expect(await client.failsWith('{"jsonrpc": "2.0", "id": 77, "method": 1}')).toMatchObject({
      id: 77,
      code: -32600,
    });
    expect(await client.failsWith('{"jsonrpc": "1.0", "id": 78, "method": "ping"}')).toMatchObject({
      id: 78,
      code: -32600,
    });
    expect(await client.failsWith('{"jsonrpc": "2.0", "id": null, "method": "ping"}')).toMatchObject({
      id: null,
      code: -32600,
    });
    expect(await client.failsWith('{"jsonrpc": "2.0", "id": 79, "result": 19}')).toMatchObject({
      id: 79,
      code: -32600,
    });
  });
  it('a batch is refused, and none of its requests is carried out', async () => {
    const call = { jsonrpc: '2.0', id: 50, method: 'session.stop', params: { orgId: 'acme' } };
    for (const batch of ['[]', '[1]', '[1,2,3]', JSON.stringify([call, call])]) {
      const error = await client.failsWith(batch);
      expect(error).toMatchObject({
        id: null,
        code: -32600,
        message: expect.stringContaining('Batches are not supported'),
      });
    }
    await client.caughtUp();
    expect(harness.stub.commands).toEqual([]);
  });
});

describe('a frame', () => {
  it.each(['42', '"ping"', 'null', 'true'])(
    '%s, which is not an object, is refused, then 4400',
    async (text) => {
      expect((await client.failsWith(text)).data.reason).toBe('invalid_request');
      expect(await client.closed).toBe(4400);
    },
  );
  it('that is binary closes the connection with 1003', async () => {
    await client.send(Buffer.from('{"jsonrpc":"2.0","id":1,"method":"ping"}'));
    expect(await client.closed).toBe(1003);
  });
  it('of 70 KB closes the connection with 1009, and the server goes on', async () => {
    await client.send(
      JSON.stringify({ jsonrpc: '2.0', id: 9, method: 'ping', params: { pad: 'x'.repeat(70_000) } }),
    );
    expect(await client.closed).toBe(1009);
    expect((await (await harness.initialized()).request('ping')).time).toBeTypeOf('string');
  });
  it('in too many fragments closes the connection with 1008', async () => {
    for (let n = 0; n < 200; n += 1) client.socket.send('x', { fin: false });
    expect(await client.closed).toBe(1008);
  });
});

describe('requests in flight', () => {
  const slowly = () => {
    const releases: (() => void)[] = [];
    harness.stub.answer = (org) =>
      new Promise((resolve) => {
        releases.push(() => resolve({ ok: true, session: viewOf(org), changed: false, durable: true }));
      });
    const stop = (id: number) =>
      client.send(JSON.stringify({ jsonrpc: '2.0', id, method: 'session.stop', params: { orgId: 'acme' } }));
    return { releases, stop };
  };
  it('are bounded: one more is refused, and an answer makes room', async () => {
    const { releases, stop } = slowly();
    for (const id of [101, 102, 103, 104]) await stop(id);
    const refused = await client.frame((frame) => frame.id === 104);
    expect(refused.error).toMatchObject({ code: -32008, data: { reason: 'limit_exceeded', limit: 3 } });
    for (const release of releases) release();
    await client.frame((frame) => frame.id === 103);
    await client.caughtUp();
  });
  it('have unique ids: a second one with the same id is refused', async () => {
    const { releases, stop } = slowly();
    await stop(101);
    await stop(101);
    expect((await client.frame((frame) => frame.id === 101)).error.data.reason).toBe('invalid_request');
    expect(harness.stub.commands.length).toBe(1);
    for (const release of releases) release();
    await client.frame((frame) => frame.id === 101 && 'result' in frame);
  });
});
