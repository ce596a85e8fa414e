/**
 * How many TCP connections the server holds. It accepts each one. Above a bound it closes the oldest one
 * that sends no request, of the address that has most of these. So connections that stay silent, from any
 * number of addresses, keep no program out that checks health.
 */
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { type AddressRange, addressOf, isTrustedProxy } from '../access/address.ts';

export interface SocketBounds {
  /** WebSockets included. */
  readonly maxSockets: number;
  readonly maxSocketsPerAddress: number;
  /** Many clients share their addresses, so these have no bound of their own, and are closed last. */
  readonly trustedProxies: readonly AddressRange[];
}
interface Entry {
  readonly name: string;
  /** With TLS, first the TCP connection, then the one that carries TLS. */
  socket: Socket;
  readonly group: Group;
  requests: number;
}
/** The connections of one address. */
interface Group {
  readonly name: string;
  readonly isProxy: boolean;
  /** Those that are no WebSocket, the one that was used last at the end. */
  readonly plain: Set<Entry>;
  count: number;
}

const isSilent = ({ requests }: Entry): boolean => requests === 0;
/** The one that was silent longest; without one, the one whose request is the oldest. */
const oldestOf = ({ plain }: Group): Entry | undefined => {
  for (const entry of plain) if (isSilent(entry)) return entry;
  return plain.values().next().value;
};
/** With TLS two objects stand for one connection, and only these names tell them apart from others. */
const nameOf = ({ remoteAddress, remotePort }: Socket): string => `${remoteAddress} ${remotePort}`;

export const boundSockets = (server: Server, bounds: SocketBounds): void => {
  const entries = new Map<string, Entry>();
  const groups = new Map<string, Group>();

  const groupOf = (socket: Socket): Group => {
    const isProxy = isTrustedProxy(socket, bounds.trustedProxies);
    const name = isProxy ? 'proxies' : addressOf({ socket, headers: {} }, []);
    return groups.get(name) ?? { name, isProxy, plain: new Set(), count: 0 };
  };
  const size = ({ isProxy, plain }: Group): number => (isProxy ? Math.min(plain.size, 1) / 2 : plain.size);
  const largest = (): Group | undefined =>
    [...groups.values()].reduce<Group | undefined>(
      (most, group) => (size(group) > (most ? size(most) : 0) ? group : most),
      undefined,
    );
  const add = (entry: Entry): void => {
    const { name, group } = entry;
    entries.set(name, entry);
    groups.set(group.name, group);
    group.plain.add(entry);
    group.count += 1;
  };
  const remove = (entry: Entry): void => {
    const { name, group } = entry;
    if (entries.get(name) !== entry) return;
    entries.delete(name);
    group.plain.delete(entry);
    group.count -= 1;
    if (group.count === 0) groups.delete(group.name);
  };
  /** False when every connection of the group is a WebSocket. */
  const closeOldest = (group: Group | undefined): boolean => {
    const oldest = group && oldestOf(group);
    if (oldest === undefined) return false;
    remove(oldest);
    oldest.socket.destroy();
    return true;
  };
  const entryOf = (socket: Socket): Entry | undefined => entries.get(nameOf(socket));

  server.on('connection', (socket: Socket) => {
    if (socket.remoteAddress === undefined) return void socket.destroy(); // the peer went away
    const group = groupOf(socket);
    const isAddressFull = !group.isProxy && group.count >= bounds.maxSocketsPerAddress;
    if (isAddressFull && !closeOldest(group)) return void socket.destroy();
    if (entries.size >= bounds.maxSockets && !closeOldest(largest())) return void socket.destroy();
    const entry: Entry = { name: nameOf(socket), socket, group, requests: 0 };
    add(entry);
    socket.once('close', () => remove(entry));
  });
  server.on('secureConnection', (socket: Socket) => {
    const entry = entryOf(socket);
    if (entry) entry.socket = socket;
  });
  server.on('request', ({ socket }: IncomingMessage, response: ServerResponse) => {
    const entry = entryOf(socket);
    if (entry === undefined) return;
    entry.requests += 1;
    response.once('close', () => {
      entry.requests -= 1;
      if (entry.group.plain.delete(entry)) entry.group.plain.add(entry);
    });
  });
  server.on('upgrade', ({ socket }: IncomingMessage) => {
    const entry = entryOf(socket);
    entry?.group.plain.delete(entry);
  });
};
