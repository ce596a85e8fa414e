/**
 * What is checked of every request, by whichever transport: the host that it names, the page that it comes from, and where its
 * key travels. A web page can reach servers on loopback, so both lists are exact.
 */
import type { IncomingMessage } from 'node:http';
import type { Keys, Pass } from '../../keys/accepted-keys.ts';
import type { Failures } from './failed-attempts.ts';

export interface AccessRules {
  readonly allowedHosts: readonly string[];
  readonly allowedOrigins: readonly string[];
  readonly keys: Keys;
  readonly failures: Failures;
}
/** The key that was presented, and accepted. */
export interface Bearer {
  readonly key: string;
  readonly pass: Pass;
}
export interface HttpRejection {
  readonly ok: false;
  readonly status: 400 | 401 | 403 | 404 | 405 | 413 | 415 | 429 | 503;
  readonly code: string;
  readonly message: string;
  /** For the header `Retry-After`. */
  readonly retryAfterMs?: number;
}
export const rejection = (status: HttpRejection['status'], code: string, message: string, retryAfterMs?: number): HttpRejection => ({
  ok: false,
  status,
  code,
  message,
  ...(retryAfterMs !== undefined && { retryAfterMs }),
});
/** Further headers of the answer. */
export const headersOf = ({ status, retryAfterMs }: HttpRejection): Readonly<Record<string, string>> => ({
  ...(status === 401 && { 'www-authenticate': 'Bearer' }), // RFC 9110 §15.5.2
  ...(status === 405 && { allow: 'POST' }),
  ...(retryAfterMs !== undefined && { 'retry-after': String(Math.ceil(retryAfterMs / 1_000)) }),
});

const loopback = ['localhost', '127.0.0.1', '[::1]'];
/** Name without the port; brackets of an IPv6 address stay. */
const nameOf = (host: string) => host.replace(/:\d+$/, '').toLowerCase();
const isAllowedHost = (host: string | undefined, allowed: readonly string[]): boolean =>
  host !== undefined &&
  (loopback.includes(nameOf(host)) ||
    allowed.some((one) => one.toLowerCase() === nameOf(host) || one.toLowerCase() === host.toLowerCase()));

/** What a key in an address looks like; it would end in the logs of every proxy on the way. */
const keyParameter = /^(api[-_]?key|x-api-key|key|(access[-_]?)?token|auth(orization)?|bearer|secret|password)$/i;
const keyText = /vigia_[a-z0-9]+_/i;
const decoded = (text: string): string => {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
};
const carriesKey = (url: URL): boolean =>
  [...url.searchParams].some(([name, value]) => keyParameter.test(name) || keyText.test(`${name} ${value}`)) ||
  keyText.test(decoded(url.pathname));

/** Asks nothing about keys: for what is public. */
export const guardRequest = (
  request: IncomingMessage,
  { allowedHosts, allowedOrigins }: Pick<AccessRules, 'allowedHosts' | 'allowedOrigins'>,
): { readonly ok: true; readonly path: string } | HttpRejection => {
  const { host, origin } = request.headers;
  if (!isAllowedHost(host, allowedHosts))
    return rejection(403, 'host_not_allowed', 'This Host is not allowed. Add it to ALLOWED_HOSTS if it is yours.');
  // with two slashes at the beginning it would otherwise be read as the name of a host; whole addresses are for proxies
  const address = `http://localhost${request.url ?? ''}`;
  if (!request.url?.startsWith('/') || !URL.canParse(address)) return rejection(400, 'bad_address', 'The address cannot be read.');
  const url = new URL(address);
  if (carriesKey(url))
    return rejection(
      400,
      'key_in_address',
      'Never send a key in the address: it ends up in logs. Use the Authorization header, or initialize.',
    );
  if (origin !== undefined && origin !== `http://${host}` && origin !== `https://${host}` && !allowedOrigins.includes(origin))
    return rejection(403, 'origin_not_allowed', 'This Origin is not allowed. Add it to ALLOWED_ORIGINS if it is yours.');
  return { ok: true, path: url.pathname };
};

/** `bearer` is absent when no key was presented. `address`: from where (`address.ts`). */
export const checkKey = (
  request: IncomingMessage,
  { keys, failures }: Pick<AccessRules, 'keys' | 'failures'>,
  address: string,
): { readonly ok: true; readonly bearer?: Bearer } | HttpRejection => {
  const { authorization } = request.headers;
  const key = /^Bearer\s+(\S+)$/i.exec(authorization ?? '')?.[1];
  const waitMs = failures.waitMs(address, key);
  if (waitMs > 0) return rejection(429, 'too_many_failures', 'Too many wrong keys came from this address: wait.', waitMs);
  if (authorization === undefined) return { ok: true };
  const pass = key === undefined ? undefined : keys.authenticate(key);
  if (key === undefined || pass === undefined) {
    failures.failed(address, key ?? authorization);
    return rejection(401, 'unauthenticated', 'The API key is missing or not valid.');
  }
  failures.passed(address, key);
  return { ok: true, bearer: { key, pass } };
};
