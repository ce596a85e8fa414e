/**
 * Every reason of an error and every close code of the registry, over a real socket, at least once. The
 * tables have the registry's names as keys: without a row for each name this does not compile.
 */
import type { Socket } from 'node:net';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { SendRefusal } from '../../src/control/messages-port.ts';
import { type CloseReason, closes, type ErrorReason, errors } from '../../src/protocol/errors.ts';
import { messageMethodExamples } from '../../src/protocol/message-method-examples.ts';
import type { Client } from './client.ts';
import { adminKey, type Harness, limitedKeys, startHarness, viewOf } from './harness.ts';
import { messagesStub } from './messages-stub.ts';

let harness: Harness;
afterEach(() => harness.stop());
const hello = { protocolVersion: '1.0', client: { name: 'test', version: '1' } };
const initialized = async (over?: Parameters<typeof startHarness>[0]): Promise<Client> => {
  harness = await startHarness(over);
  return harness.initialized();
};
const connected = async (over?: Parameters<typeof startHarness>[0]): Promise<Client> => {
  harness = await startHarness(over);
  return harness.connect().open();
};
const stop = (client: Client) => client.fails('session.stop', { orgId: 'acme' });

const sendRefused = async (refusal: SendRefusal) => {
  const client = await initialized({ messages: messagesStub({ send: async () => refusal }) });
  return client.fails('message.send', messageMethodExamples['message.send'].params);
};
/** Each function causes its error and returns it. */
const refusals: Readonly<Record<ErrorReason, () => Promise<{ data: Record<string, unknown> }>>> = {
  parse_error: async () => (await initialized()).failsWith('{"jsonrpc": "2.0", "id"'),
  invalid_request: async () => (await initialized()).failsWith('{"jsonrpc": "2.0", "method": "ping"}'),
  method_not_found: async () => (await initialized()).fails('session.restor'),
  invalid_params: async () => {
    const error = await (await initialized()).fails('session.get', {});
    expect(error.data.issues).toEqual([{ path: 'orgId', message: expect.any(String) }]);
    return error;
  },
  internal_error: async () => {
    const client = await initialized();
    harness.stub.answer = () => {
      throw new Error('of ours');
    };
    return stop(client);
  },
  unauthenticated: async () => (await connected()).fails('initialize', { ...hello, apiKey: 'wrong' }),
  not_initialized: async () => (await connected()).fails('ping'),
  forbidden: async () => {
    harness = await startHarness({ keys: limitedKeys({ reader: { scopes: ['sessions:read'], orgs: '*' } }) });
    const error = await stop(await harness.initialized('reader'));
    expect(error.data['scope']).toBe('sessions:control');
    return error;
  },
  not_found: async () => (await initialized()).fails('session.get', { orgId: 'unknown-org' }),
  invalid_state: async () => {
    const client = await initialized();
    const message = 'There is nothing to stop.';
    harness.stub.answer = () => ({
      ok: false,
      kind: 'invalid_state',
      state: 'idle',
      allowed: ['connected'],
      message,
    });
    const error = await stop(client);
    expect(error.data).toMatchObject({ state: 'idle', allowed: ['connected'] });
    return error;
  },
  limit_exceeded: async () => {
    const client = await initialized({ limits: { maxSubscriptions: 1 } });
    await client.request('subscribe', { topics: ['sessions'] });
    const error = await client.fails('subscribe', { topics: ['sessions'] });
    expect(error.data.limit).toBe(1);
    return error;
  },
  rate_limited: async () => {
    const client = await initialized({ limits: { requestBurst: 1, maxRequestsPer10Seconds: 1 } });
    await client.request('ping');
    const error = await client.fails('ping');
    expect(error.data.retryAfterMs).toBeGreaterThan(0);
    return error;
  },
  idempotency_conflict: () => sendRefused({ refused: 'idempotency_conflict', message: 'Another message.' }),
  recipient_unreachable: () => sendRefused({ refused: 'recipient_unreachable', message: 'No device.' }),
  restricted: async () => {
    const error = await sendRefused({ refused: 'restricted', message: 'Not now.', until: 0 });
    expect(error.data.until).toBe('1970-01-01T00:00:00.000Z');
    return error;
  },
  media_refused: () => sendRefused({ refused: 'media_refused', message: 'Too large.' }),
  timeout: async () => {
    const { message: sent } = messageMethodExamples['message.send'].result;
    const error = await sendRefused({ refused: 'timeout', message: 'No answer.', sent });
    expect(error.data.message).toEqual(sent);
    return error;
  },
  unavailable: async () => {
    const client = await initialized();
    harness.stub.draining = true;
    return stop(client);
  },
  unsupported_version: async () => {
    const error = await (await connected()).fails('initialize', {
      ...hello,
      protocolVersion: '2.0',
      apiKey: adminKey,
    });
    expect(error.data.supported).toEqual(['1.0']);
    return error;
  },
};

describe('an error', () => {
  it.each(Object.keys(errors) as ErrorReason[])(
    '%s is answered as the contract declares it',
    async (reason) => {
      expect((await refusals[reason]()).data['reason']).toBe(reason); // its code and the rest: `client.ts`
    },
  );
});

const raw = (client: Client) => (client.socket as unknown as { readonly _socket: Socket })._socket;
/** Each function causes its close and returns the client that receives it. */
const ends: Readonly<Record<CloseReason, () => Promise<Client>>> = {
  normal: async () => {
    const client = await initialized();
    client.socket.close(1000);
    return client;
  },
  going_away: async () => {
    const client = await initialized();
    void harness.server.close();
    return client;
  },
  protocol_error: async () => {
    const client = await initialized();
    raw(client).write(Buffer.from([0x81, 0x01, 0x41])); // a text frame that is not masked: RFC 6455 §5.1
    return client;
  },
  binary_frame: async () => {
    const client = await initialized();
    await client.send(Buffer.from('{}'));
    return client;
  },
  network: async () => {
    const client = await initialized({ timings: { pingMs: 30 } });
    client.socket.pause(); // it answers no ping, so it is terminated; it notices once it reads again
    await vi.waitFor(() => expect(harness.connections()).toBe(0), { timeout: 10_000 });
    client.socket.resume();
    return client;
  },
  bad_utf8: async () => {
    const client = await initialized();
    client.socket.send(Buffer.from([0x22, 0xff, 0x22]), { binary: false });
    return client;
  },
  too_fragmented: async () => {
    const client = await initialized();
    for (let n = 0; n < 100; n += 1) client.socket.send('x', { fin: false });
    return client;
  },
  too_big: async () => {
    const client = await initialized({ limits: { maxMessageBytes: 1_000 } });
    await client.send('x'.repeat(1_001));
    return client;
  },
  internal_error: async () => {
    const keys = limitedKeys({});
    const client = await connected({
      keys: {
        ...keys,
        authenticate: () => {
          throw new Error('of ours');
        },
      },
    });
    await client.send(
      JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'initialize', params: { ...hello, apiKey: 'a' } }),
    );
    return client;
  },
  service_restart: async () => initialized({ limits: { maxConnectionMs: 50 } }),
  bad_message: async () => {
    const client = await initialized();
    await client.send('42');
    return client;
  },
  unauthenticated: async () => {
    const client = await connected();
    await client.fails('initialize', { ...hello, apiKey: 'wrong' });
    return client;
  },
  unsupported_version: async () => {
    const client = await connected();
    await client.fails('initialize', { ...hello, protocolVersion: '0.9', apiKey: adminKey });
    return client;
  },
  flooding: async () => {
    const client = await initialized({ limits: { maxConnectionsPerKey: 1 } });
    const second = await harness.connect().open();
    await second.fails('initialize', { ...hello, apiKey: adminKey });
    expect(client.frames).toHaveLength(1);
    return second;
  },
  initialize_timeout: async () => connected({ timings: { initializeMs: 30 } }),
  initialized_twice: async () => {
    const client = await initialized();
    await client.fails('initialize', { ...hello, apiKey: adminKey });
    return client;
  },
  slow_consumer: async () => {
    const client = await initialized({ limits: { maxOutboundBytes: 1 } });
    await client.request('subscribe', { topics: ['sessions'] });
    client.socket.pause();
    const view = viewOf('acme', { account: { id: 'x', name: 'n'.repeat(1_000_000) } });
    const isCut = () => harness.logged.some(({ fields }) => fields.closeCode === 4508);
    for (let n = 0; n < 200 && !isCut(); n += 1)
      harness.feed.publish({
        type: 'session.updated',
        org: 'acme',
        view,
        previousState: null,
        cause: 'x',
        durable: true,
      });
    client.socket.resume(); // in time to see the code rather than 1006
    return client;
  },
};

describe('a close', () => {
  it.each(Object.keys(closes) as CloseReason[])(
    '%s has the code that the contract declares',
    async (reason) => {
      const client = await ends[reason]();
      expect(await client.closed).toBe(closes[reason].code);
    },
  );
});
