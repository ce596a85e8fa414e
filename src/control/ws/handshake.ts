/** Who a client is, and whether it may stay: what `initialize` decides. */

import type { Keys, Pass } from '../../keys/accepted-keys.ts';
import type { Principal } from '../../keys/principal.ts';
import type { CloseReason } from '../../protocol/errors.ts';
import type { Params } from '../../protocol/methods.ts';
import { protocol } from '../../protocol/registry.ts';
import type { Limits } from '../../protocol/shapes.ts';
import type { ConnectionSlot } from '../access/admission.ts';
import type { Bearer } from '../access/authenticate.ts';
import type { Failures } from '../access/failed-attempts.ts';
import { RpcError } from '../rpc/refusal.ts';

/** A client that was admitted: its address, its slot, and its key if the upgrade carried one. */
export interface AdmittedClient {
  readonly address: string;
  readonly slot: ConnectionSlot;
  readonly bearer?: Bearer;
}
interface HandshakeDeps {
  readonly keys: Keys;
  readonly failures: Failures;
  readonly limits: Limits;
}
export type Handshake =
  | { readonly ok: true; readonly pass: Pass; readonly principal: Principal }
  | { readonly ok: false; readonly refused: RpcError; readonly close: CloseReason };

const no = (close: CloseReason, ...refused: ConstructorParameters<typeof RpcError>): Handshake => ({
  ok: false,
  refused: new RpcError(...refused),
  close,
});

export const shakeHands = (
  { protocolVersion, apiKey }: Params<'initialize'>,
  { keys, failures, limits }: HandshakeDeps,
  { address, slot, bearer }: AdmittedClient,
): Handshake => {
  if (!protocol.supportedVersions.includes(protocolVersion))
    return no('unsupported_version', 'unsupported_version', `This server does not speak version ${protocolVersion} of the protocol.`, {
      supported: protocol.supportedVersions,
    });
  const differs = bearer !== undefined && apiKey !== undefined && apiKey !== bearer.key;
  const presented = bearer === undefined ? apiKey : undefined; // the upgrade's was judged there
  const retryAfterMs = presented === undefined ? 0 : failures.waitMs(address, presented);
  if (retryAfterMs > 0) return no('flooding', 'rate_limited', 'Too many wrong keys came from this address: wait.', { retryAfterMs });
  const pass = differs ? undefined : (bearer?.pass ?? (presented === undefined ? undefined : keys.authenticate(presented)));
  const principal = pass?.principal();
  if (pass === undefined || principal === undefined) {
    if (presented !== undefined) failures.failed(address, presented);
    return no('unauthenticated', 'unauthenticated', 'The API key is missing or not valid.');
  }
  if (presented !== undefined) failures.passed(address, presented);
  if (!slot.authenticate(pass.keyId))
    return no('flooding', 'limit_exceeded', `At most ${limits.maxConnectionsPerKey} connections may be open with one key.`, {
      limit: limits.maxConnectionsPerKey,
    });
  return { ok: true, pass, principal };
};
