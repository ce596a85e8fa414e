import { describe, expect, it } from 'vitest';
import { until } from './support/until.ts';
import { fictionalPhone, pairedCredentials } from './support/whatsapp/credentials.ts';
import type { SessionFault } from './support/whatsapp/faults.ts';
import { phone, ping, useFakeWhatsApp } from './support/whatsapp/harness.ts';
import { RealClient } from './support/whatsapp/real-client.ts';

const harness = useFakeWhatsApp();
const { connect, online } = harness;

describe('a live connection', () => {
  const sessionFaults: [SessionFault, number, string][] = [
    [{ kind: 'stream-error', code: 515 }, 515, 'Stream Errored (restart required)'],
    [{ kind: 'stream-error', code: 503 }, 503, 'Stream Errored (unknown)'],
    [{ kind: 'stream-error', child: 'xml-not-well-formed' }, 500, 'Stream Errored (xml-not-well-formed)'],
    [{ kind: 'stream-error', conflict: 'replaced' }, 440, 'Stream Errored (conflict)'],
    [{ kind: 'stream-error', code: 401, conflict: 'device_removed' }, 401, 'Stream Errored (conflict)'],
    [{ kind: 'failure', reason: 403 }, 403, 'Connection Failure'],
    [{ kind: 'xmlstreamend' }, 428, 'Connection Terminated by Server'],
    [{ kind: 'downgrade' }, 411, 'Multi-device beta not joined'],
    [{ kind: 'cut', how: 'reset' }, 428, 'Connection Terminated'],
    [{ kind: 'cut', how: 'fin' }, 428, 'Connection Terminated'],
    [{ kind: 'cut', how: 'close' }, 428, 'Connection Terminated'],
  ];
  it.each(sessionFaults)('struck by %o closes with %i', async (sessionFault, statusCode, message) => {
    const [client, other] = [await online(), await online(pairedCredentials({ phone: fictionalPhone(2) }))];
    expect(harness.server.strike(phone, sessionFault)).toBe(1);
    expect(await client.closed()).toMatchObject({ statusCode, message });
    expect(await ping(other)).toBeDefined();
  });

  it.each(['undecryptable', 'truncated', 'bad-zlib'] as const)(
    'gets %s bytes, which Baileys turns into an unhandled rejection',
    async (what) => {
      const client = await online();
      const listeners = process.listeners('unhandledRejection');
      process.removeAllListeners('unhandledRejection');
      const rejections: unknown[] = []; // every frame after the first is one more
      const onMessage = (reason: unknown) => void rejections.push(reason);
      process.on('unhandledRejection', onMessage);
      harness.server.strike(phone, { kind: 'garbage', what });
      await until('a rejection', () => rejections.length > 0);
      client.terminate();
      await client.closed();
      await new Promise((resolve) => void setImmediate(resolve)); // what was rejected by then has been told
      process.off('unhandledRejection', onMessage);
      for (const listener of listeners) process.on('unhandledRejection', listener);
      expect(rejections[0]).toBeInstanceOf(Error);
    },
  );

  it('falls into a black hole: open, and nothing answers', async () => {
    const client = await online();
    harness.server.strike('all', { kind: 'freeze' });
    expect(await ping(client)).toBeUndefined();
    expect(harness.server.stats()).toMatchObject({ openConnections: 1, loggedIn: 1 });
    client.terminate();
    await online();
    expect(harness.server.stats()).toMatchObject({ logins: 2, doubleLogins: 0, openConnections: 1 });
  });

  it('is dropped with all others, and finds the same server behind the same port after an outage', async () => {
    const both = [await online(), connect()] as const;
    await both[1].qr();
    expect(harness.server.dropAll()).toBe(2);
    for (const client of both) expect(await client.closed()).toMatchObject({ statusCode: 428 });
    const { port } = harness.server;
    const gone = harness.server.url;
    await harness.server.close();
    expect(await new RealClient(gone).closed()).toMatchObject({
      statusCode: 408,
      message: expect.stringContaining('ECONNREFUSED'),
    });
    await harness.server.listen(port);
    await online();
    expect(harness.server.stats().logins).toBe(2);
  });
});
