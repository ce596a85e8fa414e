/**
 * A flood of stanzas for one organization: what waits has a bound in bytes, all of it is processed, and the
 * connection stays.
 */
import { afterEach, describe, expect, it } from 'vitest';
import type { ConnectionFact } from '../../machines/domain/ports.ts';
import { createFairQueue } from '../../src/base/fair-queue.ts';
import { Intake, type IntakeBounds, overheadBytes } from '../../src/whatsapp/intake.ts';
import { libraryLog } from '../../src/whatsapp/library-log.ts';
import { openSocket, type Socket } from '../../src/whatsapp/socket.ts';
import type { Store } from '../../src/whatsapp/store/types.ts';
import { until } from '../support/until.ts';
import { pairedCredentials } from '../support/whatsapp/credentials.ts';
import { type FloodKind, floodStanza } from '../support/whatsapp/flood.ts';
import { phone, useFakeWhatsApp } from '../support/whatsapp/harness.ts';
import { memoryKeys } from '../support/whatsapp/real-client.ts';
import { node } from '../support/whatsapp/stanza.ts';

const kib = 1024;
const bounds: IntakeBounds = {
  waitingBytes: 64 * kib,
  handledBytes: 64 * kib,
  stanzaBytes: 128 * kib,
  mostBytes: 16 * kib * kib,
  stallMs: 2_000,
  stallBytes: 16 * kib,
};
/** Node reads at most this from a socket at once, so a pause takes effect only after it. */
const chunkBytes = 64 * kib;

const harness = useFakeWhatsApp();
let sockets: Socket[] = [];
afterEach(async () => {
  await Promise.all(sockets.map((socket) => socket.dispose()));
  sockets = [];
});
const store = (): Store => ({
  kind: 'store',
  auth: { creds: pairedCredentials({ phone }), keys: memoryKeys() as never },
  saveCreds: () => undefined,
  backUp: async () => undefined,
  drained: async () => 'durable',
  fence: () => undefined,
});
const connect = async (given: IntakeBounds = bounds) => {
  const facts: ConnectionFact[] = [];
  const on = store();
  let intake: Intake | undefined;
  const socket = openSocket({
    settings: {
      auth: on.auth as never,
      version: [2, 3000, 1],
      logger: libraryLog(() => undefined),
      retries: new Map() as never,
      url: harness.server.url,
    },
    store: on,
    pairingMs: 60_000,
    pingDeadlineMs: 4_000,
    deafMs: 600_000,
    isHeld: () => false,
    now: Date.now,
    queue: createFairQueue(),
    makeIntake: (options) => (intake = new Intake({ ...options, bounds: given })),
    emit: (fact) => void facts.push(fact),
    report: () => undefined,
  });
  sockets.push(socket);
  await until('the connection to be open', () => facts.some(({ type }) => type === 'connection.opened'));
  return { socket, facts, intake: intake as Intake };
};
const flood = (kind: FloodKind, count: number, bytes: number, isOffline = false) => {
  for (let n = 0; n < count; n += 1)
    expect(harness.server.deliver(phone, floodStanza(kind, n, bytes, isOffline))).toBe(1);
};
const acknowledged = (count: number) =>
  until(`${count} to be acknowledged`, () => harness.server.stats().acks >= count);
const closings = (facts: readonly ConnectionFact[]) =>
  facts.filter(({ type }) => type === 'connection.closed');

describe('a flood of stanzas', () => {
  it.each([
    ['undecryptable', 30, 300, false],
    ['readable', 3_000, 300, false],
    ['readable', 60, 200 * kib, false],
    ['undecryptable', 30, 300, true],
    ['readable', 3_000, 300, true],
  ] as const)(
    'of %s messages, %i of %i bytes, offline %s, is processed within the bound',
    async (...given) => {
      const [kind, count, bytes, isOffline] = given;
      const { intake, facts } = await connect();
      flood(kind, count, bytes, isOffline);
      await acknowledged(count);
      // one stanza may pass each bound, and a slow machine may allow some more while no handler finishes
      const most = 2 * bounds.stanzaBytes + bounds.waitingBytes + 2 * (bytes + chunkBytes);
      expect(intake.peakBytes).toBeLessThan(most);
      expect(closings(facts)).toEqual([]);
    },
  );
  it('takes more than ten times as much when nothing bounds it', async () => {
    const none = Number.POSITIVE_INFINITY;
    const unbounded = { waitingBytes: none, handledBytes: none, stanzaBytes: none, mostBytes: none };
    const { intake } = await connect({ ...bounds, ...unbounded });
    const count = 1_000;
    flood('undecryptable', count, 300);
    await until('all to be in handlers', () => intake.peakBytes > count * overheadBytes);
    expect(intake.peakBytes).toBeGreaterThan(10 * bounds.stanzaBytes);
  });
  it('answers a ping during the flood, because what is read is the sign of life', async () => {
    const { socket, facts } = await connect();
    flood('undecryptable', 60, 300);
    await socket.ping();
    expect(facts).toContainEqual({ type: 'connection.pinged', ok: true });
  });
  it('reports the verdict of WhatsApp that comes behind it', async () => {
    const { facts } = await connect();
    flood('undecryptable', 60, 300);
    harness.server.strike(phone, { kind: 'stream-error', code: 401, conflict: 'device_removed' });
    await until('the end', () => closings(facts).length > 0);
    expect(closings(facts)).toMatchObject([{ reason: 'revoked' }]);
  });
  it('ends the connection with a reason of our own when no handler ever finishes', async () => {
    const { facts } = await connect({ ...bounds, mostBytes: 2 * bounds.stanzaBytes, stallMs: 1 });
    harness.server.strike(phone, { kind: 'mute' });
    for (let n = 0; n < 1_000; n += 1)
      harness.server.deliver(
        phone,
        node('ib', { from: 's.whatsapp.net' }, [node('dirty', { type: 'groups', timestamp: String(n) })]),
      );
    await until('the end', () => closings(facts).length > 0);
    expect(closings(facts)).toEqual([{ type: 'connection.closed', reason: 'internal' }]);
  });
});
