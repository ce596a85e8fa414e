/**
 * The address of a client. Behind a proxy, the peer's address is the proxy's, and any client can write the
 * header that names the client's. The header is believed only as far as proxies that the operator trusts have
 * written it.
 */
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import ipaddr from 'ipaddr.js';

type Address = ipaddr.IPv4 | ipaddr.IPv6;
/** A network and the length of its prefix in bits. */
export type AddressRange = readonly [Address, number];

/** An address, or a range like `10.0.0.0/8`; undefined when it is neither. */
export const parseRange = (text: string): AddressRange | undefined => {
  if (ipaddr.isValidCIDR(text)) return ipaddr.parseCIDR(text);
  if (!ipaddr.isValid(text)) return undefined;
  if (ipaddr.IPv4.isValid(text) && !ipaddr.IPv4.isValidFourPartDecimal(text)) return undefined;
  const address = ipaddr.process(text);
  return [address, address.kind() === 'ipv4' ? 32 : 128];
};
const isIn = (address: Address, ranges: readonly AddressRange[]): boolean =>
  ranges.some(
    ([network, bits]) => address.kind() === network.kind() && address.match([network, bits] as never),
  );

/**
 * An IPv6 client usually has a whole /64 to choose addresses from (RFC 6177), so a /64 counts as one client.
 */
const clientOf = (address: Address): string => {
  if (address.kind() === 'ipv4') return address.toString();
  return `${new ipaddr.IPv6([...(address as ipaddr.IPv6).parts.slice(0, 4), 0, 0, 0, 0]).toString()}/64`;
};

const peerOf = ({ remoteAddress }: Pick<Socket, 'remoteAddress'>): Address | undefined =>
  remoteAddress === undefined || !ipaddr.isValid(remoteAddress) ? undefined : ipaddr.process(remoteAddress);

export const isTrustedProxy = (
  socket: Pick<Socket, 'remoteAddress'>,
  proxies: readonly AddressRange[],
): boolean => {
  const peer = peerOf(socket);
  return peer !== undefined && isIn(peer, proxies);
};

/**
 * The last address in the chain that is not a trusted proxy. The text stands for one client: use it only to
 * compare, count and log.
 */
export const addressOf = (
  request: Pick<IncomingMessage, 'headers' | 'socket'>,
  proxies: readonly AddressRange[],
): string => {
  const peer = peerOf(request.socket);
  if (peer === undefined) return 'unknown';
  let client = peer;
  const header = request.headers['x-forwarded-for'];
  const claimed = (Array.isArray(header) ? header.join(',') : (header ?? '')).split(',');
  while (isIn(client, proxies)) {
    const next = claimed.pop()?.trim() ?? '';
    if (!ipaddr.isValid(next)) break; // the header names no further client: the proxy itself sent the request
    client = ipaddr.process(next);
  }
  return clientOf(client);
};
