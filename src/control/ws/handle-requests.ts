/** Carries out the requests of one initialized client, several at a time. */
import { monotonicMs } from '../../base/monotonic.ts';
import type { Principal } from '../../keys/principal.ts';
import type { RequestId } from '../../protocol/envelope.ts';
import type { Params } from '../../protocol/methods.ts';
import type { Limits } from '../../protocol/shapes.ts';
import type { Feed } from '../feed/feed.ts';
import { subscribe } from '../feed/subscribe.ts';
import type { Subscriptions } from '../feed/subscriptions.ts';
import type { Meter } from '../meter.ts';
import type { Dispatcher } from '../rpc/dispatch.ts';
import { type HandlerDeps, isHandled } from '../rpc/handlers.ts';
import type { ValidRequest } from '../rpc/request.ts';
import { RequestError } from '../rpc/request-error.ts';
import type { Answers } from './answers.ts';
import type { Outbound } from './outbound.ts';

export interface RequestDeps extends HandlerDeps {
  readonly connectionId: string;
  readonly subscriptions: Subscriptions;
  readonly answers: Answers;
  readonly outbound: Outbound;
  readonly feed: Feed;
  readonly dispatcher: Dispatcher;
  readonly limits: Limits;
  readonly meter: Meter;
  /** Epoch milliseconds. */
  readonly now: () => number;
}

export class RequestHandler {
  readonly #deps: RequestDeps;
  /** The requests in flight, and their methods. */
  readonly #inFlight = new Map<RequestId, ValidRequest['method']>();
  constructor(deps: RequestDeps) {
    this.#deps = deps;
  }
  /** A key may end itself. Its connection closes after the answer, which the client waits for. */
  get isRevoking(): boolean {
    return [...this.#inFlight.values()].includes('key.revoke');
  }
  /** Never rejects: an error is answered. */
  async handle(request: ValidRequest, principal: Principal): Promise<void> {
    const { answers, dispatcher, connectionId } = this.#deps;
    const { id, method } = request;
    const problem = this.#problemOf(id);
    if (problem) return answers.refuse(request, problem);
    this.#inFlight.set(id, method);
    const startedMs = monotonicMs();
    try {
      await this.#execute(request, principal);
      answers.count(request, 'ok', startedMs);
    } catch (err) {
      const failure = dispatcher.failure(err, id, method, { connectionId, keyId: principal.keyId });
      answers.count(request, failure.error.data.reason, startedMs);
      answers.send(failure);
    } finally {
      this.#inFlight.delete(id);
    }
  }
  #problemOf(id: RequestId): RequestError | undefined {
    if (this.#inFlight.has(id))
      return new RequestError('invalid_request', 'Another request with this id is still in flight.');
    const limit = this.#deps.limits.maxInFlight;
    if (this.#inFlight.size < limit) return undefined;
    return new RequestError('limit_exceeded', `At most ${limit} requests may be in flight.`, { limit });
  }
  async #execute({ id, method, params }: ValidRequest, principal: Principal): Promise<void> {
    const { subscriptions, dispatcher, meter, answers } = this.#deps;
    if (method === 'subscribe') return this.#subscribe(id, params as Params<'subscribe'>, principal);
    if (method === 'unsubscribe' && subscriptions.remove((params as Params<'unsubscribe'>).subscriptionId))
      meter.subscribed(-1);
    const result = isHandled(method) ? await dispatcher.call(method, params, principal) : {};
    answers.send({ jsonrpc: '2.0', id, result });
  }
  #subscribe(id: RequestId, params: Params<'subscribe'>, principal: Principal): void {
    const { meter } = this.#deps;
    const recovered = subscribe(id, params, { ...this.#deps, principal });
    meter.subscribed(1);
    if (params.since) meter.resumed(recovered);
  }
}
