/** The methods of keys. A key can give, see and end no more than it has itself. */
import type { Result } from '../../../base/result.ts';
import type { ListedKey } from '../../../keys/administer.ts';
import type { AdministrationFault, KeyAdministration } from '../../../keys/administration.ts';
import type { Principal } from '../../../keys/principal.ts';
import type { keyMethods } from '../../../protocol/methods/keys.ts';
import type { Params } from '../../../protocol/methods.ts';
import { hasScope } from '../../access/authorize.ts';
import { RequestError } from '../request-error.ts';
import { iso } from '../translate.ts';
import type { Handlers } from './handler.ts';

export interface KeyDeps {
  readonly keyAdministration: KeyAdministration;
}
type Grant = Pick<ListedKey, 'scopes' | 'orgs' | 'expiresAt'>;

const coversOrgs = (own: Principal['orgs'], orgs: Grant['orgs']): boolean =>
  own === '*' || (orgs !== '*' && orgs.every((org) => own.includes(org)));
/** Without its expiry, which only matters when a key is made. */
const covers = (principal: Principal, { scopes, orgs }: Grant): boolean =>
  scopes.every((scope) => hasScope(principal, scope)) && coversOrgs(principal.orgs, orgs);

/** Throws `RequestError` when the calling key may not give this. */
const checkGrant = (principal: Principal, { scopes, orgs, expiresAt }: Grant): void => {
  const lacking = scopes.find((scope) => !hasScope(principal, scope));
  if (lacking !== undefined) {
    const message = `This key has no scope "${lacking}", so it cannot give it.`;
    throw new RequestError('forbidden', message, { scope: lacking });
  }
  if (!coversOrgs(principal.orgs, orgs)) {
    const message = 'A key gives access only to organizations that it has itself: name some of them.';
    throw new RequestError('forbidden', message, { scope: 'keys:write' });
  }
  const own = principal.expiresAt;
  if (own !== undefined && (expiresAt === null || Date.parse(expiresAt) > Date.parse(own))) {
    const message = `This key expires at ${own}, so it cannot make one that lasts longer.`;
    throw new RequestError('forbidden', message, { scope: 'keys:write' });
  }
};

const grantOf = (
  { scopes, orgs, expiresInSeconds }: Params<'key.create'>,
  { expiresAt: own }: Principal,
  now: number,
): Grant => {
  const expiresAt = expiresInSeconds === undefined ? (own ?? null) : iso(now + expiresInSeconds * 1_000);
  return { scopes: [...new Set(scopes)], orgs, expiresAt };
};
/** Throws `RequestError` for an expected failure. */
const done = <T extends object>(answer: Result<T, AdministrationFault>): T => {
  if (answer.ok) return answer;
  const reason = answer.code === 'too_many_keys' ? 'limit_exceeded' : 'unavailable';
  throw new RequestError(reason, answer.message);
};

/** Sorts by age. It is unique, so it is the cursor of a page too. */
const sortKeyOf = ({ createdAt, keyId }: ListedKey) => `${createdAt} ${keyId}`;
const visible = async ({ principal, keyAdministration }: KeyDeps & { readonly principal: Principal }) =>
  done(await keyAdministration.list()).keys.filter((key) => covers(principal, key));

export const keyHandlers: Handlers<keyof typeof keyMethods, KeyDeps> = {
  'key.create': async (params, { principal, keyAdministration, now }) => {
    const grant = grantOf(params, principal, now());
    checkGrant(principal, grant);
    const { expiresAt } = grant;
    const { keyId, key } = done(
      await keyAdministration.create({
        ...grant,
        name: params.name,
        createdBy: principal.keyId,
        expiresAt: expiresAt ?? undefined,
      }),
    );
    return { keyId, key, expiresAt };
  },
  'key.list': async ({ limit, cursor }, context) => {
    const wanted = (await visible(context))
      .filter((key) => cursor === undefined || sortKeyOf(key) < cursor)
      .sort((a, b) => (sortKeyOf(a) < sortKeyOf(b) ? 1 : -1));
    const page = wanted.slice(0, limit);
    const last = page.at(-1);
    const items = page.map((key) => ({
      ...key,
      scopes: [...key.scopes],
      orgs: key.orgs === '*' ? key.orgs : [...key.orgs],
    }));
    return { items, nextCursor: wanted.length > limit && last ? sortKeyOf(last) : null };
  },
  'key.revoke': async ({ keyId }, context) => {
    const isVisible = (await visible(context)).some((key) => key.keyId === keyId);
    // The text is not repeated: it may be a whole key.
    if (!isVisible) throw new RequestError('not_found', 'There is no key with this id here.');
    const { changed } = done(await context.keyAdministration.revoke(keyId));
    return { keyId, changed };
  },
};
