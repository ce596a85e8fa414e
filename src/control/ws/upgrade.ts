/** The checks before a connection becomes a WebSocket (RFC 6455 §4.2). */
import type { IncomingMessage } from 'node:http';
import { protocol } from '../../protocol/registry.ts';
import { type AddressRange, addressOf } from '../access/address.ts';
import type { Admission, Slot } from '../access/admission.ts';
import { type AuthenticationDeps, authenticate, type BearerKey } from '../access/authenticate.ts';
import { type Rejection, reject } from '../access/rejection.ts';
import { type GuardOptions, guardRequest } from '../access/request-guard.ts';

export interface UpgradeDeps extends GuardOptions, AuthenticationDeps {
  readonly admission: Admission;
  readonly trustedProxies: readonly AddressRange[];
}
/** Where an accepted client connects from, its slot, and its key if the upgrade carried one. */
export interface AcceptedUpgrade {
  readonly address: string;
  /** Must be released when the connection ends. */
  readonly slot: Slot;
  readonly bearer: BearerKey | undefined;
  /** See `Authenticated`. */
  readonly otherScheme: string | undefined;
}
/** `Retry-After` when a limit is reached and the server cannot know when there will be room. */
const fullMs = 30_000;
const tooMany = (status: 429 | 503, message: string) =>
  reject(status, 'too_many_connections', message, fullMs);

const offersUnknownProtocol = ({ headers }: IncomingMessage): boolean => {
  const names = (headers['sec-websocket-protocol'] ?? '').split(',').map((name) => name.trim());
  const offered = names.filter((name) => name !== '');
  return offered.length > 0 && !offered.includes(protocol.subprotocol);
};

export const checkUpgrade = (
  request: IncomingMessage,
  deps: UpgradeDeps,
): { readonly ok: true; readonly upgrade: AcceptedUpgrade } | Rejection => {
  const guarded = guardRequest(request, deps);
  if (!guarded.ok) return guarded;
  if (guarded.path !== protocol.path)
    return reject(404, 'not_found', `There is nothing here. The control API is at ${protocol.path}.`);
  if (offersUnknownProtocol(request)) {
    const message = `The only subprotocol is ${protocol.subprotocol}; offering none works too.`;
    return reject(400, 'unknown_subprotocol', message);
  }
  return admit(request, deps);
};

const admit = (request: IncomingMessage, deps: UpgradeDeps): ReturnType<typeof checkUpgrade> => {
  const { admission } = deps;
  const address = addressOf(request, deps.trustedProxies);
  const hasRoom = admission.hasRoomForUnauthenticated();
  const admitted = admission.acquire(address);
  if (!admitted.ok)
    return admitted.full === 'all'
      ? tooMany(503, 'Too many clients are connected.')
      : tooMany(429, 'Too many connections are open from this address.');
  const { slot } = admitted;
  const rejectAndRelease = (rejection: Rejection) => {
    slot.release();
    return rejection;
  };
  const authenticated = authenticate(request, deps, address);
  if (!authenticated.ok) return rejectAndRelease(authenticated);
  const { bearer, otherScheme } = authenticated;
  if (bearer === undefined && !hasRoom)
    return rejectAndRelease(
      tooMany(503, 'Too many clients are connecting at once. Send the key with the upgrade, or wait.'),
    );
  if (bearer !== undefined && !slot.assignKey(bearer.accepted.keyId))
    return rejectAndRelease(tooMany(429, 'Too many connections are open with this key.'));
  return { ok: true, upgrade: { address, slot, bearer, otherScheme } };
};
