/** What is checked before a connection becomes a WebSocket (RFC 6455 §4.2), and how one is turned away. */
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { protocol } from '../protocol/registry.ts';
import { type Bearer, checkDoor, checkKey, type EntryRules, type Turned, turned } from './entry.ts';

export const checkUpgrade = (request: IncomingMessage, rules: EntryRules): { readonly ok: true; readonly bearer?: Bearer } | Turned => {
  const door = checkDoor(request, rules);
  if (!door.ok) return door;
  if (door.path !== protocol.path) return turned(404, 'not_found', `There is nothing here. The control API is at ${protocol.path}.`);
  const offered = (request.headers['sec-websocket-protocol'] ?? '')
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
  if (offered.length > 0 && !offered.includes(protocol.subprotocol)) {
    return turned(400, 'unknown_subprotocol', `The only subprotocol is ${protocol.subprotocol}; offering none works too.`);
  }
  return checkKey(request, rules);
};

export const refuseUpgrade = (socket: Duplex, { status, code, sentence }: Turned): void => {
  const body = `${JSON.stringify({ error: { code, message: sentence } })}\n`;
  socket.end(
    `HTTP/1.1 ${status} Refused\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
    () => socket.destroy(), // the HTTP server forgot it at the upgrade: a peer that never hangs up would keep us from closing
  );
};
