import {
  type AuthenticationCreds,
  S_WHATSAPP_NET,
  type UserFacingSocketConfig,
} from '@whiskeysockets/baileys';
import { afterEach, beforeEach, vi } from 'vitest';
import { trustTestRoot } from './certificate.ts';
import { fictionalPhone, pairedCredentials } from './credentials.ts';
import { RealClient } from './real-client.ts';
import { FakeWhatsApp } from './server.ts';

export const phone = fictionalPhone(1);
const unansweredAfterMs = 250;

/** For tests in one process: a fresh server before each test, and clients that are ended after it. */
export function useFakeWhatsApp() {
  const clients: RealClient[] = [];
  let distrust: () => void;
  const harness = {
    server: new FakeWhatsApp(),
    connect: (creds?: AuthenticationCreds, config?: Partial<UserFacingSocketConfig>): RealClient => {
      const client = new RealClient(harness.server.url, creds, config);
      clients.push(client);
      return client;
    },
    /** A client that is open with its backlog through; a seeded device of `phone` unless told. */
    online: async (
      creds = pairedCredentials({ phone }),
      config?: Partial<UserFacingSocketConfig>,
    ): Promise<RealClient> => {
      const client = harness.connect(creds, config);
      await client.ready();
      return client;
    },
    endClients: async (): Promise<void> => {
      await Promise.all(clients.splice(0).map(({ socket }) => socket.end(undefined)));
    },
  };
  beforeEach(async () => {
    distrust = trustTestRoot();
    harness.server = new FakeWhatsApp({ restartDelayMs: 5, offlineDelayMs: 1 });
    await harness.server.listen();
  });
  afterEach(async () => {
    vi.useRealTimers();
    await harness.server.close();
    await harness.endClients();
    distrust();
  });
  return harness;
}

/** A WhatsApp ping: its answer, or undefined when none came within 250 ms. */
export const ping = (client: RealClient): Promise<unknown> =>
  client.socket
    .query(
      { tag: 'iq', attrs: { to: S_WHATSAPP_NET, type: 'get', xmlns: 'w:p' }, content: [] },
      unansweredAfterMs,
    )
    .catch(() => undefined);

export const opened = (client: RealClient): boolean =>
  client.updates.some(({ connection }) => connection === 'open');
