/** Every method as a plain HTTP request. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { errors } from '../../../src/protocol/errors.ts';
import { type MethodName, methods } from '../../../src/protocol/methods.ts';
import { adminKey, type Harness, limitedKeys, startHarness } from '../harness.ts';

const keys = limitedKeys({
  [adminKey]: { scopes: ['admin'], orgs: '*' },
  reader: { scopes: ['sessions:read'], orgs: ['acme'] },
});
let harness: Harness;
beforeEach(async () => {
  harness = await startHarness({ keys });
});
afterEach(() => harness.stop());
const json = { 'content-type': 'application/json' };
const post = async (
  method: string,
  body: string | undefined,
  { key = adminKey, ...headers }: Record<string, string> = {},
) => {
  const response = await fetch(`${harness.server.url}/v1/${method}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, ...(body === undefined ? {} : json), ...headers },
    ...(body !== undefined && { body }),
  });
  // biome-ignore lint/suspicious/noExplicitAny: the tests look into it
  return { status: response.status, headers: response.headers, body: (await response.json()) as any };
};
const call = (method: string, params: object, key = adminKey) =>
  post(method, JSON.stringify(params), { key });

describe('POST /v1/{method}', () => {
  it('takes the params as the body, and answers with the result alone', async () => {
    const client = await harness.initialized();
    for (const [method, params] of [
      ['session.get', { orgId: 'acme' }],
      ['session.stop', { orgId: 'acme' }],
      ['session.list', { limit: 1 }],
      ['server.status', {}],
    ] as const satisfies readonly (readonly [MethodName, object])[]) {
      const { status, body } = await call(method, params);
      expect(status, method).toBe(200);
      expect(body, method).toEqual(await client.request(method, params));
    }
  });
  it('needs no body and no content type where no param is required', async () => {
    expect((await post('ping', undefined)).body.time).toBeTypeOf('string');
    expect((await post('session.list', '')).body.items).toHaveLength(2);
  });
  it('exists for every method, and says of a method of a socket that it belongs to one', async () => {
    for (const method of Object.keys(methods)) {
      const { status } = await call(method, { orgId: 'acme' });
      expect([200, 400, 404], method).toContain(status);
    }
    const { status, body } = await call('subscribe', { topics: ['sessions'] });
    expect(status).toBe(404);
    expect(body.error).toMatchObject({
      code: 'method_not_found',
      message: expect.stringContaining('WebSocket'),
    });
    expect((await call('no.such', {})).status).toBe(404);
  });
  it('answers an error with its slug, its details and a status that fits', async () => {
    const outcome = async (asked: ReturnType<typeof post>) => {
      const { status, body } = await asked;
      expect(body.error.message).toMatch(/[.!]$/);
      return [status, body.error.code];
    };
    expect(await outcome(post('session.get', '{"a'))).toEqual([400, 'parse_error']);
    expect(await outcome(post('session.get', '[]'))).toEqual([400, 'invalid_params']);
    expect(await outcome(call('session.get', {}))).toEqual([400, 'invalid_params']);
    expect(await outcome(call('session.get', { orgId: 'nobody' }))).toEqual([404, 'not_found']);
    expect(await outcome(call('session.get', { orgId: 'beta' }, 'reader'))).toEqual([404, 'not_found']);
    expect(await outcome(call('session.stop', { orgId: 'acme' }, 'reader'))).toEqual([403, 'forbidden']);
    expect(await outcome(call('session.get', { orgId: 'acme' }, 'wrong'))).toEqual([401, 'unauthenticated']);
    expect(await outcome(post('session.get', 'orgId=acme', { 'content-type': 'text/plain' }))).toEqual([
      415,
      'unsupported_media_type',
    ]);
    harness.stub.answer = () => ({
      ok: false,
      kind: 'invalid_state',
      message: 'It is connected.',
      state: 'connected',
      allowed: ['failed'],
    });
    expect((await call('session.retry', { orgId: 'acme' })).body.error).toEqual({
      code: 'invalid_state',
      message: 'It is connected.',
      state: 'connected',
      allowed: ['failed'],
      retryable: false,
      requestId: expect.stringMatching(/^r_/),
    });
    harness.stub.draining = true;
    expect(await outcome(call('session.stop', { orgId: 'acme' }))).toEqual([503, 'unavailable']);
  });
  it('answers GET with 405, and names POST', async () => {
    const response = await fetch(`${harness.server.url}/v1/session.list`);
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'POST, OPTIONS']);
  });
  it('says how long to wait after too many requests', async () => {
    await harness.stop();
    harness = await startHarness({ keys, limits: { maxRequestsPer10Seconds: 1, requestBurst: 1 } });
    expect((await call('ping', {})).status).toBe(200);
    const { status, headers, body } = await call('ping', {});
    expect(status).toBe(429);
    expect(Number(headers.get('retry-after'))).toBe(Math.ceil(body.error.retryAfterMs / 1_000));
  });
  it('has a status of its class for every error', () => {
    for (const [slug, { status, retryable }] of Object.entries(errors)) {
      expect(status, slug).toBeGreaterThanOrEqual(400);
      if (retryable) expect([429, 500, 503, 504], slug).toContain(status);
    }
  });
});
