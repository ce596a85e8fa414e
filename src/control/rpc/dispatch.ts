/**
 * Authorizes a request of an authenticated client, carries it out and turns errors into answers, whatever
 * transport it came by.
 */
import type { Principal } from '../../keys/principal.ts';
import type { Failure, RequestId } from '../../protocol/envelope.ts';
import type { MethodName } from '../../protocol/methods.ts';
import { protocol } from '../../protocol/registry.ts';
import { authorize } from '../access/authorize.ts';
import type { ControlLog, LogFields } from '../port.ts';
import { unknownOrg } from './handlers/handler.ts';
import { type HandledMethod, type HandlerDeps, handle } from './handlers.ts';
import { failureOf, RequestError } from './request-error.ts';

export interface Dispatcher {
  /**
   * The params have been parsed by the registry. Throws `RequestError`; any other error is a fault of ours.
   */
  call(method: HandledMethod, params: unknown, principal: Principal): Promise<unknown>;
  /** The answer to a request that threw. It hides the message of a fault of ours, which the log has. */
  failure(error: unknown, id: RequestId, method: MethodName, fields: LogFields): Failure;
  /** Resolves when no call is in progress, and those that were have been answered. */
  settled(): Promise<void>;
}

const mustBeAuthorized = (method: HandledMethod, params: unknown, principal: Principal): void => {
  const { orgId } = params as { readonly orgId?: string };
  const authorization = authorize(principal, { scope: protocol.methods[method].scope, org: orgId });
  if (authorization.ok) return;
  if (authorization.code === 'not_found') throw unknownOrg(orgId ?? '');
  throw new RequestError('forbidden', `This key may not call ${method}.`, { scope: authorization.scope });
};

export const createDispatcher = (
  deps: HandlerDeps & { readonly now: () => number },
  log: ControlLog,
): Dispatcher => {
  let inProgress = 0;
  const waiting: (() => void)[] = [];

  return {
    call: async (method, params, principal) => {
      mustBeAuthorized(method, params, principal);
      inProgress += 1;
      try {
        return await handle(method, params, { ...deps, principal });
      } finally {
        inProgress -= 1;
        // A turn later, the answer has been sent.
        if (inProgress === 0) for (const resolve of waiting.splice(0)) setImmediate(resolve);
      }
    },
    failure: (error, id, method, fields) => {
      if (error instanceof RequestError) return failureOf(id, error);
      const hidden = new RequestError(
        'internal_error',
        'Something went wrong on the server; its log has the details.',
      );
      const failure = failureOf(id, hidden);
      log('request.failed', { ...fields, method, requestId: failure.error.data.requestId, err: error });
      return failure;
    },
    settled: () =>
      inProgress === 0 ? Promise.resolve() : new Promise((resolve) => void waiting.push(resolve)),
  };
};
