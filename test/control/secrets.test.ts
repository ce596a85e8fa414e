import { inspect } from 'node:util';
import { afterEach, describe, expect, it } from 'vitest';
import { adminKey, at, type Harness, startHarness } from './harness.ts';

let harness: Harness;
afterEach(() => harness.stop());
const fields = new Set([
  'connectionId',
  'keyId',
  'requestId',
  'method',
  'reason',
  'closeCode',
  'remoteAddress',
  'port',
  'err',
]);
const secrets = [
  adminKey,
  'a-wrong-key-from-outside',
  'SECRET-QR',
  'SECRET-CODE',
  '34600999888',
  'SECRET-PARAM',
];

describe('the log', () => {
  it('contains no secret that passed through the API, and only the listed fields', async () => {
    harness = await startHarness();
    const { stub, feed } = harness;
    await harness.connect({ path: `/v1?key=${adminKey}` }).refused;
    await harness.connect({ headers: { authorization: 'Bearer a-wrong-key-from-outside' } }).refused;
    await harness.connect({ headers: { origin: 'https://SECRET-PARAM.example' } }).refused;
    const wrong = harness.connect();
    await wrong.fails('initialize', {
      protocolVersion: '1.0',
      apiKey: 'a-wrong-key-from-outside',
      client: { name: 'SECRET-PARAM', version: '1' },
    });

    stub.pairings.set('acme', {
      status: 'qr',
      pairingId: 'p',
      qr: 'SECRET-QR',
      attempt: 1,
      expiresAt: at + 1,
    });
    const client = await harness.initialized();
    await client.request('subscribe', { topics: ['pairing', 'sessions'] });
    await client.request('session.pair', { orgId: 'acme', method: 'code', phoneNumber: '34600999888' });
    feed.publish({
      type: 'pairing.updated',
      org: 'acme',
      update: { status: 'code', pairingId: 'p', code: 'SECRET-CODE', expiresAt: at + 1 },
    });
    await client.fails('session.pair', { orgId: 'acme', phoneNumber: '34600999888', extra: 'SECRET-PARAM' });
    stub.answer = () => {
      throw new Error('a fault');
    };
    await client.fails('session.pair', { orgId: 'acme', method: 'code', phoneNumber: '34600999888' });
    await client.failsWith('{"id": "SECRET-PARAM", ');
    await client.closed;
    const binary = await harness.initialized();
    await binary.send(Buffer.from('SECRET-PARAM'));
    await binary.closed;
    const oversized = await harness.initialized();
    await oversized.send('SECRET-PARAM'.repeat(10_000));
    await oversized.closed;
    await harness.server.close();

    const text = harness.logged.map((line) => inspect(line, { depth: 10 })).join('\n');
    for (const secret of secrets) expect(text).not.toContain(secret);
    for (const { fields: used } of harness.logged) {
      expect(Object.keys(used).filter((name) => !fields.has(name))).toEqual([]);
    }
    expect(harness.logged.map(({ level }) => level)).toEqual(
      expect.arrayContaining(['info', 'warn', 'error']),
    );
    // It was there to be leaked.
    expect(client.frames.map((frame) => JSON.stringify(frame)).join()).toContain('SECRET-QR');
  });
});
