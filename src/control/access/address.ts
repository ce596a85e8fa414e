/**
 * The address of a client. Behind a proxy, the peer's address is the proxy's, and any client can write the
 * header that names the client's. The header is believed only as far as proxies that the operator trusts have
 * written it.
 */
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import ipaddr from 'ipaddr.js';
import { type Address, type AddressRange, isIn, parseAddress } from '../../base/addresses.ts';

export type { AddressRange } from '../../base/addresses.ts';

/**
 * An IPv6 client usually has a whole /64 to choose addresses from (RFC 6177), so a /64 counts as one client.
 */
const clientOf = (address: Address): string => {
  if (address.kind() === 'ipv4') return address.toString();
  return `${new ipaddr.IPv6([...(address as ipaddr.IPv6).parts.slice(0, 4), 0, 0, 0, 0]).toString()}/64`;
};

const peerOf = ({ remoteAddress }: Pick<Socket, 'remoteAddress'>): Address | undefined =>
  parseAddress(remoteAddress ?? '');

export const isTrustedProxy = (
  socket: Pick<Socket, 'remoteAddress'>,
  proxies: readonly AddressRange[],
): boolean => {
  const peer = peerOf(socket);
  return peer !== undefined && isIn(peer, proxies);
};

const unquoted = (text: string): string =>
  text
    .trim()
    .replace(/^"(.*)"$/, '$1')
    .trim();
/**
 * The address in one entry. Some proxies add the client's port, in the forms of RFC 7239 §6:
 * `192.0.2.1:4711`, `[2001:db8::1]:4711`. An IPv6 address without brackets has no port.
 */
const addressIn = (entry: string): Address | undefined => {
  const text = unquoted(entry);
  const withPort = /^(\[[^\]]*\]|[\d.]+):[\w.-]*$/.exec(text)?.[1];
  return parseAddress(withPort ?? text);
};

const header = (request: Pick<IncomingMessage, 'headers'>, name: string): string | undefined => {
  const value = request.headers[name];
  return Array.isArray(value) ? value.join(',') : value;
};
/**
 * What stands between commas, where a comma in quotes is text. Takes time by the length of the header only.
 */
const element = /(?:[^,"]|"[^"]*"?)+/g;
/** The nodes of the header `Forwarded` (RFC 7239 §4); an element without `for` names no client. */
const nodesOf = (forwarded: string): string[] =>
  (forwarded.match(element) ?? ['']).map(
    (one) => /(?:^|;)\s*for\s*=\s*("[^"]*"|[^;\s]*)/i.exec(one.trim())?.[1] ?? '',
  );
/** The chain as the proxies wrote it, the nearest client last. `X-Forwarded-For` goes before `Forwarded`. */
const claimsOf = (request: Pick<IncomingMessage, 'headers'>): string[] => {
  const listed = header(request, 'x-forwarded-for');
  if (listed !== undefined) return listed.split(',');
  const forwarded = header(request, 'forwarded');
  return forwarded === undefined ? [] : nodesOf(forwarded);
};

const maxNameLetters = 64;
/**
 * For an entry that is no address. A name of the proxy's own (`_hidden`) stands for one client. `unknown`
 * or an empty entry may be any client, so each connection of the proxy counts by itself.
 */
const unnamed = (entry: string, { remotePort }: Pick<Socket, 'remotePort'>): string => {
  const name = unquoted(entry);
  if (name === '' || /^unknown$/i.test(name)) return `unknown, connection ${remotePort ?? ''}`;
  return `unknown, ${JSON.stringify(name.slice(0, maxNameLetters))}`;
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
  if (!isIn(client, proxies)) return clientOf(client);
  const claims = claimsOf(request);
  while (isIn(client, proxies)) {
    const entry = claims.pop();
    if (entry === undefined) break; // no further client is named: a proxy itself sent the request
    const address = addressIn(entry);
    if (address === undefined) return unnamed(entry, request.socket);
    client = address;
  }
  return clientOf(client);
};
