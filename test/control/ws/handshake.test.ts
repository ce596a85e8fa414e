import { afterEach, describe, expect, it, vi } from 'vitest';
import { adminKey, type Stage, startStage } from '../harness.ts';

let stage: Stage;
afterEach(() => stage.stop());
const hello = (over: object = {}) => ({ protocolVersion: '1.0', client: { name: 'test', version: '1' }, ...over });

describe('initialize', () => {
  it('with a key tells who one is, where the feed stands and what the bounds are', async () => {
    stage = await startStage();
    expect(await stage.knock().request('initialize', hello({ apiKey: adminKey }))).toMatchObject({
      protocolVersion: '1.0',
      server: { name: 'vigia', version: '0.1.0' },
      connectionId: expect.stringMatching(/^c_/),
      principal: { keyId: 'env', scopes: ['admin'], orgs: '*' },
      position: stage.feed.position(),
      heartbeatMs: 25_000,
      limits: { maxMessageBytes: 65_536, maxInFlight: 32, maxSubscriptions: 16, maxOutboundBytes: 1_048_576 },
    });
  });
  it('needs no key when the upgrade carried it, and takes the same one', async () => {
    stage = await startStage();
    const headers = { authorization: `Bearer ${adminKey}` };
    expect((await stage.knock({ headers }).request('initialize', hello())).principal.keyId).toBe('env');
    expect((await stage.knock({ headers }).request('initialize', hello({ apiKey: adminKey }))).principal.keyId).toBe('env');
  });
  it('with another key than the upgrade is refused, then 4401', async () => {
    stage = await startStage();
    const client = stage.knock({ headers: { authorization: `Bearer ${adminKey}` } });
    expect((await client.fails('initialize', hello({ apiKey: `${adminKey}2` }))).data.reason).toBe('unauthenticated');
    expect(await client.closed).toBe(4401);
  });
  it('without a key, or with a wrong one, is answered unauthenticated, then 4401', async () => {
    stage = await startStage();
    for (const params of [hello(), hello({ apiKey: 'wrong' }), hello({ apiKey: 'vigia_abc_def' })]) {
      const client = stage.knock();
      expect((await client.fails('initialize', params)).data.reason).toBe('unauthenticated');
      expect(await client.closed).toBe(4401);
    }
  });
  it('in another version is answered with those that are spoken, then 4406', async () => {
    stage = await startStage();
    const client = stage.knock();
    const error = await client.fails('initialize', hello({ protocolVersion: '2.0', apiKey: adminKey }));
    expect(error.data).toMatchObject({ reason: 'unsupported_version', supported: ['1.0'] });
    expect(await client.closed).toBe(4406);
  });
  it('with wrong params says what is wrong with them, and may be tried again', async () => {
    stage = await startStage();
    const client = stage.knock();
    const error = await client.fails('initialize', { protocolVersion: '1.0', apiKey: adminKey });
    expect(error.data).toMatchObject({ reason: 'invalid_params', issues: [{ path: 'client' }] });
    expect((await client.request('initialize', hello({ apiKey: adminKey }))).protocolVersion).toBe('1.0');
  });
  it('takes a newer client that says more about itself', async () => {
    stage = await startStage();
    const params = hello({ apiKey: adminKey, capabilities: { replay: true } });
    expect((await stage.knock().request('initialize', params)).protocolVersion).toBe('1.0');
  });
  it('twice is refused, then 4409', async () => {
    stage = await startStage();
    const client = await stage.enter();
    expect((await client.fails('initialize', hello({ apiKey: adminKey }))).data.reason).toBe('invalid_request');
    expect(await client.closed).toBe(4409);
  });
  it('must be the first message: anything else is answered not_initialized, then 4401, and tells nothing', async () => {
    stage = await startStage();
    for (const [method, params] of [
      ['session.list', {}],
      ['session.get', {}],
      ['no.such', {}],
      ['ping', {}],
    ] as const) {
      const client = stage.knock();
      const error = await client.fails(method, params);
      expect(error.data.reason).toBe('not_initialized');
      expect(error.data.issues).toBeUndefined();
      expect(await client.closed).toBe(4401);
    }
  });
  it('that never comes is 4408, and nothing was sent before', async () => {
    stage = await startStage({ timings: { initializeMs: 40, heartbeatMs: 5 } });
    const client = stage.knock();
    expect(await client.closed).toBe(4408);
    expect(client.frames).toEqual([]);
  });
  it('in time stops that clock', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    try {
      stage = await startStage();
      const client = stage.knock();
      await client.request('initialize', hello({ apiKey: adminKey }));
      vi.advanceTimersByTime(60_000);
      expect((await client.request('ping')).time).toBe('2026-11-24T03:40:00.000Z');
    } finally {
      vi.useRealTimers();
    }
  });
});
