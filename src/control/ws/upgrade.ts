/** What is checked before a connection becomes a WebSocket (RFC 6455 §4.2), and how one is turned away. */
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { protocol } from '../../protocol/registry.ts';
import { addressOf, type Range } from '../access/address.ts';
import type { Admission } from '../access/admission.ts';
import { checkDoor, checkKey, type EntryRules, headersOf, type Turned, turned } from '../access/authenticate.ts';
import type { Entrance } from './handshake.ts';

export interface UpgradeRules extends EntryRules {
  readonly admission: Admission;
  readonly trustedProxies: readonly Range[];
}
/** When all is full, and nobody can say when it will not be. */
const fullMs = 30_000;

/** Who is let in has a place, which must be left when the connection ends. */
export const checkUpgrade = (
  request: IncomingMessage,
  rules: UpgradeRules,
): { readonly ok: true; readonly entrance: Entrance } | Turned => {
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
  const address = addressOf(request, rules.trustedProxies);
  const hasRoomForStranger = rules.admission.hasRoomForStranger();
  const entered = rules.admission.enter(address);
  if (!entered.ok)
    return entered.full === 'all'
      ? turned(503, 'too_many_connections', 'Too many clients are connected.', fullMs)
      : turned(429, 'too_many_connections', 'Too many connections are open from this address.', fullMs);
  const { place } = entered;
  const checked = checkKey(request, rules, address);
  const { ok, bearer } = checked.ok ? checked : { ok: false, bearer: undefined };
  const isWelcome = ok && (bearer ? place.introduce(bearer.pass.keyId) : hasRoomForStranger);
  if (isWelcome) return { ok: true, entrance: { address, place, ...(bearer && { bearer }) } };
  place.leave();
  if (!checked.ok) return checked;
  return bearer
    ? turned(429, 'too_many_connections', 'Too many connections are open with this key.', fullMs)
    : turned(503, 'too_many_connections', 'Too many clients are connecting at once. Send the key with the upgrade, or wait.', fullMs);
};

export const refuseUpgrade = (socket: Duplex, away: Turned): void => {
  const { status, code, message } = away;
  const body = `${JSON.stringify({ error: { code, message: message } })}\n`;
  const headers = Object.entries(headersOf(away)).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.end(
    `HTTP/1.1 ${status} Refused\r\n${headers.join('')}Connection: close\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
    () => socket.destroy(), // the HTTP server forgot it at the upgrade: a peer that never hangs up would keep us from closing
  );
};
