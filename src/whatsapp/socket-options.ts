/** What we ask of the client library, and why; the facts are those of `docs/engineering/decisions/0003-baileys-options.md`. */
import { type AuthenticationState, Browsers, type CacheStore, type UserFacingSocketConfig, type WAVersion } from '@whiskeysockets/baileys';
import { socketCaches } from './caches.ts';
import type { LibraryLogger } from './library-log.ts';
import type { Way } from './proxy.ts';

export interface SocketWish {
  readonly auth: AuthenticationState;
  readonly version: WAVersion;
  readonly logger: LibraryLogger;
  readonly retries: CacheStore;
  /** Another server than WhatsApp's, for tests and the demo. */
  readonly url?: string;
  /** Through a proxy; straight without it. */
  readonly way?: Way;
}

export const socketOptions = ({ auth, version, logger, retries, url, way }: SocketWish): UserFacingSocketConfig => ({
  auth,
  version,
  logger,
  browser: Browsers.ubuntu('Chrome'), // constant for the life of a session; names of our own make pairing codes fail
  markOnlineOnConnect: false, // otherwise the customer's phone stops notifying
  syncFullHistory: false,
  connectTimeoutMs: 20_000,
  defaultQueryTimeoutMs: 60_000, // never undefined: pending queries of a closed socket would be kept for ever
  keepAliveIntervalMs: 30_000,
  msgRetryCounterCache: retries,
  ...socketCaches(),
  ...(url !== undefined && { waWebSocketUrl: url }),
  ...(way && { agent: way.agent, options: way.fetching }), // history is fetched when a phone was just linked
  // absent on purpose: fetchAgent (only for uploads), shouldSyncHistoryMessage (refusing all history loses the LID maps), getMessage (nothing is sent yet)
});
