import { afterEach, describe, expect, it, vi } from 'vitest';
import { adminKey, type Harness, startHarness } from '../harness.ts';

let harness: Harness;
afterEach(() => harness.stop());
const hello = (over: object = {}) => ({
  protocolVersion: '1.0',
  client: { name: 'test', version: '1' },
  ...over,
});

describe('initialize', () => {
  it('with a key returns the principal, the position of the feed and the limits', async () => {
    harness = await startHarness();
    expect(await harness.connect().request('initialize', hello({ apiKey: adminKey }))).toMatchObject({
      protocolVersion: '1.0',
      server: { name: 'vigia', version: '0.1.0' },
      connectionId: expect.stringMatching(/^c_/),
      principal: { keyId: 'env', scopes: ['admin'], orgs: '*' },
      position: harness.feed.position(),
      heartbeatMs: 25_000,
      limits: { maxMessageBytes: 65_536, maxInFlight: 32, maxSubscriptions: 16, maxOutboundBytes: 1_048_576 },
    });
  });
  it('needs no key when the upgrade carried it, and accepts the same one', async () => {
    harness = await startHarness();
    const headers = { authorization: `Bearer ${adminKey}` };
    expect((await harness.connect({ headers }).request('initialize', hello())).principal.keyId).toBe('env');
    expect(
      (await harness.connect({ headers }).request('initialize', hello({ apiKey: adminKey }))).principal.keyId,
    ).toBe('env');
  });
  it('with another key than the upgrade is refused, then 4401', async () => {
    harness = await startHarness();
    const client = harness.connect({ headers: { authorization: `Bearer ${adminKey}` } });
    expect((await client.fails('initialize', hello({ apiKey: `${adminKey}2` }))).data.reason).toBe(
      'unauthenticated',
    );
    expect(await client.closed).toBe(4401);
  });
  it('without a key, or with a wrong one, is answered unauthenticated, then 4401', async () => {
    harness = await startHarness();
    for (const params of [hello(), hello({ apiKey: 'wrong' }), hello({ apiKey: 'vigia_abc_def' })]) {
      const client = harness.connect();
      expect((await client.fails('initialize', params)).data.reason).toBe('unauthenticated');
      expect(await client.closed).toBe(4401);
    }
  });
  it('in another version is answered with the supported ones, then 4406', async () => {
    harness = await startHarness();
    const client = harness.connect();
    const error = await client.fails('initialize', hello({ protocolVersion: '2.0', apiKey: adminKey }));
    expect(error.data).toMatchObject({ reason: 'unsupported_version', supported: ['1.0'] });
    expect(await client.closed).toBe(4406);
  });
  it('with wrong params is answered with the problems, and may be sent again', async () => {
    harness = await startHarness();
    const client = harness.connect();
    const error = await client.fails('initialize', { protocolVersion: '1.0', apiKey: adminKey });
    expect(error.data).toMatchObject({ reason: 'invalid_params', issues: [{ path: 'client' }] });
    expect((await client.request('initialize', hello({ apiKey: adminKey }))).protocolVersion).toBe('1.0');
  });
  it('accepts a newer client that sends more about itself', async () => {
    harness = await startHarness();
    const params = hello({ apiKey: adminKey, capabilities: { replay: true } });
    expect((await harness.connect().request('initialize', params)).protocolVersion).toBe('1.0');
  });
  it('twice is refused, then 4409', async () => {
    harness = await startHarness();
    const client = await harness.initialized();
    expect((await client.fails('initialize', hello({ apiKey: adminKey }))).data.reason).toBe(
      'invalid_request',
    );
    expect(await client.closed).toBe(4409);
  });
  it('must be the first message: any other is answered not_initialized, then 4401', async () => {
    harness = await startHarness();
    for (const [method, params] of [
      ['session.list', {}],
      ['session.get', {}],
      ['no.such', {}],
      ['ping', {}],
    ] as const) {
      const client = harness.connect();
      const error = await client.fails(method, params);
      expect(error.data.reason).toBe('not_initialized');
      expect(error.data.issues).toBeUndefined();
      expect(await client.closed).toBe(4401);
    }
  });
  it('that never comes closes the connection with 4408, and nothing was sent before', async () => {
    harness = await startHarness({ timings: { initializeMs: 40, heartbeatMs: 5 } });
    const client = harness.connect();
    expect(await client.closed).toBe(4408);
    expect(client.frames).toEqual([]);
  });
  it('in time stops the deadline', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    try {
      harness = await startHarness();
      const client = harness.connect();
      await client.request('initialize', hello({ apiKey: adminKey }));
      vi.advanceTimersByTime(60_000);
      expect((await client.request('ping')).time).toBe('2026-11-24T03:40:00.000Z');
    } finally {
      vi.useRealTimers();
    }
  });
});
