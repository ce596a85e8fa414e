/** What is checked before a connection becomes a WebSocket (RFC 6455 §4.2), and how one is turned away. */
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { protocol } from '../../protocol/registry.ts';
import { addressOf, type Range } from '../access/address.ts';
import type { Admission } from '../access/admission.ts';
import { type AccessRules, checkKey, guardRequest, type HttpRejection, headersOf, rejection } from '../access/authenticate.ts';
import type { AdmittedClient } from './handshake.ts';

export interface UpgradeRules extends AccessRules {
  readonly admission: Admission;
  readonly trustedProxies: readonly Range[];
}
/** When all is full, and nobody can say when it will not be. */
const fullMs = 30_000;

/** An admitted client holds a slot, which must be released when the connection ends. */
export const checkUpgrade = (
  request: IncomingMessage,
  rules: UpgradeRules,
): { readonly ok: true; readonly admitted: AdmittedClient } | HttpRejection => {
  const guarded = guardRequest(request, rules);
  if (!guarded.ok) return guarded;
  if (guarded.path !== protocol.path) return rejection(404, 'not_found', `There is nothing here. The control API is at ${protocol.path}.`);
  const offered = (request.headers['sec-websocket-protocol'] ?? '')
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
  if (offered.length > 0 && !offered.includes(protocol.subprotocol)) {
    return rejection(400, 'unknown_subprotocol', `The only subprotocol is ${protocol.subprotocol}; offering none works too.`);
  }
  const address = addressOf(request, rules.trustedProxies);
  const hasRoomForUnauthenticated = rules.admission.hasRoomForUnauthenticated();
  const admission = rules.admission.enter(address);
  if (!admission.ok)
    return admission.full === 'all'
      ? rejection(503, 'too_many_connections', 'Too many clients are connected.', fullMs)
      : rejection(429, 'too_many_connections', 'Too many connections are open from this address.', fullMs);
  const { slot } = admission;
  const checked = checkKey(request, rules, address);
  const { ok, bearer } = checked.ok ? checked : { ok: false, bearer: undefined };
  const isWelcome = ok && (bearer ? slot.authenticate(bearer.pass.keyId) : hasRoomForUnauthenticated);
  if (isWelcome) return { ok: true, admitted: { address, slot, ...(bearer && { bearer }) } };
  slot.release();
  if (!checked.ok) return checked;
  return bearer
    ? rejection(429, 'too_many_connections', 'Too many connections are open with this key.', fullMs)
    : rejection(503, 'too_many_connections', 'Too many clients are connecting at once. Send the key with the upgrade, or wait.', fullMs);
};

export const refuseUpgrade = (socket: Duplex, rejection: HttpRejection): void => {
  const { status, code, message } = rejection;
  const body = `${JSON.stringify({ error: { code, message } })}\n`;
  const headers = Object.entries(headersOf(rejection)).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.end(
    `HTTP/1.1 ${status} Refused\r\n${headers.join('')}Connection: close\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
    () => socket.destroy(), // the HTTP server forgot it at the upgrade: a peer that never hangs up would keep us from closing
  );
};
