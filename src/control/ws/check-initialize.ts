/**
 * Decides whether a client that sends `initialize` may stay: by its protocol version, its key, and the
 * connections of that key.
 */
import type { AcceptedKey, Keys } from '../../keys/accepted-keys.ts';
import type { Principal } from '../../keys/principal.ts';
import type { CloseReason } from '../../protocol/errors.ts';
import type { Params } from '../../protocol/methods.ts';
import { protocol } from '../../protocol/registry.ts';
import type { Limits } from '../../protocol/shapes.ts';
import type { FailedAttempts } from '../access/failed-attempts.ts';
import { RequestError } from '../rpc/request-error.ts';
import type { AcceptedUpgrade } from './upgrade.ts';

interface InitializeDeps {
  readonly keys: Keys;
  readonly failedAttempts: FailedAttempts;
  readonly limits: Limits;
}
export type InitializeCheck =
  | { readonly ok: true; readonly accepted: AcceptedKey; readonly principal: Principal }
  | { readonly ok: false; readonly error: RequestError; readonly close: CloseReason };

const refuse = (
  close: CloseReason,
  ...error: ConstructorParameters<typeof RequestError>
): InitializeCheck => ({
  ok: false,
  error: new RequestError(...error),
  close,
});

export const checkInitialize = (
  { protocolVersion, apiKey }: Params<'initialize'>,
  { keys, failedAttempts, limits }: InitializeDeps,
  { address, slot, bearer }: AcceptedUpgrade,
): InitializeCheck => {
  if (!protocol.supportedVersions.includes(protocolVersion)) {
    const message = `This server does not support version ${protocolVersion} of the protocol.`;
    return refuse('unsupported_version', 'unsupported_version', message, {
      supported: protocol.supportedVersions,
    });
  }
  // The key of the upgrade was authenticated there.
  const presented = bearer === undefined ? apiKey : undefined;
  const retryAfterMs = presented === undefined ? 0 : failedAttempts.waitMs(address, presented);
  if (retryAfterMs > 0)
    return refuse('flooding', 'rate_limited', 'Too many wrong keys came from this address: wait.', {
      retryAfterMs,
    });

  const accepted = presented === undefined ? acceptedAtUpgrade(apiKey, bearer) : keys.authenticate(presented);
  const principal = accepted?.principal();
  if (accepted === undefined || principal === undefined) {
    if (presented !== undefined) failedAttempts.failed(address, presented);
    return refuse('unauthenticated', 'unauthenticated', 'The API key is missing or not valid.');
  }
  if (presented !== undefined) failedAttempts.passed(address, presented);
  if (!slot.assignKey(accepted.keyId)) {
    const limit = limits.maxConnectionsPerKey;
    return refuse('flooding', 'limit_exceeded', `At most ${limit} connections may be open with one key.`, {
      limit,
    });
  }
  return { ok: true, accepted, principal };
};

/** Undefined when there was no key, or when `initialize` names another key than the upgrade. */
const acceptedAtUpgrade = (
  apiKey: string | undefined,
  bearer: AcceptedUpgrade['bearer'],
): AcceptedKey | undefined =>
  apiKey === undefined || apiKey === bearer?.text ? bearer?.accepted : undefined;
