/**
 * Random and mutated frames, 100,000 in each run of the tests and any number with `npm run fuzz`. The
 * connections have a fake socket, so that most of the time goes to the answers. The seed is fixed;
 * `FUZZ_SEED` sets another.
 */
import { EventEmitter } from 'node:events';
import { PassThrough } from 'node:stream';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { WebSocket } from 'ws';
import { createAdmission } from '../../../src/control/access/admission.ts';
import { createFailedAttempts } from '../../../src/control/access/failed-attempts.ts';
import { createRateLimiter } from '../../../src/control/access/rate-limiter.ts';
import { defaultLimits, defaultTimings, failureBounds } from '../../../src/control/bounds.ts';
import { noMeter } from '../../../src/control/meter.ts';
import { createDispatcher } from '../../../src/control/rpc/dispatch.ts';
import { createLookUps } from '../../../src/control/rpc/handlers/contacts.ts';
import { Connection } from '../../../src/control/ws/connection.ts';
import { alertLike, createHarness, limitedKeys, viewOf } from '../harness.ts';
import { checkFrame, foreignMark } from './check-frame.ts';
import { frameText } from './frames.ts';

const framesInAll = Number(process.env['FUZZ_FRAMES'] ?? 100_000);
const framesOfOne = 100;
const seed = Number(process.env['FUZZ_SEED'] ?? 20_261_124);

/** A WebSocket without a network. */
class FakeSocket extends EventEmitter {
  readonly OPEN = 1;
  readyState = 1;
  bufferedAmount = 0;
  readonly sent: string[] = [];
  closeCode: number | undefined;
  send(data: Buffer, _options: unknown, sent?: () => void) {
    this.sent.push(data.toString('utf8'));
    if (sent) queueMicrotask(sent);
  }
  close(code: number) {
    this.closeCode ??= code;
    this.readyState = 3;
    this.emit('close', code);
  }
  terminate() {
    this.close(1006);
  }
  ping() {}
}

it(`${framesInAll} frames cause no crash, no unknown answer, and no answer that the key may not see`, async () => {
  const account = { id: foreignMark, name: foreignMark };
  const keys = limitedKeys({
    tenant: {
      scopes: [
        'sessions:read',
        'sessions:control',
        'sessions:pair',
        'sessions:logout',
        'alerts:read',
        'alerts:write',
      ],
      orgs: ['acme', 'gone-by-now'],
    },
  });
  const { options, feed, stub, logged } = await createHarness({ keys }, [
    viewOf('acme'),
    viewOf('beta', { account }),
    viewOf('gone', { account }),
  ]);
  stub.alerts.set('mine', alertLike({ fingerprint: 'mine' }));
  stub.alerts.set('theirs', alertLike({ fingerprint: 'theirs', orgId: 'beta', summary: foreignMark }));
  stub.pairings.set('beta', { status: 'qr', pairingId: 'p', qr: foreignMark, attempt: 1, expiresAt: 4e12 });
  stub.pairings.set('acme', { status: 'qr', pairingId: 'p', qr: 'mine', attempt: 1, expiresAt: 4e12 });
  const limits = { ...defaultLimits, ...options.limits };
  const now = options.now ?? Date.now;
  const lookUps = createLookUps();
  const deps = {
    ...options,
    now,
    lookUps,
    limits,
    timings: defaultTimings,
    meter: noMeter,
    dispatcher: createDispatcher({ ...options, now, lookUps }, options.log),
    failedAttempts: createFailedAttempts(failureBounds),
    rateLimiter: createRateLimiter(limits),
  };
  const admission = createAdmission({
    ...limits,
    maxConnections: 1e9,
    maxConnectionsPerAddress: 1e9,
    maxConnectionsPerKey: 1e9,
    maxUnauthenticated: 1e9,
  });
  const publishEvents = () => {
    for (const org of ['beta', 'gone', 'acme']) {
      const view = viewOf(org, org === 'acme' ? {} : { account });
      feed.publish({ type: 'session.updated', org, view, previousState: null, cause: 'x', durable: true });
    }
    feed.publish({
      type: 'pairing.updated',
      org: 'beta',
      update: { status: 'code', pairingId: 'p', code: foreignMark, expiresAt: 4e12 },
    });
    feed.publish({ type: 'session.removed', org: 'gone', revision: 1 });
    feed.publish({
      type: 'alert.firing',
      id: 'evt_1',
      alert: alertLike({ orgId: 'beta', summary: foreignMark }),
    });
  };
  const tally = { frames: 0, answers: 0, events: 0, errors: new Set<string>(), closes: new Set<number>() };

  await fc.assert(
    fc.asyncProperty(
      fc.array(frameText, { minLength: framesOfOne, maxLength: framesOfOne }),
      fc.boolean(),
      async (texts, initializes) => {
        let socket = new FakeSocket();
        const connect = () => {
          const admitted = admission.acquire('fuzz');
          if (!admitted.ok) throw new Error('no slot');
          socket = new FakeSocket();
          const transport = { socket: socket as unknown as WebSocket, stream: new PassThrough() };
          new Connection(transport, deps, {
            address: 'fuzz',
            slot: admitted.slot,
            bearer: undefined,
            otherScheme: undefined,
          });
          if (!initializes) return;
          const hello = { protocolVersion: '1.0', apiKey: 'tenant', client: { name: 'f', version: '1' } };
          const subscribe = { topics: ['sessions', 'pairing', 'alerts'] };
          for (const [id, method, params] of [
            [1, 'initialize', hello],
            [2, 'subscribe', subscribe],
          ] as const)
            socket.emit(
              'message',
              Buffer.from(JSON.stringify({ jsonrpc: '2.0', id, method, params })),
              false,
            );
        };
        const disconnect = () => {
          for (const text of socket.sent) {
            checkFrame(text);
            const frame = JSON.parse(text) as { method?: string; error?: { data: { reason: string } } };
            if (frame.method) tally.events += 1;
            else tally.answers += 1;
            if (frame.error) tally.errors.add(frame.error.data.reason);
          }
          if (socket.closeCode !== undefined) tally.closes.add(socket.closeCode);
          socket.close(1000);
        };
        connect();
        for (const [n, text] of texts.entries()) {
          tally.frames += 1;
          socket.emit('message', Buffer.from(text), false);
          if (n % 20 === 0) publishEvents();
          if (n % 8 === 0) await Promise.resolve(); // so that some requests meet others in flight
          if (socket.readyState === socket.OPEN) continue;
          disconnect();
          connect();
        }
        await new Promise(setImmediate); // every request has been answered by now
        disconnect();
      },
    ),
    { numRuns: Math.ceil(framesInAll / framesOfOne), seed, endOnFailure: true },
  );

  // The run was thorough: it caused every kind of answer that a tenant can get.
  expect(tally.frames).toBeGreaterThanOrEqual(framesInAll);
  expect([...tally.errors]).toEqual(
    expect.arrayContaining([
      'parse_error',
      'invalid_request',
      'method_not_found',
      'invalid_params',
      'not_found',
      'not_initialized',
      'unauthenticated',
      'unsupported_version',
    ]),
  );
  expect([...tally.closes]).toEqual(expect.arrayContaining([4400, 4401, 4406, 4409]));
  expect(tally.events).toBeGreaterThan(framesInAll / 200);
  expect(logged.filter(({ level }) => level === 'error')).toEqual([]);
  expect(stub.commands.filter(({ org }) => org === 'beta' || org === 'gone')).toEqual([]);
}, 1_800_000);
