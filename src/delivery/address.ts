/**
 * The addresses that requests may go to: public ones, and the ranges that the operator allowed (a backend on
 * the same host needs one). An IP literal never reaches a lookup, so it is checked in the URL. A name is
 * checked in the lookup that the connection uses, so the checked address is the connected address (OWASP,
 * Server Side Request Forgery Prevention; DNS rebinding).
 */
import { lookup as resolve } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import ipaddr from 'ipaddr.js';
import { isIn, parseRanges } from '../base/addresses.ts';

export class AddressRefused extends Error {
  override readonly name = 'AddressRefused';
  readonly code = 'ADDRESS_REFUSED';
}
/** Ranges as in `10.0.0.0/8` or single addresses. */
export type Allowed = (address: string) => boolean;

export const allowing = (ranges: readonly string[]): Allowed => {
  const parsed = parseRanges(ranges);
  return (text) => {
    const address = ipaddr.process(text); // an IPv4 address mapped into IPv6 is that IPv4 address
    // `unicast` excludes private, loopback, link-local (169.254.169.254), carrier-grade NAT, NAT64, reserved
    // and multicast addresses
    return address.range() === 'unicast' || isIn(address, parsed);
  };
};
const message = (host: string, address: string) =>
  `${host === address ? host : `${host} is ${address}, which`} is not a public address. If that is meant, ` +
  'add its range to WEBHOOK_ALLOWED_NETWORKS.';

/**
 * Why the URL may not be used; undefined when it may. Its name is checked again at the lookup. Never repeats
 * the path.
 */
export const faultOfUrl = (text: string, isAllowed: Allowed): string | undefined => {
  if (!URL.canParse(text)) return 'is not a valid address';
  const url = new URL(text); // normalises 2130706433, 0x7f.1 and their like to 127.0.0.1
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return 'must begin with https:// or http://';
  if (url.username !== '' || url.password !== '')
    return 'must not hold a user name or password: use the secret';
  const host = url.hostname.replace(/^\[|\]$/g, '');
  return isIP(host) !== 0 && !isAllowed(host) ? message(host, host) : undefined;
};

/** For undici's connector: refuses a name when one of its addresses is not allowed. */
export const guardedLookup =
  (isAllowed: Allowed): LookupFunction =>
  (host, options, callback) => {
    resolve(host, { ...options, all: true }, (error, addresses) => {
      if (error) return callback(error, '', 0);
      const refused = addresses.find(({ address }) => !isAllowed(address));
      if (refused) return callback(new AddressRefused(message(host, refused.address)), '', 0);
      if (options.all) return callback(null, addresses);
      const [first] = addresses;
      return first
        ? callback(null, first.address, first.family)
        : callback(new AddressRefused(`${host} has no address.`), '', 0);
    });
  };
