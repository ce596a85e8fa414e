/**
 * The one place that decides what a key may do and see. Asked for each request and again for each event delivered. An
 * organization outside the key and one that does not exist are answered alike, so that nobody can find out who our tenants are.
 */
import type { Org } from '../../../machines/domain/ports.ts';
import type { Principal } from '../../keys/principal.ts';
import type { Scope } from '../../protocol/scopes.ts';

export const sees = (principal: Principal, org: Org): boolean => principal.orgs === '*' || principal.orgs.includes(org);
export const holds = (principal: Principal, scope: Scope): boolean =>
  principal.scopes.includes('admin') || principal.scopes.includes(scope);

export interface Need {
  readonly scope: Scope | null;
  /** Absent when the request is about no single organization. */
  readonly org?: Org;
}
export type Access =
  | { readonly granted: true }
  | { readonly granted: false; readonly missing: Scope }
  | { readonly granted: false; readonly missing: 'org' };

/** The scope is judged first: a key without it learns nothing about organizations either way. */
export const authorize = (principal: Principal, need: Need): Access => {
  if (need.scope !== null && !holds(principal, need.scope)) return { granted: false, missing: need.scope };
  if (need.org !== undefined && !sees(principal, need.org)) return { granted: false, missing: 'org' };
  return { granted: true };
};
