/**
 * The one place that decides what a key may do and see: checked for each request and again for each event
 * delivered. An organization outside the key and one that does not exist get the same answer, so that a
 * client cannot find out which tenants exist.
 */
import type { Org } from '../../../machines/domain/ports.ts';
import type { Principal } from '../../keys/principal.ts';
import type { Scope } from '../../protocol/scopes.ts';

export const canSee = (principal: Principal, org: Org): boolean =>
  principal.orgs === '*' || principal.orgs.includes(org);
export const hasScope = (principal: Principal, scope: Scope): boolean =>
  principal.scopes.includes('admin') || principal.scopes.includes(scope);

export interface Need {
  readonly scope: Scope | null;
  /** Undefined when the request is about no single organization. */
  readonly org?: Org | undefined;
}
export type Authorization =
  | { readonly ok: true }
  | { readonly ok: false; readonly code: 'forbidden'; readonly scope: Scope }
  | { readonly ok: false; readonly code: 'not_found' };

/** The scope is checked first: a key without it learns nothing about organizations either way. */
export const authorize = (principal: Principal, { scope, org }: Need): Authorization => {
  if (scope !== null && !hasScope(principal, scope)) return { ok: false, code: 'forbidden', scope };
  if (org !== undefined && !canSee(principal, org)) return { ok: false, code: 'not_found' };
  return { ok: true };
};
