/**
 * Addresses, ranges of addresses, hosts and origins as values. Two texts that mean the same are equal:
 * `[::ffff:10.0.0.1]:80` is the host 10.0.0.1, and `https://Panel.example.:443` the origin
 * `https://panel.example`.
 */
import ipaddr from 'ipaddr.js';

export type Address = ipaddr.IPv4 | ipaddr.IPv6;
/** A network and the length of its prefix in bits. */
export type AddressRange = readonly [Address, number];

/** `10.1` and `0x7f.1` are addresses for the library only. */
const isAddress = (text: string): boolean =>
  ipaddr.IPv6.isValid(text) || ipaddr.IPv4.isValidFourPartDecimal(text);
const bitsOf = (address: Address): number => (address.kind() === 'ipv4' ? 32 : 128);
/**
 * The longest name in DNS (RFC 1035 §2.3.4), with room for a port. Longer text comes from an attacker, so
 * the parsers do not read it.
 */
const maxLetters = 300;
const withoutBrackets = (text: string): string => /^\[([^[\]]*)\]$/.exec(text)?.[1] ?? text;
const withoutZone = (text: string): string => text.replace(/(?<=:.*)%[\w.-]+$/, '');

/**
 * An address, in brackets or not, with a zone (`fe80::1%eth0`, which has no meaning on another machine) or
 * not. An IPv4 address that is mapped into IPv6 becomes the IPv4 address. Undefined when it is none.
 */
export const parseAddress = (text: string): Address | undefined => {
  if (text.length > maxLetters) return undefined;
  const bare = withoutZone(withoutBrackets(text.trim()));
  return isAddress(bare) ? ipaddr.process(bare) : undefined;
};

const mappedBits = 96; // the prefix ::ffff:0:0/96 (RFC 4291 §2.5.5.2)
/** An address, or a range like `10.0.0.0/8`; undefined when it is neither. */
export const parseRange = (text: string): AddressRange | undefined => {
  const address = parseAddress(text);
  if (address !== undefined) return [address, bitsOf(address)];
  const [network = '', bits = '', ...rest] = text.trim().split('/');
  if (rest.length > 0) return undefined;
  const cidr = `${withoutBrackets(network)}/${bits}`;
  if (!isAddress(withoutBrackets(network)) || !ipaddr.isValidCIDR(cidr)) return undefined;
  const [first, length] = ipaddr.parseCIDR(cidr);
  const isMapped = first.kind() === 'ipv6' && (first as ipaddr.IPv6).isIPv4MappedAddress();
  return isMapped && length >= mappedBits
    ? [(first as ipaddr.IPv6).toIPv4Address(), length - mappedBits]
    : [first, length];
};
/** Texts that are no range were refused before. */
export const parseRanges = (texts: readonly string[]): readonly AddressRange[] =>
  texts.map(parseRange).filter((range) => range !== undefined);
export const isIn = (address: Address, ranges: readonly AddressRange[]): boolean =>
  ranges.some(
    ([network, bits]) => address.kind() === network.kind() && address.match([network, bits] as never),
  );

export interface Host {
  /** A name in lower case, punycode and without its last dot; an IPv6 address without brackets. */
  readonly name: string;
  /** As text; empty when there is none. */
  readonly port: string;
}
const nameIn = (hostname: string): string | undefined => {
  const address = parseAddress(hostname);
  if (address !== undefined) return address.toString();
  return /^[\w-]+(\.[\w-]+)*\.?$/.test(hostname) ? hostname.replace(/\.$/, '') : undefined;
};
/**
 * What the header `Host` or a setting names. Undefined when it is no host: it has a path, a user or blanks,
 * or is a number that only some programs read as an address (`0x7f.1`).
 */
export const parseHost = (given: string): Host | undefined => {
  if (given.length > maxLetters) return undefined;
  const address = parseAddress(given); // without brackets, or with a zone
  if (address !== undefined) return { name: address.toString(), port: '' };
  const text = given.replace(/%[^\]]*(?=\])/, '');
  if (/[\s/?#@\\%]/.test(text) || !URL.canParse(`http://${text}`)) return undefined;
  const { hostname } = new URL(`http://${text}`);
  const name = nameIn(hostname);
  const isNumber = ipaddr.IPv4.isValid(hostname) && !text.startsWith(hostname);
  if (name === undefined || isNumber) return undefined;
  const port = /:(\d+)$/.exec(text)?.[1];
  return { name, port: port === undefined ? '' : String(Number(port)) };
};

const form = /^(https?):\/\/([^/?#@\\\s]+)\/?$/i;
/**
 * An origin in the one form in which origins are compared. Undefined when it is none: `null`, `*`, another
 * scheme, or an address with a path or a user.
 */
export const parseOrigin = (text: string): string | undefined => {
  if (text.length > maxLetters) return undefined;
  const [, scheme = '', authority = ''] = form.exec(text) ?? [];
  const host = parseHost(authority);
  if (host === undefined) return undefined;
  const name = host.name.includes(':') ? `[${host.name}]` : host.name;
  const port = host.port === '' ? '' : `:${host.port}`;
  const url = `${scheme}://${name}${port}`;
  return URL.canParse(url) ? new URL(url).origin : undefined; // drops the default port
};
