import { request } from 'node:http';
import { connect } from 'node:net';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { Failure, Success } from '../../../src/protocol/envelope.ts';
import { methods } from '../../../src/protocol/methods.ts';
import { adminKey, type Harness, limitedKeys, startHarness, viewOf } from '../harness.ts';

let harness: Harness;
afterEach(() => harness.stop());

interface Asked {
  readonly status: number;
  readonly headers: Record<string, string | string[] | undefined>;
  // biome-ignore lint/suspicious/noExplicitAny: the tests look into it
  readonly body: any;
}
const bearer = { authorization: `Bearer ${adminKey}`, 'content-type': 'application/json' };
const post = (
  body: string | Buffer,
  headers: Record<string, string> = bearer,
  { path = '/v1/rpc', method = 'POST' }: { path?: string; method?: string } = {},
) =>
  new Promise<Asked>((resolve, reject) => {
    const asked = request(`${harness.server.url}${path}`, { headers, method }, (response) => {
      let text = '';
      response.on('data', (chunk) => {
        text += chunk;
      });
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: JSON.parse(text) }),
      );
    });
    asked.on('error', reject).end(body);
  });
const call = (method: string, params: unknown = {}, id: unknown = 1) =>
  JSON.stringify({ jsonrpc: '2.0', id, method, params });

describe('POST /v1/rpc', () => {
  it('answers every method of the registry except those of a connection, with the same results', async () => {
    harness = await startHarness();
    const client = await harness.initialized();
    for (const [name, { result }] of Object.entries(methods)) {
      const { status, body } = await post(call(name, { orgId: 'acme' }, name));
      expect(status, name).toBe(200);
      expect(body.id, name).toBe(name);
      if ('result' in body) expect(body.result).toEqual(result.parse(Success.parse(body).result));
      else expect(['invalid_params', 'method_not_found']).toContain(Failure.parse(body).error.data.reason);
    }
    expect((await post(call('session.get', { orgId: 'acme' }))).body.result).toEqual(
      await client.request('session.get', { orgId: 'acme' }),
    );
    for (const name of ['initialize', 'subscribe', 'unsubscribe']) {
      const params = {
        topics: ['sessions'],
        subscriptionId: 'x',
        protocolVersion: '1.0',
        client: { name: 'x', version: '1' },
      };
      const { topics, subscriptionId } = params;
      const own = { initialize: params, subscribe: { topics } }[name as string] ?? { subscriptionId };
      const { error } = (await post(call(name, own))).body;
      expect(error, name).toMatchObject({ code: -32601, message: expect.stringContaining('WebSocket') });
    }
  });
  it('answers 200 with a JSON-RPC error for a wrong request with a valid key', async () => {
    harness = await startHarness();
    for (const [text, reason] of [
      ['{"a', 'parse_error'],
      ['', 'parse_error'],
      ['42', 'invalid_request'],
      ['[]', 'invalid_request'],
      ['{"jsonrpc":"2.0","method":"ping"}', 'invalid_request'],
      [call('no.such'), 'method_not_found'],
      [call('session.get', {}), 'invalid_params'],
      [call('session.get', { orgId: 'unknown-org' }), 'not_found'],
    ] as const) {
      const { status, body } = await post(text);
      expect(status, text).toBe(200);
      expect(Failure.parse(body).error.data.reason, text).toBe(reason);
    }
    const notUtf8 = await post(Buffer.from([0x22, 0xff, 0x22]));
    expect(notUtf8.status).toBe(200);
    expect(notUtf8.body.error.data.reason).toBe('parse_error');
  });
  it('applies the scopes and organizations of the key', async () => {
    harness = await startHarness({
      keys: limitedKeys({ reader: { scopes: ['sessions:read'], orgs: ['acme'] } }),
    });
    const headers = { ...bearer, authorization: 'Bearer reader' };
    expect((await post(call('session.get', { orgId: 'acme' }), headers)).body.result.session.orgId).toBe(
      'acme',
    );
    expect((await post(call('session.get', { orgId: 'beta' }), headers)).body.error.data.reason).toBe(
      'not_found',
    );
    expect((await post(call('session.stop', { orgId: 'acme' }), headers)).body.error.data).toMatchObject({
      reason: 'forbidden',
    });
    expect(harness.stub.commands).toEqual([]);
  });
  it('refuses earlier problems with an HTTP status and a message, and carries out nothing', async () => {
    harness = await startHarness();
    const stop = call('session.stop', { orgId: 'acme' });
    const { authorization, ...keyless } = bearer;
    const refused = async (status: number, code: string, asked: Promise<Asked>) => {
      const answer = await asked;
      expect(answer.status).toBe(status);
      expect(answer.body.error.code).toBe(code);
      expect(answer.body.error.message).toMatch(/[.…]"?\.?$/);
      return answer;
    };
    expect((await refused(401, 'unauthenticated', post(stop, keyless))).headers['www-authenticate']).toBe(
      'Bearer',
    );
    await refused(401, 'unauthenticated', post(stop, { ...bearer, authorization: 'Bearer wrong' }));
    await refused(401, 'unauthenticated', post('x'.repeat(100_000), keyless));
    await refused(403, 'host_not_allowed', post(stop, { ...bearer, host: 'evil.example' }));
    await refused(403, 'origin_not_allowed', post(stop, { ...bearer, origin: 'https://evil.example' }));
    await refused(400, 'key_in_address', post(stop, bearer, { path: `/v1/rpc?key=${adminKey}` }));
    await refused(415, 'unsupported_media_type', post(stop, { authorization }));
    for (const type of [
      'text/plain',
      'application/json; charset=latin1',
      'application/jsonp',
      'application/x-www-form-urlencoded',
    ])
      await refused(415, 'unsupported_media_type', post(stop, { authorization, 'content-type': type }));
    await refused(415, 'unsupported_media_type', post(stop, { ...bearer, 'content-encoding': 'gzip' }));
    expect(
      (await refused(405, 'method_not_allowed', post('', bearer, { method: 'GET' }))).headers['allow'],
    ).toBe('POST, OPTIONS');
    expect(harness.stub.commands).toEqual([]);
    expect(
      (await post(stop, { authorization, 'content-type': 'application/json; charset=UTF-8' })).body.result
        .changed,
    ).toBe(true);
  });
  it('accepts 64 KiB and refuses more with 413, with and without a content-length', async () => {
    harness = await startHarness();
    const fill = (bytes: number) => call('ping', {}, 1).padEnd(bytes);
    expect((await post(fill(65_536))).body.result.time).toBeTypeOf('string');
    for (const headers of [bearer, { ...bearer, 'transfer-encoding': 'chunked' }]) {
      const { status, body } = await post(fill(65_537), headers);
      expect(status).toBe(413);
      expect(body.error.code).toBe('too_large');
    }
    expect((await post(fill(2_000_000), { ...bearer, 'transfer-encoding': 'chunked' })).status).toBe(413);
  });
  it('bounds the requests in flight of one key', async () => {
    harness = await startHarness({ limits: { maxInFlight: 2 } });
    const releases: (() => void)[] = [];
    harness.stub.answer = (org) =>
      new Promise((resolve) => {
        releases.push(() => resolve({ ok: true, session: viewOf(org), changed: false, durable: true }));
      });
    const two = [1, 2].map((id) => post(call('session.stop', { orgId: 'acme' }, id)));
    await vi.waitFor(() => expect(releases.length).toBe(2));
    expect((await post(call('ping'))).body.error.data).toMatchObject({ reason: 'limit_exceeded', limit: 2 });
    for (const release of releases) release();
    expect((await Promise.all(two)).map(({ body }) => body.id)).toEqual([1, 2]);
    expect((await post(call('ping'))).body.result.time).toBeTypeOf('string');
  });
  it('hides a fault of ours, and survives a client that disconnects within its request', async () => {
    harness = await startHarness();
    harness.stub.answer = () => {
      throw new Error('the secret of the innards');
    };
    const { body } = await post(call('session.stop', { orgId: 'acme' }));
    expect(body.error.data.reason).toBe('internal_error');
    expect(JSON.stringify(body)).not.toContain('innards');
    const faults = () => harness.logged.filter(({ level }) => level === 'error').length;
    expect(faults()).toBe(1);
    const half = connect(Number(new URL(harness.server.url).port), '127.0.0.1');
    half.write(
      `POST /v1/rpc HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${adminKey}\r\nContent-Type: ` +
        `application/json\r\nContent-Length: 50\r\n\r\n{"json`,
      () => half.destroy(),
    );
    expect((await post(call('ping'))).status).toBe(200);
    expect(faults()).toBe(1);
  });
  it('answers requests in flight when the server closes', async () => {
    harness = await startHarness();
    let release = () => {};
    harness.stub.answer = (org) =>
      new Promise((resolve) => {
        release = () => resolve({ ok: true, session: viewOf(org), changed: true, durable: true });
      });
    const asked = post(call('session.stop', { orgId: 'acme' }));
    await vi.waitFor(() => expect(harness.stub.commands.length).toBe(1));
    const closed = harness.server.close();
    release();
    expect((await asked).body.result.changed).toBe(true);
    await closed;
  });
});
