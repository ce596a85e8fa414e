/** Authenticates a request by the key in its header `Authorization`. */
import type { IncomingMessage } from 'node:http';
import type { AcceptedKey, Keys } from '../../keys/accepted-keys.ts';
import type { FailedAttempts } from './failed-attempts.ts';
import { invalidKey, type Rejection, tooManyFailures } from './rejection.ts';

export interface AuthenticationDeps {
  readonly keys: Keys;
  readonly failedAttempts: FailedAttempts;
}
/** A key that was presented, in clear, and accepted. */
export interface BearerKey {
  readonly text: string;
  readonly accepted: AcceptedKey;
}
export type KeyCheck =
  | { readonly is: 'accepted'; readonly key: AcceptedKey }
  | { readonly is: 'wrong' }
  /** Too many wrong keys came from this address. */
  | { readonly is: 'must wait'; readonly waitMs: number };

/**
 * Whether a presented key is right. A right key is accepted whatever other clients at its address did, so the
 * digest is compared first; see `failed-attempts.ts` for what bounds that.
 */
export const checkKey = (
  text: string,
  { keys, failedAttempts }: AuthenticationDeps,
  address: string,
): KeyCheck => {
  const waitMs = failedAttempts.waitMs(address, text);
  const key =
    waitMs === 0 || failedAttempts.mayBeCompared(address, text) ? keys.authenticate(text) : undefined;
  if (key !== undefined) return { is: 'accepted', key };
  if (waitMs > 0) return { is: 'must wait', waitMs };
  failedAttempts.failed(address, text);
  return { is: 'wrong' };
};

/** The header may stand twice: for a proxy in front, and for us. */
const valuesOf = ({ rawHeaders }: IncomingMessage): readonly string[] =>
  rawHeaders.filter((_, n) => n % 2 === 1 && rawHeaders[n - 1]?.toLowerCase() === 'authorization');
const schemeOf = (value: string): string => /^[\w.-]{1,32}/.exec(value.trim())?.[0] ?? 'unknown';

export interface Authenticated {
  readonly ok: true;
  /** Undefined when no key was presented. */
  readonly bearer: BearerKey | undefined;
  /** The scheme of an `Authorization` that is no key of ours, such as `Basic`. */
  readonly otherScheme: string | undefined;
}
/** `address`: see `address.ts`. */
export const authenticate = (
  request: IncomingMessage,
  deps: AuthenticationDeps,
  address: string,
): Authenticated | Rejection => {
  const values = valuesOf(request);
  const ours = values.find((value) => /^Bearer(\s|$)/i.test(value));
  if (ours === undefined)
    return { ok: true, bearer: undefined, otherScheme: values[0] && schemeOf(values[0]) };
  const text = /^Bearer\s+(\S+)$/i.exec(ours)?.[1];
  const check = checkKey(text ?? ours, deps, address);
  if (check.is === 'must wait') return tooManyFailures(check.waitMs);
  if (text === undefined || check.is === 'wrong') return invalidKey;
  return { ok: true, bearer: { text, accepted: check.key }, otherScheme: undefined };
};
