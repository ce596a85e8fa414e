import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { messageOfReason } from '../../../src/protocol/reasons.ts';
import type { Client } from '../client.ts';
import { at, type Harness, startHarness, viewOf } from '../harness.ts';

let harness: Harness;
let client: Client;
const later = at + 60_000;
const troubled = viewOf('zeta', {
  state: 'failed',
  liveness: null,
  attempt: 10,
  nextRetryAt: later,
  lastConnectedAt: null,
  lastError: { reason: 'exhausted', statusCode: 503, at },
  account: null,
});
beforeEach(async () => {
  harness = await startHarness({}, [viewOf('beta'), troubled, viewOf('Acme')]);
  client = await harness.initialized();
});
afterEach(() => harness.stop());

describe('queries', () => {
  it('ping returns the time', async () => {
    expect(await client.request('ping')).toEqual({ time: '2026-11-24T03:40:00.000Z' });
  });
  it('server.status counts the sessions of every state, also of empty ones', async () => {
    harness.stub.draining = true;
    expect(await client.request('server.status')).toEqual({
      version: '0.1.0',
      startedAt: '2026-11-24T03:40:00.000Z',
      database: 'durable',
      draining: true,
      counts: { idle: 0, restoring: 0, pairing: 0, connected: 2, retrying: 0, failed: 1 },
    });
  });
  it('session.get returns ISO times and a message for the last error', async () => {
    const { session } = await client.request('session.get', { orgId: 'zeta' });
    expect(session).toMatchObject({
      orgId: 'zeta',
      state: 'failed',
      nextRetryAt: '2026-11-24T03:41:00.000Z',
      lastConnectedAt: null,
    });
    expect(session.lastError).toEqual({
      reason: 'exhausted',
      message: messageOfReason('exhausted'),
      statusCode: 503,
      at: '2026-11-24T03:40:00.000Z',
    });
  });
  it('session.list returns all sessions in order, in pages', async () => {
    const orgs = (page: { items: { orgId: string }[] }) => page.items.map((item) => item.orgId);
    const first = await client.request('session.list', { limit: 2 });
    expect(orgs(first)).toEqual(['Acme', 'beta']);
    const second = await client.request('session.list', { limit: 2, cursor: first.nextCursor });
    expect(orgs(second)).toEqual(['zeta']);
    expect(second.nextCursor).toBeNull();
    expect((await client.request('session.list', { limit: 3 })).nextCursor).toBeNull();
  });
  it('session.list can filter by state', async () => {
    const { items } = await client.request('session.list', { states: ['failed', 'retrying'] });
    expect(items.map((item: { orgId: string }) => item.orgId)).toEqual(['zeta']);
  });
});

describe('commands', () => {
  it.each(['session.restore', 'session.retry', 'session.stop', 'session.cancelPairing'] as const)(
    '%s asks the session, and answers with it as it is then',
    async (method) => {
      harness.stub.answer = () => ({
        ok: true,
        session: viewOf('beta', { state: 'restoring', step: 'queued' }),
        changed: false,
        durable: false,
      });
      const result = await client.request(method, { orgId: 'beta' });
      expect(result).toMatchObject({
        session: { orgId: 'beta', state: 'restoring', step: 'queued' },
        changed: false,
        durable: false,
      });
      expect(harness.stub.commands).toEqual([{ org: 'beta', command: { type: method } }]);
    },
  );
  it.each(['session.restore', 'session.retry'] as const)('%s passes force to the session', async (method) => {
    await client.request(method, { orgId: 'beta', force: true });
    expect(harness.stub.commands).toEqual([{ org: 'beta', command: { type: method, force: true } }]);
  });
  it('session.logout answers that the session is gone, and whether WhatsApp unlinked it', async () => {
    for (const unlinked of [true, false]) {
      harness.stub.answer = () => ({ ok: true, session: null, changed: true, durable: true, unlinked });
      expect(await client.request('session.logout', { orgId: 'beta' })).toEqual({
        session: null,
        unlinked,
        changed: true,
        durable: true,
      });
    }
  });
  it('session.pair creates an unknown organization, with a pairing id that can name a directory', async () => {
    harness.stub.answer = (org, command) => {
      const id = command.type === 'session.pair' ? command.pairing.id : '';
      const pairing = { id, method: 'qr', expiresAt: later } as const;
      return {
        ok: true,
        session: viewOf(org, { state: 'pairing', liveness: null, pairing }),
        changed: true,
        durable: true,
      };
    };
    const result = await client.request('session.pair', { orgId: 'new-one' });
    const [asked] = harness.stub.commands;
    expect(asked).toMatchObject({
      org: 'new-one',
      command: { type: 'session.pair', pairing: { id: result.pairingId, method: 'qr' } },
    });
    expect(result.pairingId).toMatch(/^[A-Za-z0-9][A-Za-z0-9._-]{15,}$/);
    expect(result).toMatchObject({
      expiresAt: '2026-11-24T03:41:00.000Z',
      changed: true,
      session: { state: 'pairing' },
    });
  });
  it('session.pair that joins a running pairing answers with its id', async () => {
    const pairing = { id: 'pair-under-way', method: 'qr', expiresAt: later } as const;
    harness.stub.answer = (org) => ({
      ok: true,
      session: viewOf(org, { state: 'pairing', pairing }),
      changed: false,
      durable: true,
    });
    expect((await client.request('session.pair', { orgId: 'beta' })).pairingId).toBe('pair-under-way');
  });
  it('session.pair answers null for expiresAt when the pairing has ended already', async () => {
    expect(await client.request('session.pair', { orgId: 'beta' })).toMatchObject({ expiresAt: null });
  });
  it('session.pair by code passes the phone number to the session', async () => {
    await client.request('session.pair', { orgId: 'beta', method: 'code', phoneNumber: '34600111222' });
    expect(harness.stub.commands[0]?.command).toMatchObject({
      pairing: { method: 'code', phoneNumber: '34600111222' },
    });
  });
});

describe('refusals', () => {
  it.each([
    ['session.pair', { orgId: 'beta', method: 'code' }, 'phoneNumber', /needs phoneNumber/],
    [
      'session.pair',
      { orgId: 'beta', method: 'qr', phoneNumber: '34600111222' },
      'phoneNumber',
      /takes no phoneNumber/,
    ],
    [
      'session.pair',
      { orgId: 'beta', method: 'code', phoneNumber: '+34 600' },
      'phoneNumber',
      /7 to 15 digits/,
    ],
    ['session.pair', { orgId: '../etc' }, 'orgId', /An organization id has/],
    ['session.get', {}, 'orgId', /An organization id has/],
    ['session.restore', { orgId: 'beta', forse: true }, '', /forse/],
    ['session.list', { limit: 501 }, 'limit', /500/],
    ['session.list', { states: ['asleep'] }, 'states.0', /idle/],
  ] as const)('%s %j is invalid_params at "%s", with a sentence', async (method, params, path, message) => {
    const error = await client.fails(method, params);
    expect(error).toMatchObject({ code: -32602, data: { reason: 'invalid_params', issues: [{ path }] } });
    expect(error.message).toMatch(message);
    expect(harness.stub.commands).toEqual([]);
  });
  it.each([
    'session.get',
    'session.restore',
    'session.retry',
    'session.stop',
    'session.cancelPairing',
    'session.logout',
  ])('%s of an unknown organization is not_found', async (method) => {
    for (const orgId of ['unknown-org', 'constructor']) {
      expect((await client.fails(method, { orgId })).data.reason).toBe('not_found');
    }
  });
  it('a command that the state does not allow is answered with the states that allow it', async () => {
    const message = '"beta" is connected: there is nothing to retry.';
    harness.stub.answer = () => ({
      ok: false,
      kind: 'invalid_state',
      state: 'connected',
      allowed: ['retrying', 'failed'],
      message,
    });
    const error = await client.fails('session.retry', { orgId: 'beta' });
    expect(error).toMatchObject({
      code: -32005,
      message: message,
      data: { state: 'connected', allowed: ['retrying', 'failed'] },
    });
  });
  it('a command that cannot be accepted now is unavailable and may be repeated', async () => {
    harness.stub.answer = () => ({ ok: false, kind: 'unavailable', message: 'The data directory is away.' });
    const error = await client.fails('session.stop', { orgId: 'beta' });
    expect(error).toMatchObject({
      code: -32009,
      message: 'The data directory is away.',
      data: { retryable: true },
    });
  });
  it('commands during shutdown are unavailable, and queries still work', async () => {
    harness.stub.draining = true;
    expect((await client.fails('session.stop', { orgId: 'beta' })).data.reason).toBe('unavailable');
    expect(harness.stub.commands).toEqual([]);
    expect((await client.request('session.get', { orgId: 'beta' })).session.orgId).toBe('beta');
  });
  it('a fault of ours hides its message; the log has it under the same requestId', async () => {
    harness.stub.answer = () => {
      throw new Error('the secret of the innards');
    };
    const error = await client.fails('session.stop', { orgId: 'beta' });
    expect(error.data).toEqual({
      reason: 'internal_error',
      retryable: true,
      requestId: error.data.requestId,
    });
    expect(JSON.stringify(client.frames)).not.toContain('innards');
    const line = harness.logged.find(({ level }) => level === 'error');
    expect(line?.fields).toMatchObject({
      requestId: error.data.requestId,
      method: 'session.stop',
      err: expect.any(Error),
    });
  });
});
