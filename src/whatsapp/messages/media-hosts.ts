/**
 * The media hosts that WhatsApp names for an account, for uploads and downloads. The client library asks too,
 * but keeps an answer that failed for the life of its socket: WHATSAPP-FACTS.md#media-conn.
 */
import {
  DEFAULT_CONNECTION_CONFIG,
  getBinaryNodeChild,
  getBinaryNodeChildren,
  getWAUploadToServer,
  type MediaConnInfo,
  S_WHATSAPP_NET,
  type SocketConfig,
  type WAMediaUploadFunction,
  type WASocket,
} from '@whiskeysockets/baileys';
import { monotonicMs } from '../../base/monotonic.ts';
import type { LibraryLogger } from '../library-log.ts';
import type { ProxyRoute } from '../proxy.ts';
import { tooLate } from './calls.ts';

/** Where the library downloads from when WhatsApp has named no host (`DEF_MEDIA_HOST`). */
const usualHost = 'mmg.whatsapp.net';

const ask = async (sock: WASocket, deadlineMs: number): Promise<MediaConnInfo> => {
  const content = [{ tag: 'media_conn', attrs: {} }];
  const attrs = { type: 'set', xmlns: 'w:m', to: S_WHATSAPP_NET };
  const answer = await sock.query({ tag: 'iq', attrs, content }, deadlineMs);
  const found = getBinaryNodeChild(answer, 'media_conn');
  if (!found) throw tooLate();
  const hosts = getBinaryNodeChildren(found, 'host').map((host) => ({
    hostname: host.attrs['hostname'] ?? '',
    maxContentLengthBytes: Number(host.attrs['maxContentLengthBytes']),
  }));
  const { auth = '', ttl } = found.attrs;
  return { auth, ttl: Number(ttl) || 0, hosts, fetchDate: new Date() };
};

export interface MediaHostsDeps {
  readonly sock: WASocket;
  readonly proxy: ProxyRoute | undefined;
  readonly logger: LibraryLogger;
  /** The server is another one than WhatsApp's: its media hosts may have any name. */
  readonly isOtherServer: boolean;
  readonly deadlineMs: number;
}
export interface MediaHosts {
  readonly upload: WAMediaUploadFunction;
  /** The host for downloads. Never one that the sender of a message names. */
  host(): Promise<string>;
}
export const createMediaHosts = (deps: MediaHostsDeps): MediaHosts => {
  const { sock, proxy, logger, isOtherServer, deadlineMs } = deps;
  let known: { readonly named: MediaConnInfo; readonly until: number } | undefined;
  const hosts = async (force: boolean): Promise<MediaConnInfo> => {
    if (!force && known && known.until > monotonicMs()) return known.named;
    const named = await ask(sock, deadlineMs);
    known = { named, until: monotonicMs() + named.ttl * 1000 };
    return named;
  };
  const config: SocketConfig = {
    ...(DEFAULT_CONNECTION_CONFIG as SocketConfig),
    logger,
    ...(proxy && { fetchAgent: proxy.agent }),
  };
  return {
    upload: getWAUploadToServer(config, hosts),
    host: async () => {
      const named = await hosts(false).catch(() => undefined); // the usual host is as good
      const host = named?.hosts[0]?.hostname;
      return host !== undefined && (isOtherServer || host.endsWith('.whatsapp.net')) ? host : usualHost;
    },
  };
};
