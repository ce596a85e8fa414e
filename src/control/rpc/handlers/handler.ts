/** What a handler is. Each domain's file says which ports its own handlers need, and gets no others. */
import type { Org } from '../../../../machines/domain/ports.ts';
import type { Principal } from '../../../keys/principal.ts';
import type { MethodName, Params, Result } from '../../../protocol/methods.ts';
import { RpcError } from '../refusal.ts';

/** Known for every request. */
export interface Caller {
  readonly principal: Principal;
  /** Epoch milliseconds. */
  readonly now: () => number;
}
/** The params have been checked, and the key may do this to this organization. Throws `Refused` for an error of the table. */
export type Handler<M extends MethodName, Ports> = (params: Params<M>, context: Caller & Ports) => Result<M> | Promise<Result<M>>;
/** Handlers of a domain's methods: all of them, under their own names. */
export type Handlers<M extends MethodName, Ports> = { readonly [Name in M]: Handler<Name, Ports> };

export const unknownOrg = (org: Org) => new RpcError('not_found', `There is no organization "${org}" here.`);
