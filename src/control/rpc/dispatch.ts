/** One request of somebody who is known, whatever carried it here: authorized, carried out, answered. */

import type { Principal } from '../../keys/principal.ts';
import type { Failure, RequestId } from '../../protocol/envelope.ts';
import type { MethodName } from '../../protocol/methods.ts';
import { protocol } from '../../protocol/registry.ts';
import { authorize } from '../access/authorize.ts';
import type { ControlLog, LogFields } from '../port.ts';
import { type HandledMethod, handle, type Ports } from './handlers.ts';
import { failureOf, RpcError } from './refusal.ts';

export interface Dispatcher {
  /** The params have been checked against the registry. Throws `Refused`; anything else thrown is a fault of ours. */
  call(method: HandledMethod, params: unknown, principal: Principal): Promise<unknown>;
  /** What is answered when `call`, or anything like it, threw. A fault of ours keeps its message to itself; the log has it. */
  failure(error: unknown, id: RequestId, method: MethodName, fields: LogFields): Failure;
  /** Resolves when no call is being carried out. */
  settled(): Promise<void>;
}

export const createDispatcher = (ports: Ports & { readonly now: () => number }, log: ControlLog): Dispatcher => {
  let running = 0;
  const waiting: (() => void)[] = [];

  const call: Dispatcher['call'] = async (method, params, principal) => {
    const { scope } = protocol.methods[method];
    const org = (params as { orgId?: string }).orgId;
    const access = authorize(principal, { scope, ...(org !== undefined && { org }) });
    if (!access.granted && access.missing === 'org') throw new RpcError('not_found', `There is no organization "${org}" here.`);
    if (!access.granted) throw new RpcError('forbidden', `This key may not call ${method}.`, { scope: access.missing });
    running += 1;
    try {
      return await handle(method, params, { ...ports, principal });
    } finally {
      running -= 1;
      if (running === 0) for (const resolve of waiting.splice(0)) setImmediate(resolve); // by then it has been answered
    }
  };
  return {
    call,
    failure: (error, id, method, fields) => {
      if (error instanceof RpcError) return failureOf(id, error);
      const failure = failureOf(id, new RpcError('internal_error', 'Something went wrong on the server; its log has the details.'));
      log('request.failed', { ...fields, method, requestId: failure.error.data.requestId, err: error });
      return failure;
    },
    settled: () => (running === 0 ? Promise.resolve() : new Promise((resolve) => void waiting.push(resolve))),
  };
};
