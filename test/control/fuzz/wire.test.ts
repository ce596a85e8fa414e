/**
 * The same frames over real sockets, and bytes that are no frames: after any of them the server serves the
 * next client.
 */
import { connect } from 'node:net';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { ConnectOptions, Client as Peer } from '../client.ts';
import { adminKey, type Harness, limitedKeys, startHarness, viewOf } from '../harness.ts';
import { checkFrame, foreignMark } from './check-frame.ts';
import { frameText } from './frames.ts';

const seed = Number(process.env['FUZZ_SEED'] ?? 20_261_124);
const share = Number(process.env['FUZZ_FRAMES'] ?? 100_000) / 100_000;
const tenant = {
  scopes: ['sessions:read', 'sessions:control', 'sessions:pair', 'sessions:logout'],
  orgs: ['acme'],
};
let harness: Harness;
beforeEach(async () => {
  const views = ['acme', 'beta'].map((org) =>
    viewOf(org, org === 'acme' ? {} : { account: { id: foreignMark, name: null } }),
  );
  const keys = limitedKeys({ tenant, [adminKey]: { scopes: ['admin'], orgs: '*' } });
  harness = await startHarness(
    {
      keys,
      timings: { closeMs: 100 },
      limits: { maxConnectionsPerKey: 1_000, maxConnectionsPerAddress: 1_000 },
    },
    views,
  );
});
afterEach(() => harness.stop());
const headers = { authorization: 'Bearer tenant' };
const hello = { protocolVersion: '1.0', client: { name: 'fuzz', version: '1' } };
/** A client with a key is served, and the log has no error. */
const expectServing = async () => {
  const client = await harness.initialized();
  await client.caughtUp();
  client.socket.terminate();
  expect(harness.logged.filter(({ level }) => level === 'error')).toEqual([]);
};
const ended = (client: Peer) =>
  vi.waitFor(() => expect(client.socket.readyState).toBe(3), { interval: 5, timeout: 20_000 });

it('frames over a real socket cause no crash, no unknown answer, and no answer that the key may not see', async () => {
  let [sent, got] = [0, 0];
  const options: ConnectOptions = { headers };
  await fc.assert(
    fc.asyncProperty(fc.array(frameText, { minLength: 40, maxLength: 40 }), async (texts) => {
      const client = await harness.connect(options).open();
      await client.request('initialize', hello);
      await client.request('subscribe', { topics: ['sessions', 'pairing'] });
      for (const text of texts) {
        if (client.socket.readyState !== client.socket.OPEN) break;
        client.socket.send(text);
        sent += 1;
        for (const org of ['beta', 'acme'])
          harness.feed.publish({
            type: 'session.updated',
            org,
            view: viewOf(org, org === 'acme' ? {} : { account: { id: foreignMark, name: null } }),
            previousState: null,
            cause: 'x',
            durable: true,
          });
        if (sent % 5 === 0) await new Promise(setImmediate);
      }
      client.socket.close();
      await ended(client);
      for (const frame of client.frames) checkFrame(JSON.stringify(frame));
      got += client.frames.length;
      client.faults.length = 0; // what was wrong on purpose, judged here instead
    }),
    { numRuns: Math.ceil(100 * share), seed, endOnFailure: true },
  );
  expect(sent).toBeGreaterThan(300 * share);
  expect(got).toBeGreaterThan(sent);
  await expectServing();
}, 600_000);

/** Some of RFC 6455's frames, most of them wrong: any opcode, any length, masked or not. */
const webSocketFrame = fc
  .tuple(
    fc.integer({ min: 0, max: 255 }),
    fc.integer({ min: 0, max: 255 }),
    fc.uint8Array({ maxLength: 200 }),
  )
  .map(([first, second, rest]) => Buffer.concat([Buffer.from([first, second]), rest]));
const httpLine = fc.oneof(
  fc.constantFrom(
    'GET /v1 HTTP/1.1',
    'POST /v1/rpc HTTP/1.1',
    'GET * HTTP/1.1',
    'OPTIONS / HTTP/1.1',
    'GET /livez HTTP/9.9',
    'CONNECT x:1 HTTP/1.1',
    'PRI * HTTP/2.0',
  ),
  fc.string({ unit: 'binary-ascii', maxLength: 60 }),
);
const httpHeader = fc.oneof(
  fc.constantFrom(
    'Host: localhost',
    'Host: evil.example',
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Upgrade: h2c',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Version: 99',
    'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==',
    'Sec-WebSocket-Protocol: ,,,',
    'Sec-WebSocket-Extensions: permessage-deflate; x="',
    'Authorization: Bearer tenant',
    'Authorization: Bearer',
    'X-Forwarded-For: 1.2.3.4',
    'Content-Type: application/json',
    'Content-Length: 5',
    'Content-Length: -1',
    'Transfer-Encoding: chunked',
    'Expect: 100-continue',
    'Origin: null',
  ),
  fc.string({ unit: 'binary-ascii', maxLength: 60 }),
);
const request = fc
  .tuple(httpLine, fc.array(httpHeader, { maxLength: 10 }), fc.uint8Array({ maxLength: 100 }))
  .map(([line, headers, body]) =>
    Buffer.concat([Buffer.from(`${[line, ...headers].join('\r\n')}\r\n\r\n`, 'latin1'), body]),
  );
const upgraded = Buffer.from(
  'GET /v1 HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: ' +
    'websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n',
);

it('bytes of any kind, before and after the upgrade, do no harm', async () => {
  const { port } = new URL(harness.server.url);
  const bytes = fc.oneof(
    fc.array(request, { minLength: 1, maxLength: 3 }).map((all) => Buffer.concat(all)),
    fc.uint8Array({ maxLength: 2_000 }).map((all) => Buffer.from(all)),
    fc
      .array(webSocketFrame, { minLength: 1, maxLength: 10 })
      .map((frames) => Buffer.concat([upgraded, ...frames])),
  );
  let answers = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(bytes, { minLength: 10, maxLength: 10 }), async (all) => {
      await Promise.all(
        all.map(
          (sent) =>
            new Promise<void>((resolve) => {
              const peer = connect(Number(port), '127.0.0.1', () => peer.end(sent));
              peer.on('error', () => undefined).on('close', () => resolve());
              peer.on('data', (data) => {
                answers += 1;
                expect(data.toString('latin1')).not.toMatch(/node:internal|at .*\.ts:\d/);
              });
            }),
        ),
      );
    }),
    { numRuns: Math.ceil(60 * share), seed, endOnFailure: true },
  );
  expect(answers).toBeGreaterThan(100 * share);
  await expectServing();
  await vi.waitFor(() => expect(harness.connections()).toBe(0), { interval: 5, timeout: 20_000 });
}, 600_000);
