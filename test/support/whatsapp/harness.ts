import { type AuthenticationCreds, S_WHATSAPP_NET, type UserFacingSocketConfig } from '@whiskeysockets/baileys';
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
  const house = {
    server: new FakeWhatsApp(),
    connect: (creds?: AuthenticationCreds, config?: Partial<UserFacingSocketConfig>): RealClient => {
      const client = new RealClient(house.server.url, creds, config);
      clients.push(client);
      return client;
    },
    /** A client that is open with its backlog through; a seeded device of `phone` unless told. */
    online: async (creds = pairedCredentials({ phone }), config?: Partial<UserFacingSocketConfig>): Promise<RealClient> => {
      const client = house.connect(creds, config);
      await client.ready();
      return client;
    },
    endClients: async (): Promise<void> => {
      await Promise.all(clients.splice(0).map(({ socket }) => socket.end(undefined)));
    },
  };
  beforeEach(async () => {
    distrust = trustTestRoot();
    house.server = new FakeWhatsApp({ restartDelayMs: 5, offlineDelayMs: 1 });
    await house.server.listen();
  });
  afterEach(async () => {
    vi.useRealTimers();
    await house.server.close();
    await house.endClients();
    distrust();
  });
  return house;
}

/** A WhatsApp ping: its answer, or undefined when none came within 250 ms. */
export const ping = (client: RealClient): Promise<unknown> =>
  client.socket
    .query({ tag: 'iq', attrs: { to: S_WHATSAPP_NET, type: 'get', xmlns: 'w:p' }, content: [] }, unansweredAfterMs)
    .catch(() => undefined);

export const opened = (client: RealClient): boolean => client.updates.some(({ connection }) => connection === 'open');
