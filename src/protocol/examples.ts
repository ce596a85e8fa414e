/**
 * One example of every method over HTTP: what is sent, and what is answered. The OpenAPI document and the
 * pages for integrators show them. A test sends each to a server and compares the answer.
 */
import { acme, beta, delivery, firing, gamma, link } from './example-objects.ts';
import { messageMethodExamples } from './message-method-examples.ts';
import type { MethodName, Result } from './methods.ts';

/** The other methods belong to a connection: they exist on a WebSocket only. */
export type PlainMethod = Exclude<MethodName, 'initialize' | 'subscribe' | 'unsubscribe'>;

export const examples: {
  readonly [M in PlainMethod]: { readonly params: object; readonly result: Result<M> };
} = {
  ping: { params: {}, result: { time: '2026-11-24T03:40:00.000Z' } },
  'server.status': {
    params: {},
    result: {
      version: '0.1.0',
      startedAt: '2026-11-24T03:40:00.000Z',
      draining: false,
      database: 'durable',
      counts: { idle: 0, restoring: 0, pairing: 1, connected: 1, retrying: 0, failed: 1 },
    },
  },
  'server.settings': {
    params: {},
    result: { settings: [{ name: 'PORT', value: 3_000, from: 'default' }] },
  },
  'session.list': { params: { states: ['failed'] }, result: { items: [gamma], nextCursor: null } },
  'session.get': { params: { orgId: 'acme' }, result: { session: acme } },
  'session.restore': { params: { orgId: 'acme' }, result: { session: acme, changed: true, durable: true } },
  'session.retry': { params: { orgId: 'gamma' }, result: { session: gamma, changed: true, durable: true } },
  'session.stop': { params: { orgId: 'acme' }, result: { session: acme, changed: true, durable: true } },
  'session.pair': {
    params: { orgId: 'beta' },
    result: {
      session: beta,
      changed: true,
      durable: true,
      pairingId: 'pair-k3VmZ0a1b2c3d4e5',
      expiresAt: '2026-11-24T03:43:00.000Z',
    },
  },
  'session.pairing': {
    params: { orgId: 'beta' },
    result: {
      session: beta,
      pairing: {
        pairingId: 'pair-k3VmZ0a1b2c3d4e5',
        method: 'qr',
        expiresAt: '2026-11-24T03:43:00.000Z',
        qr: { text: '2@mJ8o…,k1Zx…,q0Wn…,b7Rt…', attempt: 1, expiresAt: '2026-11-24T03:40:20.000Z' },
        code: null,
      },
    },
  },
  'session.cancelPairing': {
    params: { orgId: 'beta' },
    result: { session: beta, changed: true, durable: true },
  },
  'session.logout': {
    params: { orgId: 'acme' },
    result: { session: null, unlinked: true, changed: true, durable: true },
  },
  'session.history': {
    params: { orgId: 'acme', limit: 1 },
    result: {
      items: [
        {
          id: 41,
          at: '2026-11-24T02:40:00.000Z',
          from: 'restoring',
          to: 'connected',
          cause: 'connection.caughtUp',
          reason: null,
          attempt: 0,
          desired: 'running',
          liveness: 'healthy',
          revision: 7,
          nextRetryAt: null,
        },
      ],
      nextCursor: null,
    },
  },
  'session.explain': {
    params: { orgId: 'gamma' },
    result: {
      orgId: 'gamma',
      text:
        '"gamma" has failed (since 2026-11-24 03:40:00 UTC, for a moment). WhatsApp unlinked this ' +
        'device: someone removed it on the phone, the phone was unused for 14 days, or WhatsApp ' +
        'enforced it. WhatsApp’s status code is 401. Nothing happens by itself until a person acts, ' +
        'or other credentials are put in its directory. Pair it again with the phone. The old ' +
        'credentials are worthless and are archived when it is paired again. You can pair it with the ' +
        'phone (session.pair).',
      lines: {
        what:
          '"gamma" has failed (since 2026-11-24 03:40:00 UTC, for a moment). WhatsApp unlinked this ' +
          'device: someone removed it on the phone, the phone was unused for 14 days, or WhatsApp ' +
          'enforced it. WhatsApp’s status code is 401.',
        next:
          'Nothing happens by itself until a person acts, or other credentials are put in its ' +
          'directory.',
        you:
          'Pair it again with the phone. The old credentials are worthless and are archived when it is ' +
          'paired again.',
      },
      state: 'failed',
      since: '2026-11-24T03:40:00.000Z',
      reason: 'revoked',
      statusCode: 401,
      cause: null,
      next: { what: 'nothing', at: null },
      canDo: [
        { method: 'session.pair', force: false, advised: true },
        { method: 'session.stop', force: false, advised: false },
        { method: 'session.logout', force: false, advised: false },
      ],
    },
  },
  ...messageMethodExamples,
  'alert.list': { params: { status: 'firing' }, result: { items: [firing], nextCursor: null } },
  'alert.silence': {
    params: { fingerprint: '5f0c2b9a41d87e63', until: '2026-11-24T04:40:00.000Z' },
    result: { alert: { ...firing, silencedUntil: '2026-11-24T04:40:00.000Z' } },
  },
  'webhook.deliveries': { params: { status: 'pending' }, result: { items: [delivery], nextCursor: null } },
  'webhook.redeliver': { params: { deliveryId: 'django/evt_1' }, result: { delivery: delivery } },
  'webhook.test': { params: { endpoint: 'django' }, result: { status: 200, error: null, durationMs: 12 } },
  'pairing.createLink': {
    params: { orgId: 'acme', name: 'Óptica Luz', language: 'es' },
    result: { link, url: 'https://vigia.example/link#wq3yV0cZk0m7uWcE9oQv2xJmXn5rT8sLdB1aHfG4iKp' },
  },
  'pairing.links': { params: { orgId: 'acme' }, result: { items: [link] } },
  'pairing.revokeLink': {
    params: { linkId: 'link_b3J0aWdhLW9wdGlj' },
    result: { linkId: 'link_b3J0aWdhLW9wdGlj', changed: true },
  },
  'key.create': {
    params: { name: 'page of acme', scopes: ['sessions:read'], orgs: ['acme'], expiresInSeconds: 3600 },
    result: {
      keyId: '2639d37c65c3',
      key: 'vigia_2639d37c65c3_(43 more characters)',
      expiresAt: '2026-11-24T04:40:00.000Z',
    },
  },
  'key.list': {
    params: {},
    result: {
      items: [
        {
          keyId: 'abc',
          name: 'backend',
          scopes: ['sessions:read'],
          orgs: ['acme'],
          createdAt: '2026-11-24T03:40:00.000Z',
          createdBy: null,
          expiresAt: null,
          revokedAt: null,
          status: 'active',
        },
      ],
      nextCursor: null,
    },
  },
  'key.revoke': { params: { keyId: 'abc' }, result: { keyId: 'abc', changed: true } },
};
