/** Who may read the metrics: a key with the scope `metrics:read`, or the token that is good for nothing else. They are never open. */
import type { IncomingMessage } from 'node:http';
import type { Keys, Pass } from '../../keys/accepted-keys.ts';
import { digestOf, sameDigest } from '../../keys/key-format.ts';
import type { Principal } from '../../keys/principal.ts';
import { type AccessRules, checkKey, type HttpRejection, rejection } from './authenticate.ts';
import { holds } from './authorize.ts';

const scraper: Principal = { keyId: 'metrics', name: 'METRICS_TOKEN', scopes: ['metrics:read'], orgs: '*' };

/** `token` from the configuration becomes one more key, so that guessing it is slowed down like guessing any other. */
export const withMetricsToken = (keys: Keys, token: string): Keys => {
  const digest = digestOf(token);
  const pass: Pass = { keyId: scraper.keyId, principal: () => scraper };
  return {
    ...keys,
    authenticate: (presented) => {
      const other = keys.authenticate(presented); // always asked: the time taken tells nothing
      return sameDigest(digestOf(presented), digest) ? pass : other;
    },
  };
};

/** The metrics are about all organizations, so a key for some of them may not read them. */
export const checkScraper = (
  request: IncomingMessage,
  rules: Pick<AccessRules, 'keys' | 'failures'>,
  address: string,
): { readonly ok: true } | HttpRejection => {
  const checked = checkKey(request, rules, address);
  if (!checked.ok) return checked;
  const principal = checked.bearer?.pass.principal();
  if (principal === undefined)
    return rejection(401, 'unauthenticated', 'Send METRICS_TOKEN, or a key with the scope metrics:read, as "Authorization: Bearer …".');
  if (!holds(principal, 'metrics:read')) return rejection(403, 'forbidden', 'This key may not read the metrics: it lacks metrics:read.');
  if (principal.orgs !== '*')
    return rejection(403, 'forbidden', 'The metrics are about all organizations, and this key is for some of them only.');
  return { ok: true };
};
