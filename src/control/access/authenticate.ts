/** Authenticates a request by the key in its header `Authorization`. */
import type { IncomingMessage } from 'node:http';
import type { AcceptedKey, Keys } from '../../keys/accepted-keys.ts';
import type { FailedAttempts } from './failed-attempts.ts';
import { invalidKey, type Rejection, reject } from './rejection.ts';

export interface AuthenticationDeps {
  readonly keys: Keys;
  readonly failedAttempts: FailedAttempts;
}
/** A key that was presented, in clear, and accepted. */
export interface BearerKey {
  readonly text: string;
  readonly accepted: AcceptedKey;
}

/** `bearer` is undefined when no key was presented. `address`: see `address.ts`. */
export const authenticate = (
  request: IncomingMessage,
  { keys, failedAttempts }: AuthenticationDeps,
  address: string,
): { readonly ok: true; readonly bearer: BearerKey | undefined } | Rejection => {
  const { authorization } = request.headers;
  const text = /^Bearer\s+(\S+)$/i.exec(authorization ?? '')?.[1];
  const waitMs = failedAttempts.waitMs(address, text);
  if (waitMs > 0)
    return reject(429, 'too_many_failures', 'Too many wrong keys came from this address: wait.', waitMs);
  if (authorization === undefined) return { ok: true, bearer: undefined };
  const accepted = text === undefined ? undefined : keys.authenticate(text);
  if (text === undefined || accepted === undefined) {
    failedAttempts.failed(address, text ?? authorization);
    return invalidKey;
  }
  failedAttempts.passed(address, text);
  return { ok: true, bearer: { text, accepted } };
};
