import { afterEach, describe, expect, it } from 'vitest';
import { refusalOf } from '../../../machines/domain/commands.ts';
import { authorize, canSee, hasScope } from '../../../src/control/access/authorize.ts';
import { methods } from '../../../src/protocol/methods.ts';
import { scopes } from '../../../src/protocol/scopes.ts';
import type { Client } from '../client.ts';
import { at, type Harness, limitedKeys, startHarness, viewOf } from '../harness.ts';

let harness: Harness;
afterEach(() => harness.stop());

const keys = limitedKeys({
  tenant: { scopes: scopes.filter((scope) => scope !== 'admin'), orgs: ['acme', 'not-yet-there'] },
  everyones: { scopes: scopes.filter((scope) => scope !== 'admin'), orgs: '*' },
  reader: { scopes: ['sessions:read'], orgs: '*' },
  pairer: { scopes: ['sessions:pair'], orgs: '*' },
});
const initialized = async (key: string): Promise<Client> => {
  harness = await startHarness({ keys });
  return harness.initialized(key);
};

describe('a key for some organizations', () => {
  it('gets the same answer for a foreign organization and for one that does not exist', async () => {
    const client = await initialized('tenant');
    for (const [method, { params }] of Object.entries(methods)) {
      if (!params.safeParse({ orgId: 'beta' }).success) continue;
      const [foreign, unknown] = [
        await client.fails(method, { orgId: 'beta' }),
        await client.fails(method, { orgId: 'unknown-org' }),
      ];
      expect(foreign.code, method).toBe(-32004);
      const plain = (error: { message: string; data: object }) => ({
        ...error,
        message: error.message.replace(/"[\w-]+"/, ''),
        data: { ...error.data, requestId: '' },
      });
      expect(plain(foreign), method).toEqual(plain(unknown));
    }
    expect(harness.stub.commands).toEqual([]);
  });
  it('gets that answer for its own organization that does not exist, too', async () => {
    const client = await initialized('tenant');
    const [own, foreign] = [
      await client.fails('session.get', { orgId: 'not-yet-there' }),
      await client.fails('session.get', { orgId: 'beta' }),
    ];
    expect(own.message.replace('not-yet-there', 'beta')).toBe(foreign.message);
  });
  it('lists, counts and receives events of only its own', async () => {
    const client = await initialized('tenant');
    expect((await client.request('session.list')).items).toMatchObject([{ orgId: 'acme' }]);
    expect((await client.request('server.status')).counts.connected).toBe(1);
    harness.stub.pairings.set('beta', {
      status: 'qr',
      pairingId: 'p',
      qr: 'not-for-you',
      attempt: 1,
      expiresAt: at + 1,
    });
    for (const params of [
      { topics: ['sessions', 'pairing'] },
      { topics: ['sessions', 'pairing'], orgs: ['beta', 'acme'] },
    ]) {
      expect((await client.request('subscribe', params)).snapshot.sessions).toMatchObject([
        { orgId: 'acme' },
      ]);
    }
    for (const org of ['acme', 'beta']) {
      harness.feed.publish({
        type: 'session.updated',
        org,
        view: viewOf(org),
        previousState: null,
        cause: 'x',
        durable: true,
      });
      harness.feed.publish({
        type: 'pairing.updated',
        org,
        update: { status: 'completed', pairingId: 'p', reason: null },
      });
    }
    await client.caughtUp();
    expect(client.events.map(({ orgId, type }) => `${orgId} ${type}`)).toEqual([
      'acme session.updated',
      'acme pairing.updated',
    ]);
  });
  it('never learns that a foreign organization has the same identity', async () => {
    const client = await initialized('tenant');
    const twin = viewOf('acme', { state: 'failed', duplicateOf: 'beta' });
    harness.sessions.set('acme', twin);
    harness.stub.answer = (_org, command) => {
      const refusal = refusalOf(twin, command, at);
      return refusal
        ? { ok: false, kind: 'invalid_state', state: 'failed', ...refusal }
        : { ok: true, session: twin, changed: true, durable: true };
    };
    const position = harness.feed.position();
    const notify = () =>
      harness.feed.publish({
        type: 'session.updated',
        org: 'acme',
        view: twin,
        previousState: null,
        cause: 'x',
        durable: true,
      });
    notify();
    const logged = [
      await client.request('session.list'),
      await client.request('session.get', { orgId: 'acme' }),
      await client.request('session.explain', { orgId: 'acme' }),
      await client.request('session.stop', { orgId: 'acme' }),
      await client.request('subscribe', { topics: ['sessions'] }),
      await client.request('subscribe', { topics: ['sessions'], since: position }),
      await client.fails('session.retry', { orgId: 'acme' }),
    ];
    notify();
    await client.caughtUp();
    expect(client.events).toHaveLength(2);
    expect(JSON.stringify([logged, client.frames])).not.toContain('beta');
    expect(JSON.stringify(logged.at(-1))).toContain('those of another organization');

    const other = await harness.initialized('everyones');
    expect((await other.request('session.get', { orgId: 'acme' })).session).toMatchObject({
      duplicateOf: 'beta',
    });
    expect((await other.request('subscribe', { topics: ['sessions'], since: position })).recovered).toBe(
      true,
    );
    expect((await other.request('session.explain', { orgId: 'acme' })).text).toContain(
      'the same credentials as "beta"',
    );
    expect((await other.fails('session.retry', { orgId: 'acme' })).message).toContain('those of "beta"');
    await other.caughtUp();
    expect(other.events.map(({ data }) => data.session.duplicateOf)).toEqual(['beta', 'beta']);
  });
  it('can command its own', async () => {
    const client = await initialized('tenant');
    expect((await client.request('session.stop', { orgId: 'acme' })).changed).toBe(true);
  });
});

describe('a key without a scope', () => {
  it('gets the missing scope in the answer, whatever the organization', async () => {
    const client = await initialized('reader');
    for (const [method, scope] of [
      ['session.restore', 'sessions:control'],
      ['session.retry', 'sessions:control'],
      ['session.stop', 'sessions:control'],
      ['session.pair', 'sessions:pair'],
      ['session.cancelPairing', 'sessions:pair'],
      ['session.logout', 'sessions:logout'],
    ] as const) {
      for (const orgId of ['acme', 'unknown-org']) {
        const error = await client.fails(method, { orgId });
        expect(error).toMatchObject({ code: -32003, data: { reason: 'forbidden', scope } });
      }
    }
    expect(harness.stub.commands).toEqual([]);
  });
  it('cannot subscribe to its topic, and gets no subscription', async () => {
    const client = await initialized('reader');
    expect((await client.fails('subscribe', { topics: ['sessions', 'pairing'] })).data).toMatchObject({
      scope: 'sessions:pair',
    });
    harness.feed.publish({ type: 'session.removed', org: 'acme', revision: 8 });
    await client.caughtUp();
    expect(client.events).toEqual([]);
  });
  it('sees no sessions in the snapshot of a topic that it may subscribe to', async () => {
    const client = await initialized('pairer');
    expect((await client.request('subscribe', { topics: ['pairing'] })).snapshot).toEqual({
      sessions: [],
      alerts: [],
    });
    expect((await client.fails('session.list')).data.scope).toBe('sessions:read');
    expect((await client.fails('server.status')).data.scope).toBe('sessions:read');
  });
});

describe('authorize', () => {
  const key = (over: object) => ({ keyId: 'k', name: 'n', scopes: [], orgs: '*' as const, ...over });
  it('gives an admin every scope, but no organization outside its list', () => {
    const admin = key({ scopes: ['admin'], orgs: ['acme'] });
    expect(scopes.every((scope) => hasScope(admin, scope))).toBe(true);
    expect(authorize(admin, { scope: 'sessions:read', org: 'acme' })).toEqual({ ok: true });
    expect(authorize(admin, { scope: 'sessions:read', org: 'beta' })).toEqual({
      ok: false,
      code: 'not_found',
    });
    expect(canSee(admin, 'acm')).toBe(false);
  });
  it('checks the scope before the organization', () => {
    expect(authorize(key({ orgs: ['acme'] }), { scope: 'sessions:read', org: 'beta' })).toEqual({
      ok: false,
      code: 'forbidden',
      scope: 'sessions:read',
    });
  });
  it('needs nothing where the method needs no scope', () => {
    expect(authorize(key({}), { scope: null })).toEqual({ ok: true });
  });
});
