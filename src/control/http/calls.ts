/** Carries out the requests that come over HTTP, with the bounds of their key. */
import { monotonicMs } from '../../base/monotonic.ts';
import type { Principal } from '../../keys/principal.ts';
import type { Failure, Success } from '../../protocol/envelope.ts';
import type { Limits } from '../../protocol/shapes.ts';
import type { RateLimiter } from '../access/rate-limiter.ts';
import { type Meter, secondsSince } from '../meter.ts';
import type { Dispatcher } from '../rpc/dispatch.ts';
import { isHandled } from '../rpc/handlers.ts';
import type { ParsedRequest } from '../rpc/request.ts';
import { failureOf, RequestError, rateLimited } from '../rpc/request-error.ts';

export interface CallDeps {
  readonly rateLimiter: RateLimiter;
  readonly dispatcher: Dispatcher;
  readonly limits: Limits;
  readonly meter: Meter;
}
export type CallHttp = (request: ParsedRequest, principal: Principal) => Promise<Success | Failure>;

/** Requests in flight over HTTP, by key. */
const createInFlight = (max: number) => {
  const counts = new Map<string, number>();
  return {
    acquire: (keyId: string): boolean => {
      const count = counts.get(keyId) ?? 0;
      if (count >= max) return false;
      counts.set(keyId, count + 1);
      return true;
    },
    release: (keyId: string): void => {
      const remaining = (counts.get(keyId) ?? 1) - 1;
      if (remaining > 0) counts.set(keyId, remaining);
      else counts.delete(keyId);
    },
  };
};

export const createCalls = ({ rateLimiter, dispatcher, limits, meter }: CallDeps): CallHttp => {
  const inFlight = createInFlight(limits.maxInFlight);

  const answerTo: CallHttp = async (request, principal) => {
    const { keyId } = principal;
    const retryAfterMs = rateLimiter.take(keyId);
    if (retryAfterMs > 0) return failureOf(request.id, rateLimited(retryAfterMs));
    if (request.kind === 'invalid') return failureOf(request.id, request.error);
    const { id, method, params } = request;
    if (!isHandled(method)) {
      const message = `${method} belongs to a WebSocket: it does not exist over HTTP.`;
      return failureOf(id, new RequestError('method_not_found', message));
    }
    if (!inFlight.acquire(keyId)) {
      const message = `At most ${limits.maxInFlight} requests of a key may be in flight over HTTP.`;
      return failureOf(id, new RequestError('limit_exceeded', message, { limit: limits.maxInFlight }));
    }
    try {
      return { jsonrpc: '2.0', id, result: await dispatcher.call(method, params, principal) };
    } catch (error) {
      return dispatcher.failure(error, id, method, { keyId });
    } finally {
      inFlight.release(keyId);
    }
  };

  return async (request, principal) => {
    const startedMs = monotonicMs();
    const answer = await answerTo(request, principal);
    const code = 'error' in answer ? answer.error.data.reason : 'ok';
    meter.answered(request.method ?? 'unknown', code, secondsSince(startedMs));
    return answer;
  };
};
