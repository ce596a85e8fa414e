import { afterEach, describe, expect, it } from 'vitest';
import { refusalOf } from '../../../machines/domain/commands.ts';
import { authorize, canSee, hasScope } from '../../../src/control/access/authorize.ts';
import { methods } from '../../../src/protocol/methods.ts';
import { scopes } from '../../../src/protocol/scopes.ts';
import type { Client } from '../client.ts';
import { at, limitedKeys, type Stage, startStage, viewOf } from '../harness.ts';

let stage: Stage;
afterEach(() => stage.stop());

const keys = limitedKeys({
  tenant: { scopes: scopes.filter((scope) => scope !== 'admin'), orgs: ['acme', 'not-yet-there'] },
  everyones: { scopes: scopes.filter((scope) => scope !== 'admin'), orgs: '*' },
  reader: { scopes: ['sessions:read'], orgs: '*' },
  pairer: { scopes: ['sessions:pair'], orgs: '*' },
});
const enter = async (key: string): Promise<Client> => {
  stage = await startStage({ keys });
  return stage.enter(key);
};

describe('a key for some organizations', () => {
  it('cannot tell a foreign organization from one that does not exist', async () => {
    const client = await enter('tenant');
    for (const [method, { params }] of Object.entries(methods)) {
      if (!params.safeParse({ orgId: 'beta' }).success) continue;
      const [foreign, unknown] = [await client.fails(method, { orgId: 'beta' }), await client.fails(method, { orgId: 'nobody' })];
      expect(foreign.code, method).toBe(-32004);
      const plain = (error: { message: string; data: object }) => ({
        ...error,
        message: error.message.replace(/"\w+"/, ''),
        data: { ...error.data, requestId: '' },
      });
      expect(plain(foreign), method).toEqual(plain(unknown));
    }
    expect(stage.world.asked).toEqual([]);
  });
  it('gets the same answer for its own organization that is not there', async () => {
    const client = await enter('tenant');
    const [own, foreign] = [
      await client.fails('session.get', { orgId: 'not-yet-there' }),
      await client.fails('session.get', { orgId: 'beta' }),
    ];
    expect(own.message.replace('not-yet-there', 'beta')).toBe(foreign.message);
  });
  it('lists, counts and hears only its own', async () => {
    const client = await enter('tenant');
    expect((await client.request('session.list')).items).toMatchObject([{ orgId: 'acme' }]);
    expect((await client.request('server.status')).counts.connected).toBe(1);
    stage.world.pairings.set('beta', { status: 'qr', pairingId: 'p', qr: 'not-for-you', attempt: 1, expiresAt: at + 1 });
    for (const params of [{ topics: ['sessions', 'pairing'] }, { topics: ['sessions', 'pairing'], orgs: ['beta', 'acme'] }]) {
      expect((await client.request('subscribe', params)).snapshot.sessions).toMatchObject([{ orgId: 'acme' }]);
    }
    for (const org of ['acme', 'beta']) {
      stage.feed.publish({ type: 'session.updated', org, view: viewOf(org), previousState: null, cause: 'x', durable: true });
      stage.feed.publish({ type: 'pairing.updated', org, update: { status: 'completed', pairingId: 'p', reason: null } });
    }
    await client.caughtUp();
    expect(client.events.map(({ orgId, type }) => `${orgId} ${type}`)).toEqual(['acme session.updated', 'acme pairing.updated']);
  });
  it('is not told that a foreign organization has the same identity, by any way', async () => {
    const client = await enter('tenant');
    const twin = viewOf('acme', { state: 'failed', duplicateOf: 'beta' });
    stage.sessions.set('acme', twin);
    stage.world.answer = (_org, command) => {
      const refusal = refusalOf(twin, command, at);
      return refusal
        ? { ok: false, kind: 'invalid_state', state: 'failed', ...refusal }
        : { ok: true, session: twin, changed: true, durable: true };
    };
    const position = stage.feed.position();
    const tell = () =>
      stage.feed.publish({ type: 'session.updated', org: 'acme', view: twin, previousState: null, cause: 'x', durable: true });
    tell();
    const said = [
      await client.request('session.list'),
      await client.request('session.get', { orgId: 'acme' }),
      await client.request('session.explain', { orgId: 'acme' }),
      await client.request('session.stop', { orgId: 'acme' }),
      await client.request('subscribe', { topics: ['sessions'] }),
      await client.request('subscribe', { topics: ['sessions'], since: position }),
      await client.fails('session.retry', { orgId: 'acme' }),
    ];
    tell();
    await client.caughtUp();
    expect(client.events).toHaveLength(2);
    expect(JSON.stringify([said, client.frames])).not.toContain('beta');
    expect(JSON.stringify(said.at(-1))).toContain('those of another organization');

    const other = await stage.enter('everyones');
    expect((await other.request('session.get', { orgId: 'acme' })).session).toMatchObject({ duplicateOf: 'beta' });
    expect((await other.request('subscribe', { topics: ['sessions'], since: position })).recovered).toBe(true);
    expect((await other.request('session.explain', { orgId: 'acme' })).text).toContain('those of "beta"');
    expect((await other.fails('session.retry', { orgId: 'acme' })).message).toContain('those of "beta"');
    await other.caughtUp();
    expect(other.events.map(({ data }) => data.session.duplicateOf)).toEqual(['beta', 'beta']);
  });
  it('commands its own', async () => {
    const client = await enter('tenant');
    expect((await client.request('session.stop', { orgId: 'acme' })).changed).toBe(true);
  });
});

describe('a key without a scope', () => {
  it('is told which one it lacks, whatever the organization', async () => {
    const client = await enter('reader');
    for (const [method, scope] of [
      ['session.restore', 'sessions:control'],
      ['session.retry', 'sessions:control'],
      ['session.stop', 'sessions:control'],
      ['session.pair', 'sessions:pair'],
      ['session.cancelPairing', 'sessions:pair'],
      ['session.logout', 'sessions:logout'],
    ] as const) {
      for (const orgId of ['acme', 'nobody']) {
        const error = await client.fails(method, { orgId });
        expect(error).toMatchObject({ code: -32003, data: { reason: 'forbidden', scope } });
      }
    }
    expect(stage.world.asked).toEqual([]);
  });
  it('cannot subscribe to its topic, and nothing is subscribed to', async () => {
    const client = await enter('reader');
    expect((await client.fails('subscribe', { topics: ['sessions', 'pairing'] })).data).toMatchObject({ scope: 'sessions:pair' });
    stage.feed.publish({ type: 'session.removed', org: 'acme', revision: 8 });
    await client.caughtUp();
    expect(client.events).toEqual([]);
  });
  it('sees no sessions in the snapshot of a topic that it may subscribe to', async () => {
    const client = await enter('pairer');
    expect((await client.request('subscribe', { topics: ['pairing'] })).snapshot).toEqual({ sessions: [], alerts: [] });
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
    expect(authorize(admin, { scope: 'sessions:read', org: 'beta' })).toEqual({ ok: false, code: 'not_found' });
    expect(canSee(admin, 'acm')).toBe(false);
  });
  it('judges the scope before the organization', () => {
    expect(authorize(key({ orgs: ['acme'] }), { scope: 'sessions:read', org: 'beta' })).toEqual({
      ok: false,
      code: 'forbidden',
      scope: 'sessions:read',
    });
  });
  it('asks nothing where no scope is needed', () => {
    expect(authorize(key({}), { scope: null })).toEqual({ ok: true });
  });
});
