/**
 * Every method and every event of the registry, over a real socket, at least once. The tables have the
 * registry's names as keys: without a row for each name this does not compile. `client.ts` checks every frame
 * against the published schemas.
 */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { MessageDomainEvent } from '../../src/control/port.ts';
import { type EventType, events, type MessageEventType } from '../../src/protocol/events.ts';
import { messageEventExamples } from '../../src/protocol/message-examples.ts';
import { messageMethodExamples } from '../../src/protocol/message-method-examples.ts';
import { type MethodName, methods } from '../../src/protocol/methods.ts';
import { Topic } from '../../src/protocol/scopes.ts';
import { schemas } from '../support/schemas.ts';
import type { Client } from './client.ts';
import { adminKey, alertLike, at, type Harness, startHarness, viewOf } from './harness.ts';

let harness: Harness;
let client: Client;
beforeEach(async () => {
  harness = await startHarness();
  harness.stub.alerts.set('f-1', alertLike());
  client = harness.connect();
  await client.request('initialize', hello);
});
afterEach(() => harness.stop());
const hello = { protocolVersion: '1.0', apiKey: adminKey, client: { name: 'test', version: '1' } };
const acme = { orgId: 'acme' };
const change = {
  org: 'acme',
  view: viewOf('acme', { revision: 8 }),
  previousState: 'connected',
  cause: 'connection.closed',
} as const;
const pairingId = 'pair-1';

const paramsOf = <E extends Readonly<Record<string, { readonly params: object }>>>(all: E) =>
  Object.fromEntries(Object.entries(all).map(([name, { params }]) => [name, params])) as Record<
    keyof E,
    object
  >;
/** Params with which a method has a result. */
const calls: Readonly<Record<MethodName, object>> = {
  initialize: hello,
  subscribe: { topics: Topic.options, orgs: '*' },
  unsubscribe: { subscriptionId: 'sub_1' },
  ping: {},
  'server.status': {},
  'server.settings': {},
  'session.list': { limit: 1, states: ['connected'] },
  'session.get': acme,
  'session.restore': acme,
  'session.retry': { ...acme, force: true },
  'session.stop': acme,
  'session.pair': { ...acme, method: 'code', phoneNumber: '34600111222' },
  'session.pairing': acme,
  'session.cancelPairing': acme,
  'session.logout': acme,
  'session.history': acme,
  'session.explain': acme,
  'webhook.deliveries': { limit: 1, status: 'pending' },
  'webhook.redeliver': { deliveryId: 'django/evt_1' },
  'webhook.test': { endpoint: 'django' },
  'pairing.createLink': { ...acme, method: 'qr', language: 'es' },
  'pairing.links': {},
  'pairing.revokeLink': { linkId: 'link_b3J0aWdhLW9wdGlj' },
  'key.create': { name: 'page', scopes: ['sessions:read'], orgs: ['acme'], expiresInSeconds: 3_600 },
  'key.list': {},
  'key.revoke': { keyId: 'abc' },
  ...paramsOf(messageMethodExamples),
  'alert.list': { limit: 1, status: 'firing' },
  'alert.silence': { fingerprint: 'f-1', until: new Date(at + 1).toISOString() },
};
const messageHappening = <T extends MessageEventType>(type: T) =>
  ({ type, id: 'evt_3', at, org: 'acme', data: messageEventExamples[type] }) as MessageDomainEvent;
/** Domain events that are published as this type, in each of its shapes. */
const happenings: Readonly<Record<EventType, readonly Parameters<Harness['feed']['publish']>[0][]>> = {
  'session.created': [{ type: 'session.created', ...change, previousState: null, durable: false }],
  'session.updated': [
    { type: 'session.updated', ...change, durable: true },
    {
      type: 'session.updated',
      ...change,
      view: viewOf('acme', {
        state: 'failed',
        liveness: null,
        attempt: 10,
        nextRetryAt: at,
        lastError: { reason: 'exhausted', statusCode: 503, at },
        account: null,
        duplicateOf: 'beta',
      }),
      durable: true,
    },
    {
      type: 'session.updated',
      ...change,
      view: viewOf('acme', {
        state: 'pairing',
        liveness: null,
        pairing: { id: pairingId, method: 'qr', expiresAt: at },
      }),
      durable: true,
    },
  ],
  'session.removed': [{ type: 'session.removed', org: 'acme', revision: 9 }],
  'pairing.updated': [
    {
      type: 'pairing.updated',
      org: 'acme',
      update: { status: 'qr', pairingId, qr: 'text', attempt: 1, expiresAt: at },
    },
    {
      type: 'pairing.updated',
      org: 'acme',
      update: { status: 'code', pairingId, code: 'ABCD1234', expiresAt: at },
    },
    {
      type: 'pairing.updated',
      org: 'acme',
      update: { status: 'action_required', pairingId, action: 'passkey', detail: 'Look.' },
    },
    { type: 'pairing.updated', org: 'acme', update: { status: 'completed', pairingId, reason: null } },
    {
      type: 'pairing.updated',
      org: 'acme',
      update: { status: 'expired', pairingId, reason: 'pairing_expired' },
    },
    { type: 'pairing.updated', org: 'acme', update: { status: 'cancelled', pairingId, reason: null } },
    { type: 'pairing.updated', org: 'acme', update: { status: 'failed', pairingId, reason: 'storage' } },
  ],
  'pairing.linkEnded': [{ type: 'pairing.linkEnded', org: 'acme', linkId: 'link_1', outcome: 'expired' }],
  'alert.firing': [
    { type: 'alert.firing', id: 'evt_1', alert: alertLike() },
    {
      type: 'alert.firing',
      id: 'evt_1',
      alert: alertLike({ orgId: null, name: 'MassDisconnect', silencedUntil: new Date(at).toISOString() }),
    },
  ],
  'alert.resolved': [
    {
      type: 'alert.resolved',
      id: 'evt_2',
      alert: alertLike({ status: 'resolved', endsAt: new Date(at).toISOString() }),
    },
  ],
  'message.received': [messageHappening('message.received')],
  'message.sent_elsewhere': [messageHappening('message.sent_elsewhere')],
  'message.changed': [messageHappening('message.changed')],
  'message.unreadable': [messageHappening('message.unreadable')],
  'message.updated': [messageHappening('message.updated')],
  'contact.linked': [messageHappening('contact.linked')],
  'server.draining': [{ type: 'server.draining', deadline: at }],
};

describe('a method', () => {
  const { faults } = schemas();
  it.each(Object.keys(methods) as MethodName[])(
    '%s has a request and a response as the contract declares them',
    async (method) => {
      if (method === 'session.logout')
        harness.stub.answer = () => ({
          ok: true,
          session: null,
          changed: true,
          durable: true,
          unlinked: true,
        });
      expect(faults(`${method}.request`, { jsonrpc: '2.0', id: 1, method, params: calls[method] })).toEqual(
        [],
      );
      if (method === 'initialize') client = harness.connect();
      await client.request(method, calls[method]);
      expect(client.frames.at(-1)).toHaveProperty('result');
    },
  );
});

describe('an event', () => {
  it.each(Object.keys(events) as EventType[])(
    '%s is sent as the contract declares it, in all its shapes',
    async (type) => {
      await client.request('subscribe', calls.subscribe);
      for (const event of happenings[type]) harness.feed.publish(event);
      await client.caughtUp();
      expect(client.events.map((event) => event.type)).toEqual(happenings[type].map(() => type));
    },
  );
  it('has no shape besides these', () => {
    const shown = happenings['pairing.updated'].map(
      (event) => event.type === 'pairing.updated' && event.update.status,
    );
    const declared = events['pairing.updated'].data.options.flatMap(({ shape: { status } }) =>
      'options' in status ? status.options : [status.value],
    );
    expect(new Set(shown)).toEqual(new Set(declared));
  });
});

describe('the schemas', () => {
  it('reject a frame that lacks a member', async () => {
    const { faults } = schemas();
    await client.request('session.get', acme);
    const frame = client.frames.at(-1);
    expect(faults('session.get.response', frame)).toEqual([]);
    const { revision: _, ...session } = frame.result.session;
    expect(faults('session.get.response', { ...frame, result: { session } })).not.toEqual([]);
    expect(faults('ServerFrame', { jsonrpc: '2.0', method: 'event', params: {} })).not.toEqual([]);
  });
});
