import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { useMultiFileAuthState } from '@whiskeysockets/baileys';
import { describe, expect, it, vi } from 'vitest';
import { fictionalPhone, pairedCredentials, seedCredentials } from './support/whatsapp/credentials.ts';
import { opened, phone, ping, useFakeWhatsApp } from './support/whatsapp/harness.ts';
import { rawSocket } from './support/whatsapp/real-client.ts';

const harness = useFakeWhatsApp();
const { connect, online } = harness;

describe('linking', () => {
  it('pairs by a scan: 515, then the same credentials log in', async () => {
    const first = connect();
    expect(await harness.server.scan(await first.qr(), { phone, name: 'Panadería' })).toMatchObject({
      ok: true,
      phone,
      device: 1,
    });
    expect(await first.closed()).toMatchObject({
      statusCode: 515,
      message: 'Stream Errored (restart required)',
    });
    expect(first.creds.me).toMatchObject({ id: `${phone}:1@s.whatsapp.net`, name: 'Panadería' });
    await online(first.creds);
    expect(harness.server.stats()).toMatchObject({
      registrations: 1,
      pairings: 1,
      logins: 1,
      loggedIn: 1,
      doubleLogins: 0,
      unreadable: 0,
    });
  });

  it('pairs by a code typed on the phone, and refuses a mistyped one', async () => {
    const first = connect();
    await first.qr();
    const code = await first.socket.requestPairingCode(phone);
    await vi.waitFor(
      async () =>
        expect(await harness.server.enterCode(phone, 'WRONG123')).toMatchObject({
          ok: false,
          code: 'wrong-code',
        }),
      {
        timeout: 20_000,
      },
    );
    const second = connect();
    await second.qr();
    const other = fictionalPhone(2);
    const right = await second.socket.requestPairingCode(other);
    await vi.waitFor(
      async () =>
        expect(await harness.server.enterCode(other, right)).toMatchObject({ ok: true, phone: other }),
      {
        timeout: 20_000,
      },
    );
    expect(await second.closed()).toMatchObject({ statusCode: 515 });
    expect(code).toHaveLength(8);
    await online(second.creds);
  });

  it('says why a scan cannot pair', async () => {
    expect(await harness.server.scan('no qr')).toMatchObject({ ok: false, code: 'not-a-qr' });
    const client = connect();
    const qr = await client.qr();
    harness.server.options.companionRegRefresh = true;
    expect(await harness.server.scan(qr)).toMatchObject({ ok: false, code: 'companion-reg-refresh' });
    client.terminate();
    await client.closed();
    await vi.waitFor(
      async () => expect(await harness.server.scan(qr)).toMatchObject({ ok: false, code: 'qr-expired' }),
      {
        timeout: 20_000,
      },
    );
    expect(client.creds.me).toBeUndefined();
  });

  it('closes an unpaired client at once when it refuses registrations', async () => {
    harness.server.options.refuseRegistration = true;
    expect(await connect().closed()).toMatchObject({ statusCode: 428 });
    expect(harness.server.stats().registrations).toBe(0);
  });
});

describe('logging in', () => {
  it('lets in a directory that was seeded without a word to the server, and asks it to upload nothing', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'vigia-seed-'));
    await seedCredentials(directory, { phone, device: 7, name: 'Org', preKeys: 3 });
    const { state } = await useMultiFileAuthState(directory);
    await online(state.creds, { auth: state });
    await harness.endClients();
    await rm(directory, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
    expect(harness.server.devices()).toMatchObject([
      { phone, device: 7, standing: 'linked', logins: [expect.any(Number)] },
    ]);
    expect(harness.server.stats().preKeyUploads).toBe(0);
  });

  it('takes uploads of pre-keys when it holds too few', async () => {
    harness.server.options.preKeyCount = 5;
    await online();
    expect(harness.server.stats().preKeyUploads).toBe(1);
  });

  it('refuses a key it does not know with 401 until the device is linked', async () => {
    const creds = pairedCredentials({ phone, variant: 'a restored backup' });
    expect(await connect(creds).closed()).toMatchObject({ statusCode: 401, data: { reason: '401' } });
    harness.server.link(creds);
    await online(creds);
  });

  it.each([401, 402, 403, 405, 406, 409, 411, 428, 440, 500, 501, 503, 515])(
    'fails with %i',
    async (reason) => {
      harness.server.fault(phone, { kind: 'failure', reason, attrs: { logout_message_header: 'why' } }, 1);
      const closed = await connect(pairedCredentials({ phone })).closed();
      expect(closed).toMatchObject({
        statusCode: reason,
        message: 'Connection Failure',
        data: { reason: `${reason}`, logout_message_header: 'why' },
      });
      expect(harness.server.stats()).toMatchObject({ failures: 1, logins: 0 });
      await online();
    },
  );

  it('leaves a login unanswered, with or without answers to pings', async () => {
    harness.server.fault('all', { kind: 'login-dead' }, 1);
    const dead = connect(pairedCredentials({ phone }));
    await vi.waitFor(() => expect(harness.server.stats().loginAttempts).toBe(1), { timeout: 20_000 });
    expect(await ping(dead)).toBeUndefined();
    harness.server.fault('all', { kind: 'login-silent' }, 1);
    const silent = connect(pairedCredentials({ phone: fictionalPhone(2) }));
    await vi.waitFor(() => expect(harness.server.stats().loginAttempts).toBe(2), { timeout: 20_000 });
    expect(await ping(silent)).toMatchObject({ attrs: { type: 'result' } });
    expect([opened(dead), opened(silent), harness.server.stats().logins]).toEqual([false, false, 0]);
  });

  it('succeeds and goes mute, or holds the backlog back', async () => {
    harness.server.fault(phone, { kind: 'mute' });
    const mute = connect(pairedCredentials({ phone }));
    await vi.waitFor(() => expect(harness.server.stats().logins).toBe(1), { timeout: 20_000 });
    expect(await ping(mute)).toBeUndefined();
    harness.server.fault(fictionalPhone(2), { kind: 'half-login' });
    const half = connect(pairedCredentials({ phone: fictionalPhone(2) }));
    await half.when('open', ({ connection }) => (connection === 'open' ? true : undefined));
    await ping(half);
    expect([
      opened(mute),
      half.updates.some(({ receivedPendingNotifications }) => receivedPendingNotifications),
    ]).toEqual([false, false]);
  });

  it('strikes right behind success', async () => {
    harness.server.fault('all', { kind: 'after-success', sessionFault: { kind: 'cut', how: 'reset' } });
    expect(await connect(pairedCredentials({ phone })).closed()).toMatchObject({ statusCode: 428 });
    expect(harness.server.stats().logins).toBe(1);
  });

  it('answers slowly when told', async () => {
    harness.server.options.answerDelayMs = 100;
    const before = performance.now();
    await online();
    expect(performance.now() - before).toBeGreaterThan(400);
  });
});

describe('before anybody is known', () => {
  it('resets', async () => {
    harness.server.fault('all', { kind: 'reset' }, 1);
    expect(await connect().closed()).toMatchObject({
      statusCode: 408,
      message: expect.stringMatching(/^WebSocket Error/),
    });
  });

  it.each(['hang', 'noise-silent'] as const)('accepts and says nothing (%s)', async (kind) => {
    harness.server.fault('all', { kind });
    expect(await connect(undefined, { connectTimeoutMs: 300 }).closed()).toMatchObject({ statusCode: 408 });
  });

  it.each([403, 407, 429, 503])(
    'refuses the upgrade with %i, of which Baileys reports nothing',
    async (status) => {
      harness.server.fault('all', { kind: 'refuse', status });
      const client = connect();
      const refused = new Promise((resolve) =>
        rawSocket(client.socket)?.once('unexpected-response', (_, { statusCode }) => resolve(statusCode)),
      );
      expect(await refused).toBe(status);
      await vi.waitFor(
        () => expect(harness.server.stats()).toMatchObject({ refusedUpgrades: 1, openConnections: 0 }),
        { timeout: 20_000 },
      );
      expect(client.updates.map(({ connection }) => connection)).toEqual(['connecting']);
    },
  );
});
