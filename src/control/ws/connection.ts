/**
 * One client, from the upgrade to its end. It must initialize first and once; then it sends requests and
 * receives events until it closes, leaves a ping unanswered, or does not read. The close codes are those of
 * the registry (`src/protocol/errors.ts`).
 */
import type { RawData } from 'ws';
import type { AcceptedKey, Keys } from '../../keys/accepted-keys.ts';
import type { Principal } from '../../keys/principal.ts';
import type { CloseReason } from '../../protocol/errors.ts';
import type { Params, Result } from '../../protocol/methods.ts';
import type { Limits } from '../../protocol/shapes.ts';
import type { FailedAttempts } from '../access/failed-attempts.ts';
import { createRateLimiter, type RateLimiter } from '../access/rate-limiter.ts';
import { floodBounds, type Timings } from '../bounds.ts';
import type { Feed } from '../feed/feed.ts';
import type { SerializedEvent } from '../feed/serialize.ts';
import { createSubscriptions, frameFor, type Subscriptions } from '../feed/subscriptions.ts';
import type { Meter } from '../meter.ts';
import type { ControlLog } from '../port.ts';
import { randomId } from '../random-ids.ts';
import type { Dispatcher } from '../rpc/dispatch.ts';
import type { HandlerDeps } from '../rpc/handlers.ts';
import { type InvalidRequest, type ParsedRequest, parseRequest, type ValidRequest } from '../rpc/request.ts';
import { RequestError, rateLimited } from '../rpc/request-error.ts';
import { iso } from '../rpc/translate.ts';
import { Answers } from './answers.ts';
import { checkInitialize } from './check-initialize.ts';
import type { Transport } from './gathered-writes.ts';
import { RequestHandler } from './handle-requests.ts';
import { Outbound } from './outbound.ts';
import { startPings } from './pings.ts';
import type { AcceptedUpgrade } from './upgrade.ts';

export interface ConnectionDeps extends HandlerDeps {
  readonly keys: Keys;
  readonly failedAttempts: FailedAttempts;
  readonly rateLimiter: RateLimiter;
  readonly feed: Feed;
  readonly limits: Limits;
  readonly timings: Timings;
  readonly log: ControlLog;
  readonly dispatcher: Dispatcher;
  readonly meter: Meter;
  /** Epoch milliseconds. */
  readonly now: () => number;
}
interface Initialized {
  readonly phase: 'initialized';
  readonly key: AcceptedKey;
  readonly subscriptions: Subscriptions;
  readonly requests: RequestHandler;
}
/** The third phase, closing, is kept by `Outbound`. */
type Phase = { readonly phase: 'new'; readonly deadline: NodeJS.Timeout } | Initialized;

export class Connection {
  readonly #id = randomId('c');
  readonly #transport: Transport;
  readonly #deps: ConnectionDeps;
  readonly #upgrade: AcceptedUpgrade;
  readonly #outbound: Outbound;
  readonly #answers: Answers;
  /** Bounds the messages before `initialize`, and those above the limit of the key. */
  readonly #floodLimiter = createRateLimiter(floodBounds);
  #phase: Phase;

  constructor(transport: Transport, deps: ConnectionDeps, upgrade: AcceptedUpgrade) {
    this.#transport = transport;
    this.#deps = deps;
    this.#upgrade = upgrade;
    this.#outbound = new Outbound(transport, {
      ...deps,
      onClose: (reason, code) => this.#logClose(reason, code),
    });
    this.#answers = new Answers(this.#outbound, deps.meter);
    const deadline = setTimeout(() => this.close('initialize_timeout'), deps.timings.initializeMs);
    this.#phase = { phase: 'new', deadline };
    this.#listen();
  }
  close(reason: CloseReason): void {
    this.#outbound.close(reason);
  }
  /** Ends the connection without a close frame. */
  terminate(): void {
    this.#transport.socket.terminate();
  }

  #listen(): void {
    const { socket } = this.#transport;
    const { feed, keys, limits, timings, log } = this.#deps;
    const age = setTimeout(() => this.close('service_restart'), limits.maxConnectionMs);
    const heartbeats = setInterval(() => this.#sendHeartbeat(), timings.heartbeatMs);
    const stopPings = startPings(socket, timings.pingMs);
    const unsubscribe = feed.onSerialized(
      (event) => this.#deliver(event),
      (topic, org) => this.#phase.phase === 'initialized' && this.#phase.subscriptions.isLive(topic, org),
    );
    const stopWatchingKeys = keys.onChange(() => this.#checkKey());
    socket.on('message', (data, isBinary) => this.#receiveSafely(data, isBinary));
    // Without a listener an oversized frame would end the process.
    socket.on('error', (err) => {
      const reason = (err as NodeJS.ErrnoException).code ?? 'error';
      log('control.failed', { connectionId: this.#id, reason, remoteAddress: this.#upgrade.address });
    });
    socket.on('close', (code) => {
      clearTimeout(age);
      clearInterval(heartbeats);
      stopPings();
      unsubscribe();
      stopWatchingKeys();
      this.#countClose(code);
    });
  }
  #countClose(code: number): void {
    const { meter } = this.#deps;
    meter.closed(code);
    if (this.#phase.phase === 'initialized') meter.subscribed(-this.#phase.subscriptions.size());
    else clearTimeout(this.#phase.deadline);
  }
  #logClose(reason: CloseReason, closeCode: number): void {
    const client =
      this.#phase.phase === 'initialized'
        ? { keyId: this.#phase.key.keyId }
        : { remoteAddress: this.#upgrade.address };
    this.#deps.log('control.closed', { connectionId: this.#id, closeCode, reason, ...client });
  }

  #sendHeartbeat(): void {
    if (this.#phase.phase !== 'initialized') return;
    const params = { time: iso(this.#deps.now()), position: this.#deps.feed.position() };
    this.#outbound.answer({ jsonrpc: '2.0', method: 'heartbeat', params });
  }
  #deliver(event: SerializedEvent): void {
    if (this.#phase.phase !== 'initialized') return;
    const { key, subscriptions } = this.#phase;
    const principal = key.principal();
    if (principal && subscriptions.match(event)) this.#outbound.send(frameFor(principal, event));
  }
  /** Closes the connection when its key was revoked or has expired. */
  #checkKey(): void {
    if (this.#phase.phase !== 'initialized' || this.#phase.requests.isRevoking) return;
    if (!this.#phase.key.principal()) this.close('unauthenticated');
  }

  #receiveSafely(data: RawData, isBinary: boolean): void {
    try {
      this.#receive(data, isBinary);
    } catch (err) {
      // A fault of ours. It ends this connection only.
      const remoteAddress = this.#upgrade.address;
      this.#deps.log('control.message_failed', { connectionId: this.#id, remoteAddress, err });
      this.close('internal_error');
    }
  }
  #receive(data: RawData, isBinary: boolean): void {
    if (this.#outbound.isClosing) return;
    if (isBinary) return this.close('binary_frame');
    // a Buffer is the library's default binaryType
    const request = parseRequest((data as Buffer).toString('utf8'));
    const phase = this.#phase;
    const retryAfterMs = phase.phase === 'initialized' ? this.#deps.rateLimiter.take(phase.key.keyId) : 0;
    if (retryAfterMs > 0 || phase.phase === 'new') {
      if (this.#floodLimiter.take(this.#id) > 0) return this.close('flooding');
      if (retryAfterMs > 0) return this.#answers.refuse(request, rateLimited(retryAfterMs));
    }
    if (request.kind === 'request' && request.method === 'initialize') return this.#initialize(request);
    if (phase.phase === 'new') return this.#refuseBeforeInitialize(request);
    const principal = phase.key.principal();
    if (principal === undefined) return this.close('unauthenticated');
    if (request.kind === 'invalid') return this.#refuseInvalid(request);
    void phase.requests.handle(request, principal).then(() => this.#checkKey());
  }
  #refuseInvalid(request: InvalidRequest): void {
    this.#answers.refuse(request, request.error);
    if (request.fatal) this.close('bad_message');
  }
  #refuseBeforeInitialize(request: ParsedRequest): void {
    if (request.kind === 'invalid' && request.fatal) return this.#refuseInvalid(request);
    // The params of its `initialize` are wrong; it may try again until the deadline.
    if (request.kind === 'invalid' && request.method === 'initialize')
      return this.#answers.refuse(request, request.error);
    this.#answers.refuse(
      request,
      new RequestError('not_initialized', 'The first message must be initialize.'),
    );
    this.close('unauthenticated');
  }
  #initialize(request: ValidRequest): void {
    const { log, meter } = this.#deps;
    if (this.#phase.phase === 'initialized') {
      this.#answers.refuse(
        request,
        new RequestError('invalid_request', 'This connection has been initialized already.'),
      );
      return this.close('initialized_twice');
    }
    const params = request.params as Params<'initialize'>;
    const check = checkInitialize(params, this.#deps, this.#upgrade);
    if (!check.ok) {
      const { reason } = check.error;
      log('control.client_refused', { connectionId: this.#id, reason, remoteAddress: this.#upgrade.address });
      meter.rejected(reason);
      this.#answers.refuse(request, check.error);
      return this.close(check.close);
    }
    clearTimeout(this.#phase.deadline);
    const { accepted, principal } = check;
    this.#phase = this.#initializedWith(accepted);
    log('control.connected', { connectionId: this.#id, keyId: principal.keyId });
    this.#answers.count(request, 'ok');
    this.#answers.send({
      jsonrpc: '2.0',
      id: request.id,
      result: this.#welcome(params.protocolVersion, principal),
    });
  }
  #initializedWith(key: AcceptedKey): Initialized {
    const subscriptions = createSubscriptions(key.principal);
    const requests = new RequestHandler({
      ...this.#deps,
      connectionId: this.#id,
      subscriptions,
      outbound: this.#outbound,
      answers: this.#answers,
    });
    return { phase: 'initialized', key, subscriptions, requests };
  }
  #welcome(protocolVersion: string, principal: Principal): Result<'initialize'> {
    const { server, feed, timings, limits } = this.#deps;
    return {
      protocolVersion,
      server: { name: 'vigia', version: server.version },
      connectionId: this.#id,
      principal,
      position: feed.position(),
      heartbeatMs: timings.heartbeatMs,
      limits,
    };
  }
}
