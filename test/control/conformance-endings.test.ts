/**
 * Every reason of an error and every close code of the registry, over a real socket, at least once. The tables have the registry's
 * names as keys: who adds to the registry adds a row here, or this does not compile.
 */
import type { Socket } from 'node:net';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { type CloseReason, closes, type ErrorReason, errors } from '../../src/protocol/errors.ts';
import type { Client } from './client.ts';
import { adminKey, limitedKeys, type Stage, startStage, viewOf } from './harness.ts';

let stage: Stage;
afterEach(() => stage.stop());
const hello = { protocolVersion: '1.0', client: { name: 'test', version: '1' } };
const enter = async (over?: Parameters<typeof startStage>[0]): Promise<Client> => {
  stage = await startStage(over);
  return stage.enter();
};
const knock = async (over?: Parameters<typeof startStage>[0]): Promise<Client> => {
  stage = await startStage(over);
  return stage.knock().open();
};
const stop = (client: Client) => client.fails('session.stop', { orgId: 'acme' });

/** Each makes its error, and gives it. */
const refusals: Readonly<Record<ErrorReason, () => Promise<{ data: Record<string, unknown> }>>> = {
  parse_error: async () => (await enter()).failsWith('{"jsonrpc": "2.0", "id"'),
  invalid_request: async () => (await enter()).failsWith('{"jsonrpc": "2.0", "method": "ping"}'),
  method_not_found: async () => (await enter()).fails('session.restor'),
  invalid_params: async () => {
    const error = await (await enter()).fails('session.get', {});
    expect(error.data.issues).toEqual([{ path: 'orgId', message: expect.any(String) }]);
    return error;
  },
  internal_error: async () => {
    const client = await enter();
    stage.world.answer = () => {
      throw new Error('of ours');
    };
    return stop(client);
  },
  unauthenticated: async () => (await knock()).fails('initialize', { ...hello, apiKey: 'wrong' }),
  not_initialized: async () => (await knock()).fails('ping'),
  forbidden: async () => {
    stage = await startStage({ keys: limitedKeys({ reader: { scopes: ['sessions:read'], orgs: '*' } }) });
    const error = await stop(await stage.enter('reader'));
    expect(error.data['scope']).toBe('sessions:control');
    return error;
  },
  not_found: async () => (await enter()).fails('session.get', { orgId: 'nobody' }),
  invalid_state: async () => {
    const client = await enter();
    const message = 'There is nothing to stop.';
    stage.world.answer = () => ({ ok: false, kind: 'invalid_state', state: 'idle', allowed: ['connected'], message });
    const error = await stop(client);
    expect(error.data).toMatchObject({ state: 'idle', allowed: ['connected'] });
    return error;
  },
  limit_exceeded: async () => {
    const client = await enter({ limits: { maxSubscriptions: 1 } });
    await client.request('subscribe', { topics: ['sessions'] });
    const error = await client.fails('subscribe', { topics: ['sessions'] });
    expect(error.data.limit).toBe(1);
    return error;
  },
  rate_limited: async () => {
    const client = await enter({ limits: { requestBurst: 1, maxRequestsPer10Seconds: 1 } });
    await client.request('ping');
    const error = await client.fails('ping');
    expect(error.data.retryAfterMs).toBeGreaterThan(0);
    return error;
  },
  unavailable: async () => {
    const client = await enter();
    stage.world.draining = true;
    return stop(client);
  },
  unsupported_version: async () => {
    const error = await (await knock()).fails('initialize', { ...hello, protocolVersion: '2.0', apiKey: adminKey });
    expect(error.data.supported).toEqual(['1.0']);
    return error;
  },
};

describe('an error', () => {
  it.each(Object.keys(errors) as ErrorReason[])('%s is answered as the contract has it', async (reason) => {
    expect((await refusals[reason]()).data['reason']).toBe(reason); // its code and the rest: `client.ts`
  });
});

const raw = (client: Client) => (client.socket as unknown as { readonly _socket: Socket })._socket;
/** Each brings its close about, and gives the client that sees it. */
const ends: Readonly<Record<CloseReason, () => Promise<Client>>> = {
  normal: async () => {
    const client = await enter();
    client.socket.close(1000);
    return client;
  },
  going_away: async () => {
    const client = await enter();
    void stage.server.close();
    return client;
  },
  protocol_error: async () => {
    const client = await enter();
    raw(client).write(Buffer.from([0x81, 0x01, 0x41])); // a text frame that is not masked: RFC 6455 §5.1
    return client;
  },
  binary_frame: async () => {
    const client = await enter();
    await client.say(Buffer.from('{}'));
    return client;
  },
  network: async () => {
    const client = await enter({ timings: { pingMs: 30 } });
    client.socket.pause(); // silent, so it is cut; that shows once it listens again
    await vi.waitFor(() => expect(stage.connections()).toBe(0), { timeout: 10_000 });
    client.socket.resume();
    return client;
  },
  bad_utf8: async () => {
    const client = await enter();
    client.socket.send(Buffer.from([0x22, 0xff, 0x22]), { binary: false });
    return client;
  },
  too_fragmented: async () => {
    const client = await enter();
    for (let n = 0; n < 100; n += 1) client.socket.send('x', { fin: false });
    return client;
  },
  too_big: async () => {
    const client = await enter({ limits: { maxMessageBytes: 1_000 } });
    await client.say('x'.repeat(1_001));
    return client;
  },
  internal_error: async () => {
    const keys = limitedKeys({});
    const client = await knock({
      keys: {
        ...keys,
        authenticate: () => {
          throw new Error('of ours');
        },
      },
    });
    await client.say(JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'initialize', params: { ...hello, apiKey: 'a' } }));
    return client;
  },
  service_restart: async () => enter({ limits: { maxConnectionMs: 50 } }),
  bad_message: async () => {
    const client = await enter();
    await client.say('42');
    return client;
  },
  unauthenticated: async () => {
    const client = await knock();
    await client.fails('initialize', { ...hello, apiKey: 'wrong' });
    return client;
  },
  unsupported_version: async () => {
    const client = await knock();
    await client.fails('initialize', { ...hello, protocolVersion: '0.9', apiKey: adminKey });
    return client;
  },
  flooding: async () => {
    const client = await enter({ limits: { maxConnectionsPerKey: 1 } });
    const second = await stage.knock().open();
    await second.fails('initialize', { ...hello, apiKey: adminKey });
    expect(client.frames).toHaveLength(1);
    return second;
  },
  initialize_timeout: async () => knock({ timings: { initializeMs: 30 } }),
  initialized_twice: async () => {
    const client = await enter();
    await client.fails('initialize', { ...hello, apiKey: adminKey });
    return client;
  },
  slow_consumer: async () => {
    const client = await enter({ limits: { maxOutboundBytes: 1 } });
    await client.request('subscribe', { topics: ['sessions'] });
    client.socket.pause();
    const view = viewOf('acme', { account: { id: 'x', name: 'n'.repeat(1_000_000) } });
    const isCut = () => stage.logged.some(({ fields }) => fields.closeCode === 4508);
    for (let n = 0; n < 200 && !isCut(); n += 1)
      stage.feed.publish({ type: 'session.updated', org: 'acme', view, previousState: null, cause: 'x', durable: true });
    client.socket.resume(); // in time to see the code rather than 1006
    return client;
  },
};

describe('a close', () => {
  it.each(Object.keys(closes) as CloseReason[])('%s is seen with the code that the contract has', async (reason) => {
    const client = await ends[reason]();
    expect(await client.closed).toBe(closes[reason].code);
  });
});
