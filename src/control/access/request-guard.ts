/**
 * The checks of every request, at the upgrade and over HTTP, before any key is examined: its Host, its
 * Origin, and that its address carries no key. A web page can reach servers on loopback, so both lists are
 * exact.
 */
import type { IncomingMessage } from 'node:http';
import { type Rejection, reject } from './rejection.ts';

export interface GuardOptions {
  readonly allowedHosts: readonly string[];
  readonly allowedOrigins: readonly string[];
}

const loopback = ['localhost', '127.0.0.1', '[::1]'];
/** The name without the port. An IPv6 address keeps its brackets. */
const nameOf = (host: string) => host.replace(/:\d+$/, '').toLowerCase();
const isAllowedHost = (host: string | undefined, allowed: readonly string[]): boolean => {
  if (host === undefined) return false;
  const names = [nameOf(host), host.toLowerCase()];
  return loopback.includes(nameOf(host)) || allowed.some((one) => names.includes(one.toLowerCase()));
};
const isAllowedOrigin = (
  origin: string | undefined,
  host: string | undefined,
  allowed: readonly string[],
): boolean =>
  origin === undefined ||
  origin === `http://${host}` ||
  origin === `https://${host}` ||
  allowed.includes(origin);

/** The forms of a key in an address. There it would end in the logs of every proxy on the way. */
const keyParameter =
  /^(api[-_]?key|x-api-key|key|(access[-_]?)?token|auth(orization)?|bearer|secret|password)$/i;
const keyText = /vigia_[a-z0-9]+_/i;
const decoded = (text: string): string => {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
};
const carriesKey = (url: URL): boolean =>
  [...url.searchParams].some(
    ([name, value]) => keyParameter.test(name) || keyText.test(`${name} ${value}`),
  ) || keyText.test(decoded(url.pathname));

/** Checks no key: public pages need none. */
export const guardRequest = (
  request: IncomingMessage,
  { allowedHosts, allowedOrigins }: GuardOptions,
): { readonly ok: true; readonly path: string } | Rejection => {
  const { host, origin } = request.headers;
  if (!isAllowedHost(host, allowedHosts))
    return reject(
      403,
      'host_not_allowed',
      'This Host is not allowed. Add it to ALLOWED_HOSTS if it is yours.',
    );
  // An address that begins with two slashes would otherwise be parsed as the name of a host; absolute
  // addresses are for proxies.
  const address = `http://localhost${request.url ?? ''}`;
  if (!request.url?.startsWith('/') || !URL.canParse(address))
    return reject(400, 'bad_address', 'The address cannot be read.');
  const url = new URL(address);
  if (carriesKey(url)) {
    const message =
      'Never send a key in the address: it ends up in logs. Use the Authorization header, or initialize.';
    return reject(400, 'key_in_address', message);
  }
  if (!isAllowedOrigin(origin, host, allowedOrigins))
    return reject(
      403,
      'origin_not_allowed',
      'This Origin is not allowed. Add it to ALLOWED_ORIGINS if it is yours.',
    );
  return { ok: true, path: url.pathname };
};
