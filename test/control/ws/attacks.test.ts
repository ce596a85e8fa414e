/**
 * What a peer tries, each over a real socket: to flood, to stall, to say too much; and a key that asks for
 * more than it may.
 */
import { request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { openKeys } from '../../../src/keys/accepted-keys.ts';
import { createKey, revokeKey } from '../../../src/keys/administer.ts';
import type { Client } from '../client.ts';
import { adminKey, at, type Harness, limitedKeys, memoryKeys, startHarness, viewOf } from '../harness.ts';

let harness: Harness;
afterEach(() => harness.stop());
const until = (check: () => void) => vi.waitFor(check, { interval: 5, timeout: 20_000 });
const bearer = { authorization: `Bearer ${adminKey}` };
const change = (org: string) =>
  harness.feed.publish({
    type: 'session.updated',
    org,
    view: viewOf(org),
    previousState: null,
    cause: 'x',
    durable: true,
  });

/** A socket that has become a WebSocket, for what no library would send. */
const rawSocket = async (): Promise<{ peer: Socket; sent: () => Buffer }> => {
  const peer = connect(Number(new URL(harness.server.url).port), '127.0.0.1');
  let sent = Buffer.alloc(0);
  peer.on('error', () => undefined);
  peer.on('data', (data) => {
    sent = Buffer.concat([sent, data]);
  });
  const key = Buffer.alloc(16).toString('base64');
  peer.write(
    `GET /v1 HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${adminKey}\r\nConnection: ` +
      `Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ` +
      `${key}\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\n`,
  );
  await until(() => expect(sent.toString('latin1')).toContain('\r\n\r\n'));
  return { peer, sent: () => sent };
};
const closeCodeIn = (sent: Buffer) => {
  const start = sent.indexOf(Buffer.from([0x88]), sent.indexOf('\r\n\r\n') + 4);
  return sent.readUInt16BE(start + 2);
};

describe('a peer that sends too much', () => {
  it('in one message of 70 KB is closed with 1009, and other peers stay', async () => {
    harness = await startHarness();
    const [client, other] = [await harness.initialized(), await harness.initialized()];
    await client.send(JSON.stringify({ jsonrpc: '2.0', id: 'x'.repeat(70_000), method: 'ping' }));
    expect(await client.closed).toBe(1009);
    await other.caughtUp();
  });
  it('in 10,000 fragments is closed with 1008 long before the last one', async () => {
    harness = await startHarness();
    const { peer, sent } = await rawSocket();
    // One masked space, not final.
    const fragment = (first: boolean) => Buffer.from([first ? 0x01 : 0x00, 0x81, 0, 0, 0, 0, 0x20]);
    for (let n = 0; n < 10_000 && !peer.destroyed; n += 1) peer.write(fragment(n === 0));
    await until(() => expect(closeCodeIn(sent())).toBe(1008));
    await until(() => expect(harness.connections()).toBe(0));
    peer.destroy();
  });
  it('compressed is refused: the server never agrees to compression', async () => {
    harness = await startHarness();
    const { peer, sent } = await rawSocket();
    expect(sent().toString('latin1').toLowerCase()).not.toContain('permessage-deflate');
    peer.write(Buffer.from([0xc1, 0x81, 0, 0, 0, 0, 0x20])); // the bit that says "compressed"
    await until(() => expect(closeCodeIn(sent())).toBe(1002));
    peer.destroy();
  });
  it('in headers that never end, or in a body that is too large, is disconnected', async () => {
    harness = await startHarness();
    const peer = connect(Number(new URL(harness.server.url).port), '127.0.0.1');
    peer.on('error', () => undefined).resume();
    let ended = false;
    peer.on('close', () => {
      ended = true;
    });
    peer.write('GET /livez HTTP/1.1\r\nHost: localhost\r\n');
    const more = setInterval(() => peer.write(`x-more: ${'x'.repeat(4_000)}\r\n`), 1);
    await until(() => expect(ended).toBe(true));
    clearInterval(more);
    const headers = { ...bearer, 'content-type': 'application/json', 'content-length': '70000' };
    const large = new Promise((resolve) =>
      request(`${harness.server.url}/v1/rpc`, { method: 'POST', headers }, (response) =>
        resolve(response.resume().statusCode),
      ).end('x'.repeat(70_000)),
    );
    expect(await large).toBe(413);
  });
});

describe('a peer that stalls', () => {
  it('without answering pings, or without reading, is disconnected', async () => {
    harness = await startHarness({
      timings: { pingMs: 50, closeMs: 50 },
      limits: { maxOutboundBytes: 64 * 1024 },
    });
    const [silent, deaf] = [await harness.initialized(), await harness.initialized()];
    await deaf.request('subscribe', { topics: ['sessions'] });
    silent.socket.pause();
    deaf.socket.pause();
    const view = viewOf('acme', { account: { id: 'x', name: 'n'.repeat(500_000) } });
    for (let n = 0; n < 40; n += 1)
      harness.feed.publish({
        type: 'session.updated',
        org: 'acme',
        view,
        previousState: null,
        cause: 'x',
        durable: true,
      });
    await until(() => expect(harness.connections()).toBe(0));
    expect(harness.logged.map(({ fields }) => fields.closeCode)).toContain(4508);
  });
  it('without initialize is closed with 4408', async () => {
    harness = await startHarness({ timings: { initializeMs: 40 } });
    expect(await harness.connect({ headers: bearer }).closed).toBe(4408); // also one whose key is known
  });
});

describe('an initialized client', () => {
  const asText = (id: unknown, method = 'session.stop') =>
    JSON.stringify({ jsonrpc: '2.0', id, method, params: { orgId: 'acme' } });
  it('has its batch refused, and none of its requests is carried out', async () => {
    harness = await startHarness();
    const client = await harness.initialized();
    expect((await client.failsWith(`[${asText(1)},${asText(2)}]`)).data.reason).toBe('invalid_request');
    expect((await client.failsWith('[]')).data.reason).toBe('invalid_request');
    expect(harness.stub.commands).toEqual([]);
  });
  it('may not use an id twice at a time: the second request is refused, the first is answered', async () => {
    harness = await startHarness();
    const client = await harness.initialized();
    let go: () => void = () => undefined;
    const going = new Promise<void>((resolve) => {
      go = resolve;
    });
    harness.stub.answer = async () => {
      await going;
      return { ok: true, session: viewOf('acme'), changed: true, durable: true };
    };
    await client.send(asText('same'));
    await client.send(asText('same'));
    const refused = await client.frame((frame) => frame.id === 'same');
    expect(refused.error.data.reason).toBe('invalid_request');
    go();
    expect((await client.frame((frame) => frame.id === 'same' && frame.result)).result.changed).toBe(true);
    expect(harness.stub.commands).toHaveLength(1);
  });
  it('never receives the message of an internal fault', async () => {
    harness = await startHarness();
    const client = await harness.initialized();
    const inside = 'ENOSPC: /var/lib/vigia/auth_sessions/acme/creds.json';
    for (const thrown of [
      new Error(inside),
      inside,
      Object.assign(new TypeError(inside), { data: inside }),
      { toString: () => inside },
    ]) {
      harness.stub.answer = () => {
        throw thrown;
      };
      const error = await client.fails('session.stop', { orgId: 'acme' });
      expect(error.code).toBe(-32603);
      expect(JSON.stringify(client.frames)).not.toMatch(/ENOSPC|creds|var.lib|at .*\.ts/);
    }
  });
  it('is closed with 4401 when its key is revoked, also with requests in flight', async () => {
    const { store } = memoryKeys();
    const opened = await openKeys(store);
    if (!opened.ok) throw new Error(opened.message);
    const made = await createKey(store, { name: 'k', scopes: ['admin'], orgs: '*' }, Date.now());
    if (!made.ok) throw new Error(made.message);
    await opened.keys.refresh();
    harness = await startHarness({ keys: opened.keys, timings: { drainMs: 20 } });
    const client = await harness.initialized(made.key);
    await client.request('subscribe', { topics: ['sessions', 'pairing'] });
    harness.stub.answer = () => new Promise(() => undefined);
    await client.send(asText('waits'));
    await until(() => expect(harness.stub.commands).toHaveLength(1));
    await revokeKey(store, made.keyId, Date.now());
    await opened.keys.refresh();
    change('acme');
    await client.send(asText('too late')).catch(() => undefined);
    expect(await client.closed).toBe(4401);
    expect(client.events).toEqual([]);
    expect(harness.stub.commands).toHaveLength(1);
  });
});

describe('a key of one tenant', () => {
  const plain = (error: { message: string; data: object }) =>
    JSON.stringify({ ...error, data: { ...error.data, requestId: '' } });
  it('learns nothing of other tenants: by requests, lists, subscriptions or positions', async () => {
    harness = await startHarness({
      keys: limitedKeys({
        tenant: { scopes: ['sessions:read', 'sessions:control', 'sessions:pair'], orgs: ['acme'] },
      }),
    });
    const client: Client = await harness.initialized('tenant');
    for (const method of [
      'session.get',
      'session.restore',
      'session.retry',
      'session.stop',
      'session.pair',
      'session.cancelPairing',
    ]) {
      const [foreign, unknown] = [
        await client.fails(method, { orgId: 'beta' }),
        await client.fails(method, { orgId: 'gone' }),
      ];
      expect(foreign.code, method).toBe(-32004);
      expect(plain(foreign).replaceAll('beta', 'gone'), method).toBe(plain(unknown));
    }
    expect(harness.stub.commands).toEqual([]); // so that neither takes longer than the other
    const since = harness.feed.position();
    harness.stub.pairings.set('beta', {
      status: 'qr',
      pairingId: 'p',
      qr: 'not-for-you',
      attempt: 1,
      expiresAt: at + 60_000,
    });
    for (const org of ['beta', 'gone', 'acme']) change(org);
    for (const orgs of ['*', ['beta'], ['gone'], ['beta', 'acme']])
      for (const params of [{ orgs }, { orgs, since }]) {
        const { snapshot } = await client.request('subscribe', {
          topics: ['sessions', 'pairing'],
          ...params,
        });
        for (const { orgId } of snapshot?.sessions ?? []) expect(orgId).toBe('acme');
      }
    for (const org of ['beta', 'gone', 'acme']) change(org);
    await client.caughtUp();
    expect(new Set(client.events.map(({ orgId }) => orgId))).toEqual(new Set(['acme']));
    expect(JSON.stringify(client.frames)).not.toMatch(/not-for-you/);
  });
});
