/**
 * Decides whether a client that sends `initialize` may stay: by its protocol version, its key, and the
 * connections of that key.
 */
import type { AcceptedKey } from '../../keys/accepted-keys.ts';
import type { Principal } from '../../keys/principal.ts';
import type { CloseReason } from '../../protocol/errors.ts';
import type { Params } from '../../protocol/methods.ts';
import { protocol } from '../../protocol/registry.ts';
import type { Limits } from '../../protocol/shapes.ts';
import { type AuthenticationDeps, checkKey, type KeyCheck } from '../access/authenticate.ts';
import { aboutScheme } from '../access/rejection.ts';
import { RequestError } from '../rpc/request-error.ts';
import type { AcceptedUpgrade } from './upgrade.ts';

interface InitializeDeps extends AuthenticationDeps {
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
  deps: InitializeDeps,
  { address, slot, bearer, otherScheme }: AcceptedUpgrade,
): InitializeCheck => {
  if (!protocol.supportedVersions.includes(protocolVersion)) {
    const message = `This server does not support version ${protocolVersion} of the protocol.`;
    return refuse('unsupported_version', 'unsupported_version', message, {
      supported: protocol.supportedVersions,
    });
  }
  // The key of the upgrade was authenticated there.
  const isCheckedHere = bearer === undefined && apiKey !== undefined;
  const check = isCheckedHere ? checkKey(apiKey, deps, address) : acceptedAtUpgrade(apiKey, bearer);
  if (check.is === 'must wait')
    return refuse('flooding', 'rate_limited', 'Too many wrong keys came from this address: wait.', {
      retryAfterMs: check.waitMs,
    });
  const accepted = check.is === 'accepted' ? check.key : undefined;
  const principal = accepted?.principal();
  if (accepted === undefined || principal === undefined) {
    const about = apiKey === undefined ? aboutScheme(otherScheme) : '';
    return refuse('unauthenticated', 'unauthenticated', `The API key is missing or not valid.${about}`);
  }
  if (!slot.assignKey(accepted.keyId)) {
    const limit = deps.limits.maxConnectionsPerKey;
    return refuse('flooding', 'limit_exceeded', `At most ${limit} connections may be open with one key.`, {
      limit,
    });
  }
  return { ok: true, accepted, principal };
};

/** Wrong when there was no key, or when `initialize` names another key than the upgrade. */
const acceptedAtUpgrade = (apiKey: string | undefined, bearer: AcceptedUpgrade['bearer']): KeyCheck =>
  bearer !== undefined && (apiKey === undefined || apiKey === bearer.text)
    ? { is: 'accepted', key: bearer.accepted }
    : { is: 'wrong' };
