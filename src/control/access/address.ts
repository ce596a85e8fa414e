/**
 * From where somebody comes. Behind a proxy the peer's address is the proxy's, and the header that tells the client's can be
 * written by anybody: it is believed only as far as proxies that the operator named have written it.
 */
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import ipaddr from 'ipaddr.js';

export type Range = readonly [ipaddr.IPv4 | ipaddr.IPv6, number];

/** An address, or a range like `10.0.0.0/8`; undefined when it is neither. */
export const parseRange = (text: string): Range | undefined => {
  if (ipaddr.isValidCIDR(text)) return ipaddr.parseCIDR(text);
  if (!ipaddr.isValid(text) || (ipaddr.IPv4.isValid(text) && !ipaddr.IPv4.isValidFourPartDecimal(text))) return undefined;
  const address = ipaddr.process(text);
  return [address, address.kind() === 'ipv4' ? 32 : 128];
};
const isIn = (address: ipaddr.IPv4 | ipaddr.IPv6, ranges: readonly Range[]): boolean =>
  ranges.some(([network, bits]) => address.kind() === network.kind() && address.match([network, bits] as never));

/** An IPv6 client usually has a whole /64 to choose addresses from (RFC 6177): it counts as one. */
const clientOf = (address: ipaddr.IPv4 | ipaddr.IPv6): string => {
  if (address.kind() === 'ipv4') return address.toString();
  return `${new ipaddr.IPv6([...(address as ipaddr.IPv6).parts.slice(0, 4), 0, 0, 0, 0]).toString()}/64`;
};

const peerOf = ({ remoteAddress }: Pick<Socket, 'remoteAddress'>): ipaddr.IPv4 | ipaddr.IPv6 | undefined =>
  remoteAddress === undefined || !ipaddr.isValid(remoteAddress) ? undefined : ipaddr.process(remoteAddress);

export const isProxy = (socket: Pick<Socket, 'remoteAddress'>, proxies: readonly Range[]): boolean => {
  const peer = peerOf(socket);
  return peer !== undefined && isIn(peer, proxies);
};

/** The last one in the chain that no trusted proxy vouches for. Text that stands for one client: only to compare, count and log. */
export const addressOf = (request: Pick<IncomingMessage, 'headers' | 'socket'>, proxies: readonly Range[]): string => {
  const peer = peerOf(request.socket);
  if (peer === undefined) return 'unknown';
  let client = peer;
  const header = request.headers['x-forwarded-for'];
  const claimed = (Array.isArray(header) ? header.join(',') : (header ?? '')).split(',');
  while (isIn(client, proxies)) {
    const next = claimed.pop()?.trim() ?? '';
    if (!ipaddr.isValid(next)) break; // nobody else is named: the proxy itself asks
    client = ipaddr.process(next);
  }
  return clientOf(client);
};
