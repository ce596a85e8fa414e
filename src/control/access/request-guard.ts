/**
 * The checks of every request, at the upgrade and over HTTP, before any key is examined: its Host, its
 * Origin, and that its address carries no key. A web page can reach servers on loopback, so both lists are
 * exact. Hosts and origins are compared as values: see `src/base/addresses.ts`.
 */
import type { IncomingMessage } from 'node:http';
import { type Host, parseAddress, parseHost, parseOrigin } from '../../base/addresses.ts';
import { type Rejection, reject } from './rejection.ts';

export interface GuardOptions {
  readonly allowedHosts: readonly string[];
  readonly allowedOrigins: readonly string[];
  /**
   * Pages that answer with any Host, or none. Programs that check health cannot be configured, and these
   * pages reveal nothing that a page of a rebound name could use.
   */
  readonly openPaths?: ReadonlySet<string>;
}

const isLoopback = ({ name }: Host): boolean =>
  name === 'localhost' || parseAddress(name)?.range() === 'loopback';
const defaultPorts = ['', '80', '443'];
/** A listed host without a port allows each port. A default port may be absent. */
const isListed = ({ name, port }: Host, listed: Host | undefined): boolean =>
  listed?.name === name &&
  (listed.port === '' || listed.port === port || (port === '' && defaultPorts.includes(listed.port)));
const isAllowedHost = (host: Host, allowed: readonly string[]): boolean =>
  isLoopback(host) || allowed.some((one) => isListed(host, parseHost(one)));

const isAllowedOrigin = (given: string, host: string | undefined, allowed: readonly string[]): boolean => {
  const origin = parseOrigin(given);
  if (origin === undefined) return false;
  const own = ['http', 'https'].map((scheme) => parseOrigin(`${scheme}://${host ?? ''}`));
  return own.includes(origin) || allowed.some((one) => parseOrigin(one) === origin);
};

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

interface Target {
  readonly url: URL;
  /** The host that the client wants; undefined when it names none. */
  readonly host: string | undefined;
}
/**
 * The target of a request. A client may send the whole address, as to a proxy; then its host counts and the
 * header does not (RFC 9112 §3.2.2). A target that begins with two slashes is a path. Undefined when it
 * cannot be read.
 */
const targetOf = ({ url: target = '', headers }: IncomingMessage): Target | undefined => {
  const isAbsolute = /^https?:\/\//i.test(target);
  if (!isAbsolute && !target.startsWith('/')) return undefined;
  const address = isAbsolute ? target : `http://localhost${target}`;
  if (!URL.canParse(address)) return undefined;
  const url = new URL(address);
  if (url.username !== '' || url.password !== '') return undefined;
  return { url, host: isAbsolute ? url.host : headers.host };
};
const countOf = ({ rawHeaders }: IncomingMessage, name: string): number =>
  rawHeaders.filter((text, n) => n % 2 === 0 && text.toLowerCase() === name).length;

const problemOfHost = (
  { host }: Target,
  { httpVersionMinor }: IncomingMessage,
  allowed: readonly string[],
): Rejection | undefined => {
  if (host === undefined && httpVersionMinor > 0)
    return reject(400, 'bad_host', 'The request has no Host header, which HTTP/1.1 requires.');
  if (host === undefined)
    return reject(403, 'host_not_allowed', 'The request has no Host header, and only /livez needs none.');
  const parsed = parseHost(host);
  if (parsed !== undefined && isAllowedHost(parsed, allowed)) return undefined;
  const message = 'This Host is not allowed. Add it to ALLOWED_HOSTS if it is yours.';
  return reject(403, 'host_not_allowed', message);
};

/** Checks no key: public pages need none. */
export const guardRequest = (
  request: IncomingMessage,
  { allowedHosts, allowedOrigins, openPaths }: GuardOptions,
): { readonly ok: true; readonly path: string } | Rejection => {
  if (countOf(request, 'host') > 1)
    return reject(400, 'bad_host', 'The request has two Host headers: send one.');
  const target = targetOf(request);
  if (target === undefined) return reject(400, 'bad_address', 'The address cannot be read.');
  const { url, host } = target;
  const isOpen = openPaths?.has(url.pathname) === true;
  const problem = isOpen ? undefined : problemOfHost(target, request, allowedHosts);
  if (problem !== undefined) return problem;
  if (carriesKey(url)) {
    const message =
      'Never send a key in the address: it ends up in logs. Use the Authorization header, or initialize.';
    return reject(400, 'key_in_address', message);
  }
  const { origin } = request.headers;
  if (origin !== undefined && !isAllowedOrigin(origin, host, allowedOrigins))
    return reject(
      403,
      'origin_not_allowed',
      'This Origin is not allowed. Add it to ALLOWED_ORIGINS if it is yours.',
    );
  return { ok: true, path: url.pathname };
};
