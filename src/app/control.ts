/** The control API, plugged into the keys on disk and the rooms that it serves. */
import { parseRanges } from '../base/addresses.ts';
import { build } from '../base/build.ts';
import type { Log } from '../base/log.ts';
import type { Config } from '../config/config.ts';
import { withMetricsToken } from '../control/access/metrics-token.ts';
import type { Feed } from '../control/feed/feed.ts';
import type { Health } from '../control/http/health.ts';
import type { Messages } from '../control/messages-port.ts';
import type { Meter, MetricsText } from '../control/meter.ts';
import type { Alerts, DomainEvent, Supervision } from '../control/port.ts';
import type { Past } from '../control/rpc/handlers/history.ts';
import type { Webhooks } from '../control/rpc/handlers/webhooks.ts';
import { openControlServer } from '../control/server.ts';
import { replaceFile } from '../disk/replace-file.ts';
import { openKeys } from '../keys/accepted-keys.ts';
import { administrationOf } from '../keys/administration.ts';
import { keyStoreOf } from '../keys/key-store.ts';
import { startKeyWatch } from '../keys/watch-store.ts';
import type { FleetEvent } from './events.ts';
import { linksPort, startLinks } from './links.ts';
import type { Storage } from './storage.ts';

export interface ControlParts {
  readonly config: Config;
  readonly storage: Storage;
  readonly log: Log;
  readonly feed: Feed;
  readonly supervision: Supervision;
  readonly history: Past;
  readonly alerts: Alerts;
  readonly webhooks: Webhooks;
  readonly messages: Messages;
  readonly health: Health;
  readonly metrics: { readonly control: Meter; readonly text: MetricsText };
}

const domainEventOf = (e: FleetEvent): DomainEvent | undefined => {
  switch (e.type) {
    case 'session.reported': {
      const { org, view, previousState, cause, durable } = e;
      return {
        type: e.created ? 'session.created' : 'session.updated',
        org,
        view,
        previousState,
        cause,
        durable,
      };
    }
    case 'pairing.reported':
      return { type: 'pairing.updated', org: e.org, update: e.update };
    case 'session.gone':
    case 'session.dropped':
      return { type: 'session.removed', org: e.org, revision: e.view.revision + 1 };
    default:
      return undefined; // the other events are no events of the protocol
  }
};

/** Rejects with an error whose message is for the operator. */
export const startControl = async ({
  config,
  storage: { disk, layout, database },
  log,
  feed,
  supervision,
  history,
  alerts,
  webhooks,
  messages,
  health,
  metrics,
}: ControlParts) => {
  const keyStore = keyStoreOf(disk, layout);
  const opened = await openKeys(keyStore, config.API_KEY === undefined ? {} : { apiKey: config.API_KEY });
  if (!opened.ok)
    throw new Error(`${opened.message} (${opened.code === 'key_file_unreadable' ? layout.keys : 'API_KEY'})`);
  const { keys } = opened;
  const first = await keys.firstKey(
    async (key) => void (await replaceFile(disk, layout.firstKey, `${key}\n`, 0o600)),
  );
  if (first) log('first_key.created', { file: layout.firstKey, keyId: first.keyId });
  else if (
    config.API_KEY === undefined &&
    keys.authenticate((await disk.read(layout.firstKey))?.toString('utf8').trim() ?? '')
  )
    // an operator that missed the first start finds it now
    log('first_key.waiting', { file: layout.firstKey });

  if (config.BEHIND_TLS_PROXY && config.TRUSTED_PROXIES.length === 0) log('proxy.untrusted');
  const links = await startLinks({ disk, layout, supervision, feed });
  const server = await openControlServer({
    host: config.HOST,
    port: config.PORT,
    behindTlsProxy: config.BEHIND_TLS_PROXY,
    ...(config.tls && { tls: config.tls }),
    allowedHosts: config.ALLOWED_HOSTS,
    allowedOrigins: config.ALLOWED_ORIGINS,
    trustedProxies: parseRanges(config.TRUSTED_PROXIES),
    maxConnections: config.MAX_CONNECTIONS,
    maxMediaBytes: config.MEDIA_MAX_MB * 1_048_576,
    limits: {
      maxRequestsPer10Seconds: config.MAX_REQUESTS_PER_10_SECONDS,
      requestBurst: Math.ceil(config.MAX_REQUESTS_PER_10_SECONDS / 2),
      maxConnectionsPerKey: config.MAX_CONNECTIONS_PER_KEY,
      maxConnectionsPerAddress: config.MAX_CONNECTIONS_PER_ADDRESS,
    },
    keys: config.METRICS_TOKEN === undefined ? keys : withMetricsToken(keys, config.METRICS_TOKEN),
    meter: metrics.control,
    metrics: metrics.text,
    feed,
    supervision,
    history,
    alerts,
    webhooks,
    messages,
    keyAdministration: administrationOf(keyStore, keys),
    links: linksPort(links, config.PUBLIC_URL, () => server.url),
    linkFrameAncestors: config.LINK_FRAME_ANCESTORS,
    health,
    log: log.child({ part: 'control' }),
    server: { version: build, startedAt: Date.now(), database: database.status, settings: [...config.shown] },
  });
  const stopWatchingKeys = startKeyWatch({ disk, file: layout.keys, keys, log });
  return {
    url: server.url,
    connections: server.connections,
    drain: server.drain,
    onEvent: async (e: FleetEvent) => {
      const event = domainEventOf(e);
      if (event) feed.publish(event);
      if (e.type === 'pairing.reported') links.onPairing(e.org, e.update);
      if (e.type === 'session.reported') await links.onSession(e.view);
    },
    close: async () => {
      await server.close();
      await stopWatchingKeys();
      await links.close();
    },
  };
};
