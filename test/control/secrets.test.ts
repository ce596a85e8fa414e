import { inspect } from 'node:util';
import { afterEach, describe, expect, it } from 'vitest';
import { adminKey, at, type Stage, startStage } from './harness.ts';

let stage: Stage;
afterEach(() => stage.stop());
const fields = new Set(['connectionId', 'keyId', 'requestId', 'method', 'reason', 'closeCode', 'remoteAddress', 'port', 'err']);
const secrets = [adminKey, 'a-wrong-key-from-outside', 'SECRET-QR', 'SECRET-CODE', '34600999888', 'SECRET-PARAM'];

describe('the log', () => {
  it('of a day full of secrets has none of them, in listed fields and constant messages only', async () => {
    stage = await startStage();
    const { world, feed } = stage;
    await stage.knock({ path: `/v1?key=${adminKey}` }).refused;
    await stage.knock({ headers: { authorization: 'Bearer a-wrong-key-from-outside' } }).refused;
    await stage.knock({ headers: { origin: 'https://SECRET-PARAM.example' } }).refused;
    const wrong = stage.knock();
    await wrong.fails('initialize', {
      protocolVersion: '1.0',
      apiKey: 'a-wrong-key-from-outside',
      client: { name: 'SECRET-PARAM', version: '1' },
    });

    world.pairings.set('acme', { status: 'qr', pairingId: 'p', qr: 'SECRET-QR', attempt: 1, expiresAt: at + 1 });
    const client = await stage.enter();
    await client.request('subscribe', { topics: ['pairing', 'sessions'] });
    await client.request('session.pair', { orgId: 'acme', method: 'code', phoneNumber: '34600999888' });
    feed.publish({
      type: 'pairing.updated',
      org: 'acme',
      update: { status: 'code', pairingId: 'p', code: 'SECRET-CODE', expiresAt: at + 1 },
    });
    await client.fails('session.pair', { orgId: 'acme', phoneNumber: '34600999888', extra: 'SECRET-PARAM' });
    world.answer = () => {
      throw new Error('a fault');
    };
    await client.fails('session.pair', { orgId: 'acme', method: 'code', phoneNumber: '34600999888' });
    await client.failsWith('{"id": "SECRET-PARAM", ');
    await client.closed;
    const binary = await stage.enter();
    await binary.say(Buffer.from('SECRET-PARAM'));
    await binary.closed;
    const oversized = await stage.enter();
    await oversized.say('SECRET-PARAM'.repeat(10_000));
    await oversized.closed;
    await stage.server.close();

    const text = stage.logged.map((line) => inspect(line, { depth: 10 })).join('\n');
    for (const secret of secrets) expect(text).not.toContain(secret);
    for (const { fields: used } of stage.logged) {
      expect(Object.keys(used).filter((name) => !fields.has(name))).toEqual([]);
    }
    expect(stage.logged.map(({ level }) => level)).toEqual(expect.arrayContaining(['info', 'warn', 'error']));
    expect(client.frames.map((frame) => JSON.stringify(frame)).join()).toContain('SECRET-QR'); // it was there to be leaked
  });
});
