/**
 * The address of a proxy, checked once: what passes here can be used by every client of it. A problem never
 * repeats the address, which may hold a password.
 */

const schemes: Readonly<Record<string, string>> = {
  'http:': 'http:',
  'https:': 'https:',
  'socks4:': 'socks4:',
  'socks4a:': 'socks4a:',
  'socks5:': 'socks5:',
  // other names of the same: the proxy resolves the host
  'socks5h:': 'socks5:',
  'socks:': 'socks5:',
};
const form =
  'must be like http://user:password@host:3128, https://…, socks5://host:1080, socks4a://… or socks4://…';
const encodings = 'write % as %25, # as %23, / as %2F, ? as %3F and @ as %40 in a user or password';
/** The lengths are one byte each (RFC 1929). */
const longestSocksText = 255;

/** A line break or a tab would be dropped silently by the parser of addresses. */
const hasControl = (text: string): boolean => /\p{Cc}/u.test(text);

const decoded = (text: string): string | undefined => {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined; // a % without two hexadecimal digits, or bytes that are not UTF-8
  }
};

const credentialsProblem = (url: URL): string | undefined => {
  const [user, password] = [decoded(url.username), decoded(url.password)];
  if (user === undefined || password === undefined) return `has a % that starts no code; ${encodings}`;
  if (hasControl(user) || hasControl(password)) return 'has a control character in its user or password';
  if (user.includes(':')) return 'has a colon in its user, which no proxy accepts';
  if (!url.protocol.startsWith('socks')) return undefined;
  if (url.protocol.startsWith('socks4') && password !== '')
    return 'has a password, which SOCKS 4 does not know; use socks5';
  const longest = Math.max(Buffer.byteLength(user), Buffer.byteLength(password));
  return longest > longestSocksText
    ? `has a user or password of more than ${longestSocksText} bytes`
    : undefined;
};

const partsProblem = (url: URL): string | undefined => {
  if (url.hash !== '' || url.href.endsWith('#')) return `has a #; ${encodings}`;
  if (url.search !== '' || url.pathname.length > 1) return `has a path or a query; ${encodings}`;
  if (url.hostname === '' || url.port === '0') return form;
  return credentialsProblem(url);
};

/** `problem` is the end of a sentence that begins with the name of the setting. */
export type ProxyAddress =
  | { readonly ok: true; readonly address: string }
  | { readonly ok: false; readonly problem: string };

/** Surrounding blanks and the case of the scheme and the host do not matter. */
export const parseProxyAddress = (text: string): ProxyAddress => {
  const trimmed = text.trim();
  if (hasControl(trimmed)) return { ok: false, problem: 'has a control character, for example a line break' };
  const url = URL.canParse(trimmed) ? new URL(trimmed) : undefined;
  const scheme = url && schemes[url.protocol];
  // a "/" in a password ends the host early, which leaves no valid address
  if (!url || scheme === undefined)
    return { ok: false, problem: /:\/\/.*[/#?%].*@/u.test(trimmed) ? `${form}; ${encodings}` : form };
  const problem = partsProblem(url);
  if (problem !== undefined) return { ok: false, problem };
  const signIn = url.username + (url.password && `:${url.password}`);
  return { ok: true, address: `${scheme}//${signIn && `${signIn}@`}${url.host.toLowerCase()}` };
};
