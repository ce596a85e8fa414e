/** The real client, plugged into the credentials on disk. */
import type { ConnectionInput, Org } from '../../machines/domain/ports.ts';
import type { Log } from '../base/log.ts';
import type { Config } from '../config/config.ts';
import { openProxyFile, proxyOf } from '../config/proxies.ts';
import { readTextLater } from '../disk/read-text.ts';
import { replaceFile } from '../disk/replace-file.ts';
import { readCredentials } from '../sessions/credentials.ts';
import { openConnections } from '../whatsapp/connections.ts';
import type { MessageDoor } from '../whatsapp/messages/port.ts';
import { inspectPatches } from '../whatsapp/patches/inspect.ts';
import { type PatchState, patches, requireEssential } from '../whatsapp/patches/patch.ts';
import { openProxyRoutes } from '../whatsapp/proxy.ts';
import type { openSocket } from '../whatsapp/socket.ts';
import { openStore } from '../whatsapp/store/open-store.ts';
import type { StoreEvents } from '../whatsapp/store/types.ts';
import { fetchFromWhatsApp, openVersions, parseVersion } from '../whatsapp/version.ts';
import type { Storage } from './storage.ts';

export interface WhatsAppOptions {
  readonly config: Config;
  readonly storage: Storage;
  readonly log: Log;
  readonly now: () => number;
  readonly onReplaced: (org: Org) => void;
  /** Replaces the socket of the real client in a benchmark. */
  readonly openSocket: typeof openSocket | undefined;
  /** Without it no message is read. */
  readonly messages?: MessageDoor | undefined;
}

/**
 * Checks, once per start, which workarounds for faults of the client library and of Node apply. Throws when
 * an essential one does not.
 */
const inspect = (log: Log): readonly PatchState[] => {
  const states = inspectPatches();
  requireEssential(states);
  for (const { name, is, why } of states)
    if (is === 'missing') log('patch.missing', { patch: name, why, without: patches[name].without });
  return states;
};

export const openWhatsApp = async ({
  config,
  storage,
  log,
  now,
  onReplaced,
  openSocket: connect,
  messages,
}: WhatsAppOptions) => {
  const { disk, layout, journal, observations, pairings } = storage;
  const patchStates = inspect(log);
  const fixed = config.WHATSAPP_VERSION === undefined ? undefined : parseVersion(config.WHATSAPP_VERSION);
  const { PROXY_FILE: file, proxies: first } = config;
  const proxies =
    file === undefined
      ? { current: async () => first }
      : openProxyFile({
          first,
          file,
          read: () => readTextLater(file),
          log,
        });
  const routeThrough = openProxyRoutes();
  const proxyFor = async (org: Org) => {
    const address = proxyOf(await proxies.current(), org, config.usualProxy);
    return address === undefined ? undefined : routeThrough(address);
  };
  const versions = await openVersions({
    ...(fixed && { fixed }),
    cache: {
      read: async () => (await disk.read(layout.whatsappVersion))?.toString('utf8'),
      write: async (text) => void (await replaceFile(disk, layout.whatsappVersion, text)),
    },
    ask:
      config.WHATSAPP_WS_URL === undefined
        ? async () => fetchFromWhatsApp((await proxyFor(''))?.fetchOptions)
        : async () => undefined, // another server than WhatsApp's publishes no version
    log,
  });
  const openCredentials = async (input: ConnectionInput, on: StoreEvents) =>
    input.mode === 'restore'
      ? openStore({
          disk,
          directory: layout.organization(input.org),
          mode: 'restore',
          identify: readCredentials,
          expectedFingerprint: input.fingerprint,
          scanned: observations.credentialsOf(input.org),
          journal,
          on,
        })
      : openStore({
          disk,
          directory: await pairings.prepare(input.org, input.pairing.id),
          mode: 'pair',
          identify: readCredentials,
          on,
        });
  const connections = openConnections({
    versions,
    openStore: openCredentials,
    url: config.WHATSAPP_WS_URL,
    proxyFor,
    pingDeadlineMs: config.policy.pingDeadlineMs,
    deafMs: config.policy.deafMs,
    pairingMs: config.policy.pairingMs,
    now,
    log: (org) => log.child({ org }),
    onReplaced,
    openSocket: connect,
    messages,
  });
  return { versions, connections, patchStates };
};
