/**
 * What is checked before a connection becomes a WebSocket (RFC 6455 §4.2): the path, the host it believes to be talking to, the
 * page it comes from, and where its key travels. A web page can reach servers on loopback, so both lists are exact.
 */
import type { IncomingMessage } from 'node:http';
import { protocol } from '../protocol/registry.ts';
import type { Principal } from './authorize.ts';
import type { Keys } from './keys.ts';

export interface UpgradeRules {
  readonly allowedHosts: readonly string[];
  readonly allowedOrigins: readonly string[];
  readonly keys: Keys;
}
export type Checked =
  | { readonly ok: true; readonly bearer?: { readonly key: string; readonly principal: Principal } }
  | { readonly ok: false; readonly status: 400 | 401 | 403 | 404; readonly code: string; readonly sentence: string };

const loopback = ['localhost', '127.0.0.1', '[::1]'];
const refuse = (status: 400 | 401 | 403 | 404, code: string, sentence: string): Checked => ({ ok: false, status, code, sentence });
/** Name without the port; brackets of an IPv6 address stay. */
const nameOf = (host: string) => host.replace(/:\d+$/, '').toLowerCase();

export const isAllowedHost = (host: string | undefined, allowed: readonly string[]): boolean =>
  host !== undefined &&
  (loopback.includes(nameOf(host)) ||
    allowed.some((one) => one.toLowerCase() === nameOf(host) || one.toLowerCase() === host.toLowerCase()));

/** What a key in an address looks like; it would end in the logs of every proxy on the way. */
const keyParameter = /^(api[-_]?key|x-api-key|key|token|access[-_]?token)$/i;
export const carriesKey = (url: URL): boolean =>
  [...url.searchParams.keys()].some((name) => keyParameter.test(name)) || /vigia_\w+_/.test(url.search);

export const checkUpgrade = (request: IncomingMessage, { allowedHosts, allowedOrigins, keys }: UpgradeRules): Checked => {
  const { host, origin, authorization } = request.headers;
  if (!isAllowedHost(host, allowedHosts))
    return refuse(403, 'host_not_allowed', 'This Host is not allowed. Add it to ALLOWED_HOSTS if it is yours.');
  const base = 'http://localhost';
  const path = request.url ?? '/';
  if (!URL.canParse(path, base)) return refuse(400, 'bad_address', 'The address cannot be read.');
  const url = new URL(path, base);
  if (carriesKey(url))
    return refuse(
      400,
      'key_in_address',
      'Never send a key in the address: it ends up in logs. Use the Authorization header, or initialize.',
    );
  if (url.pathname !== protocol.path) return refuse(404, 'not_found', `There is nothing here. The control API is at ${protocol.path}.`);
  if (origin !== undefined && origin !== `http://${host}` && origin !== `https://${host}` && !allowedOrigins.includes(origin)) {
    return refuse(403, 'origin_not_allowed', 'This Origin is not allowed. Add it to ALLOWED_ORIGINS if it is yours.');
  }
  const offered = (request.headers['sec-websocket-protocol'] ?? '')
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
  if (offered.length > 0 && !offered.includes(protocol.subprotocol)) {
    return refuse(400, 'unknown_subprotocol', `The only subprotocol is ${protocol.subprotocol}; offering none works too.`);
  }
  if (authorization === undefined) return { ok: true };
  const key = /^Bearer\s+(\S+)$/i.exec(authorization)?.[1];
  const principal = key === undefined ? undefined : keys.authenticate(key);
  if (key === undefined || principal === undefined) return refuse(401, 'unauthenticated', 'The API key is missing or not valid.');
  return { ok: true, bearer: { key, principal } };
};
