/**
 * Access to the metrics: a key with the scope `metrics:read`, or the token that opens nothing else. The
 * metrics are never public.
 */
import type { IncomingMessage } from 'node:http';
import type { AcceptedKey, Keys } from '../../keys/accepted-keys.ts';
import { digestOf, sameDigest } from '../../keys/key-format.ts';
import type { Principal } from '../../keys/principal.ts';
import { type AuthenticationDeps, authenticate } from './authenticate.ts';
import { hasScope } from './authorize.ts';
import { noKey, type Rejection, reject } from './rejection.ts';

const scraper: Principal = { keyId: 'metrics', name: 'METRICS_TOKEN', scopes: ['metrics:read'], orgs: '*' };

/**
 * Adds `token`, from the configuration, to the keys, so that guessing it is slowed down like guessing any
 * other key.
 */
export const withMetricsToken = (keys: Keys, token: string): Keys => {
  const digest = digestOf(token);
  const accepted: AcceptedKey = { keyId: scraper.keyId, principal: () => scraper };
  return {
    ...keys,
    authenticate: (presented) => {
      const other = keys.authenticate(presented); // always called, so that the time taken reveals nothing
      return sameDigest(digestOf(presented), digest) ? accepted : other;
    },
  };
};

/** The metrics are about all organizations, so a key for some of them may not read them. */
export const authenticateScraper = (
  request: IncomingMessage,
  deps: AuthenticationDeps,
  address: string,
): { readonly ok: true } | Rejection => {
  const authenticated = authenticate(request, deps, address);
  if (!authenticated.ok) return authenticated;
  const principal = authenticated.bearer?.accepted.principal();
  if (principal === undefined) {
    const message = 'Send METRICS_TOKEN, or a key with the scope metrics:read, as "Authorization: Bearer …".';
    return noKey(message, authenticated.otherScheme);
  }
  if (!hasScope(principal, 'metrics:read'))
    return reject(403, 'forbidden', 'This key may not read the metrics: it lacks metrics:read.');
  if (principal.orgs !== '*')
    return reject(
      403,
      'forbidden',
      'The metrics are about all organizations, and this key is for some of them only.',
    );
  return { ok: true };
};
