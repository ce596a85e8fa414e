/**
 * A library in which a patch finds another form than it expects: our socket on it still connects to (the
 * fake) WhatsApp.
 */
import type { UserFacingSocketConfig, WASocket } from '@whiskeysockets/baileys';
import { afterEach, expect, it, vi } from 'vitest';
import type { ConnectionFact } from '../../../machines/domain/ports.ts';
import { createFairQueue } from '../../../src/base/fair-queue.ts';
import { libraryLog } from '../../../src/whatsapp/library-log.ts';
import { type PatchName, patchNames } from '../../../src/whatsapp/patches/patch.ts';
import { openSocket, type Socket } from '../../../src/whatsapp/socket.ts';
import type { Store } from '../../../src/whatsapp/store/types.ts';
import { until } from '../../support/until.ts';
import { pairedCredentials } from '../../support/whatsapp/credentials.ts';
import { phone, useFakeWhatsApp } from '../../support/whatsapp/harness.ts';
import { memoryKeys } from '../../support/whatsapp/real-client.ts';

type Loose = Record<string, unknown> & {
  ws: { socket: Record<string, unknown>; listeners(event: string): unknown[] };
};
const { change } = vi.hoisted(() => ({ change: { now: (_sock: unknown): void => undefined } }));
vi.mock('@whiskeysockets/baileys', async (original) => {
  const library = await original<typeof import('@whiskeysockets/baileys')>();
  const makeSocket = (config: UserFacingSocketConfig): WASocket => {
    const sock = library.default(config);
    change.now(sock);
    return sock;
  };
  return { ...library, default: makeSocket };
});
const withoutTerminate = ({ ws }: Loose) => void (ws.socket['terminate'] = undefined);
const deafTo = (event: string) => (sock: Loose) => {
  const all = sock.ws.listeners.bind(sock.ws);
  sock.ws.listeners = (name) => (name === event ? [] : all(name));
};
/** The patches of a socket. `test/e2e/patches.test.ts` breaks the shared context and the certificates. */
const broken: Partial<Record<PatchName, (sock: Loose) => void>> = {
  retry_memory: (sock) => void (sock['messageRetryManager'] = null),
  quiet_presence: (sock) => void (sock['sendPresenceUpdate'] = undefined),
  refused_upgrade: withoutTerminate,
  network_order: withoutTerminate,
  pairing_hold: withoutTerminate,
  frame_guard: deafTo('message'),
  back_pressure: deafTo('CB:message'),
  receipt_hold: deafTo('CB:receipt'),
  pairing_signature: deafTo('CB:iq,,pair-success'),
};

const harness = useFakeWhatsApp();
let socket: Socket | undefined;
afterEach(async () => {
  await socket?.dispose();
});
const store = (): Store => ({
  kind: 'store',
  auth: { creds: pairedCredentials({ phone }), keys: memoryKeys() as never },
  saveCreds: () => undefined,
  backUp: async () => undefined,
  drained: async () => 'durable',
  fence: () => undefined,
});

it('breaks every patch of a socket', () => {
  expect(patchNames.filter((name) => broken[name] === undefined)).toEqual([
    'shared_context',
    'certificates',
    'library_console',
    'inflation',
  ]);
});
it.each(Object.entries(broken))('connects without %s, and closes', async (_name, breakIt) => {
  change.now = breakIt as (sock: unknown) => void;
  const facts: ConnectionFact['type'][] = [];
  const on = store();
  socket = openSocket({
    settings: {
      auth: on.auth as never,
      version: [2, 3000, 1],
      logger: libraryLog(() => undefined),
      retries: new Map() as never,
      url: harness.server.url,
    },
    store: on,
    pairingMs: 60_000,
    pingDeadlineMs: 5_000,
    deafMs: 60_000,
    isHeld: () => false,
    now: Date.now,
    queue: createFairQueue(),
    emit: ({ type }) => void facts.push(type),
    report: () => undefined,
  });
  await until('the connection to be open', () => facts.includes('connection.opened'));
  await socket.ping();
  expect(facts).toContain('connection.pinged');
  await socket.dispose();
  await until('WhatsApp to see it gone', () => harness.server.stats().openConnections === 0);
});
