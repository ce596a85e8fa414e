/**
 * The type of a handler. Each domain's file declares the ports that its handlers need, and they get no
 * others.
 */
import type { Org } from '../../../../machines/domain/ports.ts';
import type { Principal } from '../../../keys/principal.ts';
import type { MethodName, Params, Result } from '../../../protocol/methods.ts';
import { RequestError } from '../request-error.ts';

/** Known for every request. */
export interface Caller {
  readonly principal: Principal;
  /** Epoch milliseconds. */
  readonly now: () => number;
}
/** The params have been parsed, and the key may do this to this organization. Throws `RequestError`. */
export type Handler<M extends MethodName, Deps> = (
  params: Params<M>,
  context: Caller & Deps,
) => Result<M> | Promise<Result<M>>;
/** The handlers of one domain, each under the name of its method. */
export type Handlers<M extends MethodName, Deps> = { readonly [Name in M]: Handler<Name, Deps> };

export const unknownOrg = (org: Org) =>
  new RequestError('not_found', `There is no organization "${org}" here.`);
