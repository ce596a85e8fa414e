import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type AuthenticationCreds, BufferJSON } from '@whiskeysockets/baileys';
import { describe, expect, it, vi } from 'vitest';
import { testRootPublicKey } from './certificate.ts';
import { fictionalPhone, pairedCredentials } from './credentials.ts';
import { opened, phone, ping, useFakeWhatsApp } from './harness.ts';
import { RealClient } from './real-client.ts';
import { startFakeWhatsApp, trustTestRootPreload } from './remote.ts';

const harness = useFakeWhatsApp();
const { connect, online } = harness;

describe('two logins of one device', () => {
  it('kicks the older one (440) and counts a double login', async () => {
    const older = await online();
    const newer = await online();
    expect(await older.closed()).toMatchObject({
      statusCode: 440,
      data: { tag: 'conflict', attrs: { type: 'replaced' } },
    });
    expect(await ping(newer)).toBeDefined();
    expect(harness.server.stats()).toMatchObject({ doubleLogins: 1, logins: 2, loggedIn: 1 });
  });

  it('counts an older one that is frozen, or still waits for success', async () => {
    await online();
    harness.server.strike(phone, { kind: 'freeze' });
    await online();
    harness.server.fault(phone, { kind: 'login-silent' }, 1);
    connect(pairedCredentials({ phone, device: 2 }));
    await vi.waitFor(() => expect(harness.server.stats().loginAttempts).toBe(3), { timeout: 20_000 });
    await online(pairedCredentials({ phone, device: 2 }));
    expect(harness.server.stats()).toMatchObject({ doubleLogins: 2, logins: 3 });
  });

  it('does not count one that the client or the server has ended, nor another device', async () => {
    await (await online()).socket.end(undefined);
    (await online()).terminate();
    const struck = await online();
    harness.server.strike(phone, { kind: 'stream-error', code: 515 });
    await struck.closed();
    await online();
    await online(pairedCredentials({ phone, device: 2 }));
    expect(harness.server.stats()).toMatchObject({ doubleLogins: 0, logins: 5, loggedIn: 2 });
  });
});

describe('logins with dead credentials', () => {
  it('counts from the second on when a device learns at login that it was unlinked', async () => {
    harness.server.revoke(phone);
    expect(await connect(pairedCredentials({ phone })).closed()).toMatchObject({
      statusCode: 401,
      message: 'Connection Failure',
    });
    expect(harness.server.stats()).toMatchObject({ failures: 1, deadLogins: 0 });
    await connect(pairedCredentials({ phone })).closed();
    expect(harness.server.stats()).toMatchObject({ failures: 2, deadLogins: 1 });
    harness.server.revive(phone);
    await online();
    expect(harness.server.stats().deadLogins).toBe(1);
  });

  it('counts the first when the device was told while it was online', async () => {
    const client = await online();
    harness.server.revoke(`${phone}:1`);
    expect(await client.closed()).toMatchObject({
      statusCode: 401,
      data: { tag: 'conflict', attrs: { type: 'device_removed' } },
    });
    await connect(pairedCredentials({ phone })).closed();
    expect(harness.server.stats().deadLogins).toBe(1);
  });

  it.each([
    ['seconds from now', () => '600'],
    ['epoch seconds', () => String(Math.floor(Date.now() / 1000) + 600)],
  ])('counts before the end of a temporary ban, not after it (%s)', async (_, expire) => {
    harness.server.fault(
      phone,
      { kind: 'failure', reason: 402, attrs: { code: '101', expire: expire() } },
      1,
    );
    expect(await connect(pairedCredentials({ phone })).closed()).toMatchObject({
      statusCode: 402,
      data: { code: '101' },
    });
    await online();
    expect(harness.server.stats().deadLogins).toBe(1);
    await harness.endClients();
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 601_000 });
    await online();
    expect(harness.server.stats().deadLogins).toBe(1);
  });

  it('counts a logout and what logs in after it', async () => {
    const client = await online();
    await client.socket.logout();
    expect(await client.closed()).toMatchObject({ statusCode: 401, message: 'Intentional Logout' });
    await vi.waitFor(() => expect(harness.server.stats()).toMatchObject({ logouts: 1, loggedIn: 0 }), {
      timeout: 20_000,
    });
    expect(harness.server.devices()).toMatchObject([{ phone, standing: 'revoked', online: false }]);
    expect(await connect(pairedCredentials({ phone })).closed()).toMatchObject({ statusCode: 401 });
    expect(harness.server.stats().deadLogins).toBe(1);
  });
});

describe('who is hit', () => {
  it('prefers a fault of the device to one of the phone to one of all', async () => {
    harness.server.fault(`${phone}:2`, { kind: 'failure', reason: 403 });
    harness.server.fault(phone, { kind: 'failure', reason: 405 });
    harness.server.fault('all', { kind: 'failure', reason: 503 });
    const codes = [
      pairedCredentials({ phone, device: 2 }),
      pairedCredentials({ phone }),
      pairedCredentials({ phone: fictionalPhone(9) }),
    ];
    for (const [at, code] of [403, 405, 503].entries())
      expect(await connect(codes[at]).closed()).toMatchObject({ statusCode: code });
    harness.server.clearFaults(phone);
    expect(await connect(pairedCredentials({ phone })).closed()).toMatchObject({ statusCode: 503 });
    harness.server.clearFaults();
    await online();
  });

  it('keeps the times of attempts and the peaks', async () => {
    await Promise.all([1, 2, 3].map((index) => online(pairedCredentials({ phone: fictionalPhone(index) }))));
    const stats = harness.server.stats();
    expect(harness.server.attemptTimes()).toHaveLength(3);
    expect(stats).toMatchObject({
      tcpAccepted: 3,
      peakOpen: 3,
      openConnections: 3,
      peakAttemptsPerSecond: 3,
    });
    expect(stats.peakConnecting).toBeGreaterThanOrEqual(1);
  });
});

describe('a server in its own process', () => {
  it('is driven over loopback and trusts the same root as a program with the preload', async () => {
    const running = await startFakeWhatsApp({ offlineDelayMs: 1 });
    const { whatsapp } = running;
    const directory = await mkdtemp(join(tmpdir(), 'vigia-remote-'));
    try {
      expect(await whatsapp.seed(directory, { phone })).toBe(`${phone}:1@s.whatsapp.net`);
      const creds = JSON.parse(
        await readFile(join(directory, 'creds.json'), 'utf8'),
        BufferJSON.reviver,
      ) as AuthenticationCreds;
      const client = new RealClient(running.url, creds);
      await client.ready();
      expect(await whatsapp.stats()).toMatchObject({ logins: 1, loggedIn: 1 });
      expect(await whatsapp.strike(phone, { kind: 'stream-error', conflict: 'replaced' })).toBe(1);
      expect(await client.closed()).toMatchObject({ statusCode: 440 });
      await whatsapp.fault('all', { kind: 'login-silent' });
      const waiting = new RealClient(running.url, creds);
      await vi.waitFor(async () => expect((await whatsapp.devices(phone))[0]?.attempts).toHaveLength(2), {
        timeout: 20_000,
      });
      expect(opened(waiting)).toBe(false);
      waiting.terminate();
      await expect((whatsapp as unknown as { fly(): Promise<void> }).fly()).rejects.toThrow(
        'there is no command fly',
      );
    } finally {
      await running.stop();
      await rm(directory, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
    }
    expect(() => process.kill(running.pid, 0)).toThrow('ESRCH');
  });

  it('is trusted by a compiled program through the preload alone', async () => {
    const script =
      "import { WA_CERT_DETAILS } from '@whiskeysockets/baileys'; " +
      "process.stdout.write(WA_CERT_DETAILS.PUBLIC_KEY.toString('hex'));";
    const { stdout } = await promisify(execFile)(process.execPath, [
      '--import',
      trustTestRootPreload,
      '--input-type=module',
      '-e',
      script,
    ]);
    expect(stdout).toBe(testRootPublicKey.toString('hex'));
  });
});
