/**
 * The options that Vigía gives to the client library. The reasons are in
 * `docs/engineering/decisions/0003-baileys-options.md`.
 */
import {
  type AuthenticationState,
  Browsers,
  type CacheStore,
  type UserFacingSocketConfig,
  type WAVersion,
} from '@whiskeysockets/baileys';
import { socketCaches } from './caches.ts';
import type { LibraryLogger } from './library-log.ts';
import type { Inbox } from './messages/inbox.ts';
import type { ProxyRoute } from './proxy.ts';

/** What differs from socket to socket. */
export interface SocketSettings {
  readonly auth: AuthenticationState;
  readonly version: WAVersion;
  readonly logger: LibraryLogger;
  readonly retries: CacheStore;
  /** Keeps received messages. Without it none is kept. */
  readonly inbox?: Inbox | undefined;
  /** Another server than WhatsApp's, for tests and the demo. */
  readonly url?: string | undefined;
  /** Without it the socket connects directly. */
  readonly proxy?: ProxyRoute | undefined;
  /** Without it nothing is sent, so nothing is asked for again. */
  readonly sending?: Pick<UserFacingSocketConfig, 'getMessage' | 'cachedGroupMetadata'> | undefined;
}

export const socketOptions = ({
  auth,
  version,
  logger,
  retries,
  url,
  proxy,
  sending,
  inbox,
}: SocketSettings): UserFacingSocketConfig => {
  const options: UserFacingSocketConfig = {
    auth,
    version,
    logger,
    // constant for the life of a session; names of our own make pairing codes fail
    browser: Browsers.ubuntu('Chrome'),
    markOnlineOnConnect: false, // otherwise the customer's phone stops notifying
    syncFullHistory: false,
    connectTimeoutMs: 20_000,
    // never undefined: pending queries of a closed socket would be kept for ever
    defaultQueryTimeoutMs: 60_000,
    keepAliveIntervalMs: 30_000,
    msgRetryCounterCache: retries,
    emitOwnEvents: false, // otherwise refusals of own messages disappear in events about them
    ...socketCaches(),
    ...sending,
    // absent on purpose: shouldSyncHistoryMessage (refusing all history loses the LID maps)
  };
  // assigned only when there is a value: the library spreads these options over its defaults, and undefined
  // would win
  if (inbox) {
    const { keys, makeSignalRepository } = inbox;
    Object.assign(options, { auth: { creds: auth.creds, keys }, makeSignalRepository });
  }
  if (url !== undefined) options.waWebSocketUrl = url;
  // history is fetched when a phone was just linked; media is uploaded with an agent of its own
  if (proxy !== undefined)
    Object.assign(options, {
      agent: proxy.agent,
      fetchAgent: proxy.agent,
      options: proxy.fetchOptions,
    });
  return options;
};
